"""Duplicates of accounts and contacts are proposed, never merged (ACC-9).

A pair is proposed because a rule of ACC-9 makes both the same, because its probability is high
enough, or because both are so likely the same as a third record. Each has its own weight and
reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.identity.blocks import Bounds, blocks
from ml.identity.comparisons import ACCOUNTS, CONTACTS, Linkage
from ml.identity.linking import Model, explained_pairs, model_of, scored_pairs
from ml.identity.reasons import reasons
from ml.identity.records import account_identities, contact_identities

BY_RULE, BY_LIKENESS, BY_THIRD = "rule", "likeness", "third record"
PAIR_COLUMNS: Final = ("match_weight", "match_probability", "found_by", "rule", "reasons")


@dataclass(frozen=True, slots=True)
class Proposals:
    """What is known of records and which of them may be the same.

    Attributes:
        identities: One row per record.
        pairs: One row per pair: both keys, the smaller first, and PAIR_COLUMNS.
        compared_count: Pairs that were compared, one that two rules make counted twice.
        left_out: What was not compared, in words, with the setting that decides.
    """

    identities: pd.DataFrame
    pairs: pd.DataFrame
    compared_count: int
    left_out: tuple[str, ...]


def account_proposals(
    accounts: pd.DataFrame,
    bounds: Bounds | None,
    least_probability: float,
) -> Proposals:
    """Return identifiers and proposed duplicates of accounts.

    Args:
        accounts: As `ml.identity.records.account_identities` reads them.
        bounds: How much is compared at most; None compares nothing.
        least_probability: Probability, 0 to 100, from which pairs are proposed.
    """
    return _proposals(accounts, account_identities, ACCOUNTS, bounds, least_probability)


def contact_proposals(
    contacts: pd.DataFrame,
    bounds: Bounds | None,
    least_probability: float,
) -> Proposals:
    """Return identifiers and proposed duplicates of contacts, like those of accounts."""
    return _proposals(contacts, contact_identities, CONTACTS, bounds, least_probability)


def _proposals(
    frame: pd.DataFrame,
    read: Callable[[pd.DataFrame], pd.DataFrame],
    linkage: Linkage,
    bounds: Bounds | None,
    least_probability: float,
) -> Proposals:
    key = str(frame.columns[0])
    # What is found must not hang on the order in which records come.
    records = read(frame.sort_values(key, kind="stable"))
    nothing = pd.DataFrame(columns=[key, f"other_{key}", *PAIR_COLUMNS], dtype=object)
    if bounds is None:
        return Proposals(records, nothing, 0, ())
    compared = blocks(records, linkage.rules, bounds, linkage.noun)
    if not compared.pair_count:
        return Proposals(records, nothing, 0, compared.left_out)
    model = model_of(records, linkage, compared)
    found = scored_pairs(records, linkage, model, compared, _weight(least_probability))
    found, left_out = _closed(found, linkage, _weight(least_probability), bounds.largest_block)
    pairs = _told(found, records, linkage, model, key) if len(found) else nothing
    return Proposals(records, pairs, compared.pair_count, (*compared.left_out, *left_out))


def _weight(probability: float) -> float:
    share = min(max(probability / 100, 1e-12), 1 - 1e-12)
    return math.log2(share / (1 - share))


def _closed(
    found: pd.DataFrame, linkage: Linkage, least_weight: float, largest: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add the pairs whose records are both so likely the same as a third one."""
    likely = found[found["match_weight"] >= least_weight]
    groups = _groups(likely["record_l"].to_numpy(), likely["record_r"].to_numpy())
    wide = [group for group in groups if len(group) > largest]
    left_out = tuple(
        f"{len(group):,} {linkage.noun} are linked in a chain, more than identity.largest_block "
        f"({largest:,}): only those that are alike themselves are proposed"
        for group in wide
    )
    implied = [
        (int(one), int(other))
        for group in groups
        if 2 < len(group) <= largest
        for place, one in enumerate(group)
        for other in group[place + 1 :]
    ]
    known = set(zip(found["record_l"].tolist(), found["record_r"].tolist(), strict=True))
    added = [pair for pair in implied if pair not in known]
    new = np.asarray(added, np.int64).reshape(-1, 2)
    more = pd.DataFrame({"record_l": new[:, 0], "record_r": new[:, 1], "rule": np.int64(-1)})
    return pd.concat([found[["record_l", "record_r", "rule"]], more], ignore_index=True), left_out


def _groups(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> list[list[int]]:
    """Return the records that pairs connect, each group sorted."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, codes = np.unique(np.concatenate([left, right]), return_inverse=True)
    ones, others = codes[: len(left)], codes[len(left) :]
    size = len(names)
    graph = coo_array((np.ones(len(ones), np.int8), (ones, others)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1] if size else np.zeros(0, np.int64)
    grouped: dict[int, list[int]] = {}
    for name, label in zip(names.tolist(), labels.tolist(), strict=True):
        grouped.setdefault(label, []).append(name)
    return list(grouped.values())


def _told(
    found: pd.DataFrame, records: pd.DataFrame, linkage: Linkage, model: Model, key: str
) -> pd.DataFrame:
    """Return proposed pairs with keys, weight, probability and reasons."""
    said = explained_pairs(records, linkage, model, found)
    told = said.merge(found, on=["record_l", "record_r"], validate="one_to_one")
    keys = records[key].to_numpy(object)
    weight = np.round(told["match_weight"].to_numpy(float), 4)
    rules = told["rule"].to_numpy(int)
    names = [f"same {rule.name}" for rule in linkage.rules]
    is_rule = (rules >= 0) & (rules < linkage.same)
    return pd.DataFrame(
        {
            key: keys[told["record_l"]],
            f"other_{key}": keys[told["record_r"]],
            "match_weight": weight,
            "match_probability": np.round(100 / (1 + np.exp2(-weight)), 3),
            "found_by": np.where(is_rule, BY_RULE, np.where(rules < 0, BY_THIRD, BY_LIKENESS)),
            "rule": np.where(is_rule, np.asarray(names, object)[rules], None),
            "reasons": reasons(told, model),
        }
    )
