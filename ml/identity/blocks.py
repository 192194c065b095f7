"""Which records are compared with each other: those that share something, and not by chance.

Every rule names what two records must share. A value that more records share than `largest_block`
says nothing about any two of them; where a rule would make more pairs than `most_pairs`, its widest
values are left out. Both are told, with the setting that decides. So the work is bounded, whatever
the data is.
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

    largest_block: int
    most_pairs: int


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
        rules: The surest first: it is the last ones that lose values to `most_pairs`.
        bounds: How much is compared at most.
        noun: What a record is called, in the plural.
    """
    found: dict[str, Codes] = {}
    pair_count, left_out = 0, []
    for rule in rules:
        codes = value_codes(records[column] for column in rule.columns)
        sizes = np.bincount(codes[codes >= 0], minlength=1).astype(np.int64)
        wide = sizes > bounds.largest_block
        if wide.any():
            left_out.append(
                f"{int(sizes[wide].sum()):,} {noun} are not compared by {rule.name}: "
                f"{int(wide.sum()):,} values are shared by more than identity.largest_block "
                f"({bounds.largest_block:,}), the widest by {int(sizes.max()):,}"
            )
        pairs = np.where(wide, 0, sizes * (sizes - 1) // 2)
        size = _largest_that_fits(sizes, pairs, bounds.most_pairs - pair_count)
        kept = (pairs > 0) & (sizes <= size)
        if (pairs[~kept] > 0).any():
            left_out.append(
                f"{int(sizes[(pairs > 0) & ~kept].sum()):,} {noun} are not compared by "
                f"{rule.name}: {int(pairs[~kept].sum()):,} more pairs would be more than "
                f"identity.most_pairs ({bounds.most_pairs:,})"
            )
        pair_count += int(pairs[kept].sum())
        found[rule.block] = np.where((codes >= 0) & np.append(kept, False)[codes], codes, -1)
    frame = pd.DataFrame(found, index=range(len(records)), dtype=np.int64)
    return Blocks(frame, pair_count, tuple(left_out))


def _largest_that_fits(sizes: Codes, pairs: Codes, most: int) -> int:
    """Return the largest size of blocks of which, with all smaller ones, the pairs are no more."""
    order = np.unique(sizes)
    by_size = np.bincount(np.searchsorted(order, sizes), weights=pairs.astype(float))
    fits = np.cumsum(by_size) <= most
    return int(order[fits].max()) if fits.any() else 0


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
