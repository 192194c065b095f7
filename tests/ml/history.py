"""A history of purchases told in Python, and what it says at a cut-off: the oracle of the counts.

Plain loops over plain rows; the same history goes through SQL in `tests/dbt_project`. Nothing here
may come from `ml` but the containers that it fills.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd

from ml.purchases import (
    Window,
    read_accounts,
    read_associations,
    read_holdings,
    read_later,
    read_products,
    read_starts,
)

OLDEST = 8
"""Periods from here on are one."""


@dataclass(frozen=True)
class Purchase:
    """A won deal: `day` counts backwards from the business date, 0 is that date itself."""

    deal: str
    account: str
    day: int
    items: tuple[int, ...]
    amount: float = 100.0


@dataclass(frozen=True)
class History:
    """Purchases of accounts over products 0 to `products` - 1.

    Attributes:
        ages: Days since each account was created, by account.
        open_items: Products in open deals today, by account.
        cells: Industry and size label, by account.
        unsold: Products that are not offered.
    """

    products: int
    purchases: Sequence[Purchase]
    horizon: int = 90
    ages: Mapping[str, int] = field(default_factory=dict)
    open_items: Mapping[str, frozenset[int]] = field(default_factory=dict)
    cells: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    unsold: frozenset[int] = frozenset()
    repeatable: frozenset[int] = frozenset()

    @property
    def accounts(self) -> list[str]:
        """All accounts, by id."""
        bought = {purchase.account for purchase in self.purchases}
        return sorted(bought | set(self.ages) | set(self.open_items) | set(self.cells))

    def period(self, purchase: Purchase) -> int:
        """Whole horizons since the purchase."""
        return min(purchase.day // self.horizon, OLDEST)

    def of(self, account: str, window: int) -> list[Purchase]:
        """Purchases of an account that a window knows, in order."""
        known = [p for p in self.purchases if p.account == account and self.period(p) >= window]
        return sorted(known, key=lambda p: (-p.day, p.deal))

    def later(self, account: str, window: int) -> list[Purchase]:
        """Purchases of an account in the horizon after the cut-off, in order."""
        found = [p for p in self.purchases if p.account == account and self.period(p) == window - 1]
        return sorted(found, key=lambda p: (-p.day, p.deal))


def lower_middle(values: Sequence[int], share: float = 0.5) -> float:
    """Discrete quantile: the value at position ceil(share * n)."""
    if not values:
        return float("nan")
    return float(sorted(values)[max(1, int(np.ceil(share * len(values)))) - 1])


def gaps_of(days: Sequence[int]) -> list[int]:
    """Days between purchases, the days counted backwards and falling."""
    return [one - other for one, other in pairwise(days)]


def window_of(history: History, number: int) -> Window:
    """Return what a window knows, counted by loops."""
    cutoff = number * history.horizon
    accounts = [
        a for a in history.accounts
        if history.of(a, number) or history.ages.get(a, 10_000) >= cutoff
    ]  # fmt: skip
    if number:  # keys tell age, and the first accounts may be all that is learned from
        accounts.sort(key=lambda a: (md5(a.encode()).hexdigest(), a))
    position = {account: n for n, account in enumerate(accounts)}
    known = {a: history.of(a, number) for a in history.accounts}
    products = read_products(_products(history, known, number))
    starts = read_starts(_starts(history, known), history.products)
    deals = [p for purchases in known.values() for p in purchases if p.items]
    return Window(
        number=number,
        horizon_days=history.horizon,
        products=products,
        associations=read_associations(*_pairs(known), history.products),
        starts=starts,
        accounts=read_accounts(_accounts(history, accounts, known, number), starts),
        holdings=read_holdings(_holdings(history, known, position, number), len(accounts)),
        later=read_later(_later(history, position, number), len(accounts)) if number else None,
        baskets=float(len(deals)),
        narrow_accounts=float(len({p.account for p in deals})),
        narrow_deals=float(len(deals)),
    )


def _products(history: History, known: Mapping[str, list[Purchase]], number: int) -> pd.DataFrame:
    rows = []
    for product in range(history.products):
        by_account = [
            [p.day for p in purchases if product in p.items] for purchases in known.values()
        ]
        days = [day for found in by_account for day in found]
        rows.append({
            "product_number": product,
            "is_offered": product not in history.unsold,
            "is_repeatable": product in history.repeatable,
            "basket_count": len(days),
            "buyer_count": sum(bool(found) for found in by_account),
            "narrow_basket_count": len(days),  # none is wide here
            "narrow_buyer_count": sum(bool(found) for found in by_account),
            "repeat_buyer_count": sum(len(found) > 1 for found in by_account),
            "recent_basket_count": sum(
                min(day // history.horizon, OLDEST) < number + 2 for day in days
            ),
            "typical_gap_days": lower_middle([g for found in by_account for g in gaps_of(found)]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def baskets_of(purchases: Sequence[Purchase]) -> list[Purchase]:
    """Purchases with products, in order."""
    return [purchase for purchase in purchases if purchase.items]


def _pairs(known: Mapping[str, list[Purchase]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    steps: dict[tuple[int, Any], set[str]] = defaultdict(set)
    for account, purchases in known.items():
        _count_pairs(baskets_of(purchases), counts)
        for basket, following in pairwise(baskets_of(purchases)):
            for one in basket.items:
                for other in (np.nan, *following.items):
                    steps[one, other].add(account)
    names = ("account_count", "after_count", "before_count", "deal_count")
    pairs = pd.DataFrame(
        [[*pair, *(found[n] for n in names)] for pair, found in sorted(counts.items())],
        columns=["product_number", "other_product_number", *names],
    )
    taken = pd.DataFrame(
        [[one, other, len(who)] for (one, other), who in steps.items()],
        columns=["product_number", "next_product_number", "account_count"],
    )
    taken["next_product_number"] = taken["next_product_number"].astype(float)
    return pairs, taken


def _count_pairs(
    baskets: Sequence[Purchase], counts: dict[tuple[int, int], dict[str, int]]
) -> None:
    first: dict[int, int] = {}
    for place, basket in enumerate(baskets):
        for item in basket.items:
            first.setdefault(item, place)
        for pair in combinations(sorted(basket.items), 2):
            counts[pair]["deal_count"] += 1
    for one, other in combinations(sorted(first), 2):
        counts[one, other]["account_count"] += 1
        counts[one, other]["after_count"] += first[other] > first[one]
        counts[one, other]["before_count"] += first[other] < first[one]


def _starts(history: History, known: Mapping[str, list[Purchase]]) -> pd.DataFrame:
    counts: dict[tuple[Any, Any, Any], int] = defaultdict(int)
    for account, purchases in known.items():
        baskets = baskets_of(purchases)
        if baskets:
            cell = history.cells.get(account, (None, None))
            counts[*cell, None] += 1
            for item in baskets[0].items:
                counts[*cell, item] += 1
    names = ["industry", "size_label_id", "product_number", "account_count"]
    frame = pd.DataFrame([[*key, count] for key, count in counts.items()], columns=names)
    frame["product_number"] = frame["product_number"].astype(float)
    return frame


def _accounts(
    history: History, accounts: Sequence[str], known: Mapping[str, list[Purchase]], number: int
) -> pd.DataFrame:
    cutoff = number * history.horizon
    rows = []
    for account in accounts:
        purchases = known[account]
        days = [purchase.day for purchase in purchases]
        gaps = gaps_of(days)
        periods = [history.period(purchase) for purchase in purchases]
        industry, size = history.cells.get(account, (None, None))
        rows.append({
            "account_id": account, "industry": industry, "size_label_id": size,
            "age_days": history.ages.get(account, 10_000) - cutoff,
            "purchase_count": len(days),
            **{f"purchase_count_{n}": periods.count(number + n - 1) for n in (1, 2, 3)},
            "purchase_amount": sum(purchase.amount for purchase in purchases),
            "first_purchase_days": days[0] - cutoff if days else np.nan,
            "last_purchase_days": days[-1] - cutoff if days else np.nan,
            "typical_gap_days": lower_middle(gaps),
            "open_deal_count": float(number == 0 and account in history.open_items),
            "later_purchase_count": len(history.later(account, number)) if number else 0,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(ACCOUNT_COLUMNS))


ACCOUNT_COLUMNS = (
    "account_id", "industry", "size_label_id", "age_days", "purchase_count", "purchase_count_1",
    "purchase_count_2", "purchase_count_3", "purchase_amount", "first_purchase_days",
    "last_purchase_days", "typical_gap_days", "open_deal_count", "later_purchase_count",
)  # fmt: skip


def _holdings(
    history: History, known: Mapping[str, list[Purchase]], position: Mapping[str, int], number: int
) -> pd.DataFrame:
    cutoff = number * history.horizon
    rows = []
    for account, place in position.items():
        baskets = baskets_of(known[account])
        opened = history.open_items.get(account, frozenset()) if number == 0 else frozenset()
        for item in sorted({i for basket in baskets for i in basket.items} | opened):
            days = [basket.day for basket in baskets if item in basket.items]
            gaps = gaps_of(days)
            rows.append({
                "account": place, "product_number": item, "purchase_count": len(days),
                "last_purchase_days": days[-1] - cutoff if days else np.nan,
                "typical_gap_days": lower_middle(gaps),
                "gap_spread_days": lower_middle(gaps, 0.75) - lower_middle(gaps, 0.25),
                "is_in_last_basket": bool(baskets) and item in baskets[-1].items,
                "is_in_open_deal": item in opened,
            })  # fmt: skip
    names = [
        "account", "product_number", "purchase_count", "last_purchase_days",
        "typical_gap_days", "gap_spread_days", "is_in_last_basket", "is_in_open_deal",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _later(history: History, position: Mapping[str, int], number: int) -> pd.DataFrame:
    rows = []
    for account, place in position.items():
        baskets = baskets_of(history.later(account, number))
        for item in sorted({i for basket in baskets for i in basket.items}):
            rows.append([place, item, item in baskets[0].items])
    return pd.DataFrame(rows, columns=["account", "product_number", "is_in_next_basket"])
