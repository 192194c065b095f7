"""Which records are compared with each other: those that share something, and not by chance.

Every rule names what two records must share. A value that more records share than `largest_block`
says nothing about any two of them; a rule that would make more pairs than `most_pairs` is left out.
Both are told, with the setting that decides. So the work is bounded whatever the data is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is compared at most.

    Attributes:
        largest_block: Records that share a value and are still compared with each other.
        most_pairs: Pairs that all rules together may make.
    """

    largest_block: int = 100
    most_pairs: int = 10_000_000


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """What two records must share to be compared: equal values in every column."""

    name: str
    columns: tuple[str, ...]

    @property
    def block(self) -> str:
        """Column of the blocks of this rule."""
        return "block_" + "_".join(self.columns)


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks that are left.

    Attributes:
        codes: A column per rule that is used: number of the block, -1 for none.
        pair_count: Pairs of all rules; one that two rules make is counted twice.
        left_out: What is not compared, in words, with the setting that decides.
    """

    codes: pd.DataFrame
    pair_count: int
    left_out: tuple[str, ...]

    @property
    def is_shared(self) -> npt.NDArray[np.bool_]:
        """Which records share a block with another one."""
        return np.asarray((self.codes.to_numpy() >= 0).any(axis=1), bool)


def blocks(
    records: pd.DataFrame, rules: Sequence[BlockingRule], bounds: Bounds, noun: str
) -> Blocks:
    """Return the blocks of every rule, in the order of the rules, within bounds.

    Args:
        records: Has every column that a rule names; null is shared with nobody.
        rules: The surest first: it is the last ones that are left out.
        bounds: How much is compared at most.
        noun: What a record is called, in the plural.
    """
    found: dict[str, Codes] = {}
    pair_count, left_out = 0, []
    for rule in rules:
        codes = value_codes(records[column] for column in rule.columns)
        sizes = np.bincount(codes[codes >= 0]) if (codes >= 0).any() else np.zeros(0, np.int64)
        wide = sizes > bounds.largest_block
        if wide.any():
            left_out.append(
                f"{int(sizes[wide].sum()):,} {noun} are not compared by {rule.name}: "
                f"{int(wide.sum()):,} values are shared by more than identity.largest_block "
                f"({bounds.largest_block:,}), the widest by {int(sizes.max()):,}"
            )
        kept = (sizes > 1) & ~wide
        pairs = int((sizes[kept] * (sizes[kept] - 1) // 2).sum())
        if pair_count + pairs > bounds.most_pairs:
            left_out.append(
                f"no {noun} are compared by {rule.name}: {pairs:,} more pairs would be more than "
                f"identity.most_pairs ({bounds.most_pairs:,})"
            )
            continue
        pair_count += pairs
        found[rule.block] = np.where((codes >= 0) & np.append(kept, False)[codes], codes, -1)
    frame = pd.DataFrame(found, index=range(len(records)), dtype=np.int64)
    return Blocks(frame, pair_count, tuple(left_out))


def value_codes(columns: Iterable[pd.Series[Any]]) -> Codes:
    """Number the combinations of values from 0, in the order they come; -1 where one is null."""
    codes: Codes | None = None
    for column in columns:
        own, distinct = pd.factorize(column.to_numpy(object), use_na_sentinel=True)
        own = own.astype(np.int64)
        if codes is None:
            codes = own
            continue
        both = np.where((codes >= 0) & (own >= 0), codes * max(len(distinct), 1) + own, -1)
        codes = pd.factorize(np.where(both < 0, np.nan, both), use_na_sentinel=True)[0]
        codes = codes.astype(np.int64)
    return np.zeros(0, np.int64) if codes is None else codes
