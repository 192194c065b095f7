"""Association rules: which products are owned together, and how surely (REC-7, REC-10).

Supports of single products and pairs come counted from SQL, longer itemsets from mlxtend's `hmine`
over a bounded table of baskets; the rules and their measures are mlxtend's `association_rules`.
Every run is estimated first: what would not fit is refused with the setting that bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

BYTES_PER_CELL: Final = 8
"""Peak memory of `hmine` per basket and product: 950-1,070 MB for 488,401 x 300 (measured)."""


class TooMuchToMineError(ValueError):
    """Mining would not fit; the message names the estimate, the bound and the setting."""


@dataclass(frozen=True)
class MiningBounds:
    """What mining may cost.

    Attributes:
        most_itemsets: Itemsets that may be found, `recommendations.most_itemsets`.
        most_megabytes: Memory that may be used, `recommendations.mining_megabytes`.
    """

    most_itemsets: int = 500_000
    most_megabytes: int = 2_000


def least_support(transactions: int) -> float:
    """Return the default least support: max(0.01, 3 / transactions) (REC-10)."""
    return max(0.01, 3 / max(transactions, 1))


def counted_itemsets(
    item_counts: npt.NDArray[Any], pair_counts: npt.NDArray[Any], transactions: int, support: float
) -> pd.DataFrame:
    """Return frequent products and pairs from their counts.

    Args:
        item_counts: Transactions with each product (P).
        pair_counts: Transactions with both products (P x P, symmetric).
        transactions: Number of transactions.
        support: Least share of transactions.

    Returns:
        support (0 to 1), itemsets (frozenset of product numbers): as mlxtend has them.
    """
    least = _least_count(support, transactions)
    items = np.flatnonzero(item_counts >= least)
    one, other = np.nonzero(np.triu(pair_counts >= least, 1))
    kept = (item_counts[one] >= least) & (item_counts[other] >= least)
    pairs = zip(one[kept].tolist(), other[kept].tolist(), strict=True)
    sets = [*(frozenset((item,)) for item in items.tolist()), *map(frozenset, pairs)]
    counts = np.concatenate([item_counts[items], pair_counts[one[kept], other[kept]]])
    return pd.DataFrame({"support": counts / max(transactions, 1), "itemsets": sets})


def mined_itemsets(
    baskets: pd.DataFrame,
    transactions: int,
    support: float,
    longest: int,
    bounds: MiningBounds,
) -> pd.DataFrame:
    """Return all frequent itemsets up to a length, by mlxtend's `hmine`.

    Args:
        baskets: transaction (any key), item (product number): one row per item of a basket.
        transactions: Number of transactions, those without a row included.
        support: Least share of transactions.
        longest: Most items of an itemset.
        bounds: What it may cost.

    Returns:
        support, itemsets: as `counted_itemsets`.

    Raises:
        TooMuchToMineError: an estimate exceeds a bound.
    """
    from mlxtend.frequent_patterns import hmine

    least = _least_count(support, transactions)
    counts = baskets["item"].value_counts()
    frequent = np.sort(counts.index[counts >= least].to_numpy())
    if not len(frequent):
        return pd.DataFrame({"support": np.zeros(0), "itemsets": np.zeros(0, object)})
    rows = baskets[baskets["item"].isin(frequent)]
    codes, keys = pd.factorize(rows["transaction"], sort=True)
    megabytes = len(keys) * len(frequent) * BYTES_PER_CELL / 1e6
    if megabytes > bounds.most_megabytes:
        raise TooMuchToMineError(
            f"mining {len(keys):,} baskets of {len(frequent):,} frequent products needs about "
            f"{megabytes:,.0f} MB, more than recommendations.mining_megabytes "
            f"({bounds.most_megabytes:,}); raise it, or recommendations.min_support ({support:g})"
        )
    table = np.zeros((len(keys), len(frequent)), bool)
    table[codes, np.searchsorted(frequent, rows["item"].to_numpy())] = True
    expected = estimated_itemsets(table, least, longest)
    if expected > bounds.most_itemsets:
        raise TooMuchToMineError(
            f"up to {expected:,.0f} itemsets of at most {longest} products, more than "
            f"recommendations.most_itemsets ({bounds.most_itemsets:,}); raise it, or "
            f"recommendations.min_support ({support:g}), or lower recommendations.max_antecedents"
        )
    # mlxtend divides by the rows it is given: the share is taken of those, then put right.
    share = (least - 0.5) / len(keys)
    found = hmine(pd.DataFrame(table), min_support=share, max_len=longest)
    return pd.DataFrame(
        {
            "support": np.rint(found["support"].to_numpy(float) * len(keys)) / transactions,
            "itemsets": [frozenset(frequent[list(items)].tolist()) for items in found["itemsets"]],
        }
    )


def estimated_itemsets(table: npt.NDArray[np.bool_], least: int, longest: int) -> float:
    """Return how many itemsets there can be at most, products and frequent pairs exactly counted.

    Of each further length the smaller of two bounds: all itemsets of that length in all baskets,
    by the least count that each must have; and the cliques of frequent pairs, of which there are
    at most as many as of one product less, times the most neighbours that can be left, by length.
    """
    size = table.shape[1]
    pairs = np.zeros((size, size), np.float32)
    for start in range(0, len(table), 200_000):
        part = table[start : start + 200_000].astype(np.float32)
        pairs += part.T @ part
    linked = (pairs >= least) & ~np.eye(size, dtype=bool)
    neighbours = float(linked.sum(axis=1).max(initial=0))
    lengths, numbers = np.unique(table.sum(axis=1), return_counts=True)
    cliques = float(linked.sum()) / 2
    total = size + cliques
    for length in range(3, longest + 1):
        if length == 3:
            links = linked.astype(np.float32)
            cliques = float(((links @ links) * links).sum()) / 6
        else:
            cliques *= max(neighbours - length + 2, 0.0) / length
        held = sum(
            number * comb(int(items), length)
            for items, number in zip(lengths.tolist(), numbers.tolist(), strict=True)
        )
        cliques = min(cliques, held / least)
        total += cliques
    return float(total)


def association_rules(
    itemsets: pd.DataFrame,
    transactions: int,
    *,
    least_confidence: float,
    least_lift: float = 0.0,
    most_antecedents: int = 2,
) -> pd.DataFrame:
    """Return rules with one consequent, the surest first (REC-14).

    Args:
        itemsets: support, itemsets; with every subset of an itemset in it.
        transactions: Number of transactions.
        least_confidence: Least confidence, 0 to 1.
        least_lift: Lift must be above this.
        most_antecedents: Most products on the left.

    Returns:
        antecedents (sorted tuple of product numbers), consequent, count (transactions with all),
        antecedent_count, consequent_count, support, confidence, lift, leverage, conviction
        (infinite for a rule without exception).
    """
    from mlxtend.frequent_patterns import association_rules as rules_of

    sizes = itemsets["itemsets"].map(len) if len(itemsets) else pd.Series(dtype=int)
    usable = itemsets[sizes <= most_antecedents + 1] if len(itemsets) else itemsets
    if not len(usable) or not (sizes >= 2).any():
        return _no_rules()
    found = rules_of(
        usable,
        num_itemsets=transactions,
        metric="confidence",
        min_threshold=least_confidence,
        return_metrics=["antecedent support", "consequent support", *_MEASURES],
    )
    found = found[(found["consequents"].map(len) == 1) & (found["lift"] > least_lift)]
    if not len(found):
        return _no_rules()

    def counted(column: str) -> npt.NDArray[np.int64]:
        counts: npt.NDArray[np.int64] = np.rint(found[column].to_numpy() * transactions).astype(
            np.int64
        )
        return counts

    rules = pd.DataFrame(
        {
            "antecedents": [tuple(sorted(items)) for items in found["antecedents"]],
            "consequent": [next(iter(items)) for items in found["consequents"]],
            "count": counted("support"),
            "antecedent_count": counted("antecedent support"),
            "consequent_count": counted("consequent support"),
            **{name: found[name].to_numpy() for name in _MEASURES},
        }
    )
    rules["size"] = rules["antecedents"].map(len)
    order = ["confidence", "lift", "count", "size", "antecedents", "consequent"]
    rules = rules.sort_values(order, ascending=[False, False, False, True, True, True])
    return rules.drop(columns="size").reset_index(drop=True)


_MEASURES: Final = ("support", "confidence", "lift", "leverage", "conviction")


def _no_rules() -> pd.DataFrame:
    columns: Iterable[str] = (
        "antecedents", "consequent", "count", "antecedent_count", "consequent_count", *_MEASURES
    )  # fmt: skip
    return pd.DataFrame({name: [] for name in columns})


def _least_count(support: float, transactions: int) -> int:
    """Return the least number of transactions that has the support; never less than one."""
    return max(1, int(np.ceil(support * transactions - 1e-9)))
