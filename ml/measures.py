"""How good a ranking and its probabilities are: the figures of the report card (BEY-10)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ml.purchases import Flags, Floats, Integers

HIT_DEPTH, RECALL_DEPTH = 5, 10
"""hit rate@5; recall@10 and MAP@10."""

PAIRS_AT_A_TIME = 20_000
"""Pairs whose lists are looked through at a time; bounds memory, not results."""


@dataclass(frozen=True)
class RankingQuality:
    """Quality by account, for accounts that bought something that could have been offered.

    `hits`: one of the first five was bought; `recall`: share of what was bought among the first
    ten; `precision`: average precision of the first ten.
    """

    hits: Floats
    recall: Floats
    precision: Floats

    def __len__(self) -> int:
        return len(self.hits)


def places(account: Integers, score: Floats, product: Integers) -> Integers:
    """Return the place of every pair in the list of its account, 1 for the best.

    Ties go to the smaller product number: that of the first key (REC-14).
    """
    order = np.lexsort((product, -score, account))
    sorted_account = account[order]
    starts = np.flatnonzero(np.r_[True, sorted_account[1:] != sorted_account[:-1]])
    found = np.empty(len(account), np.int64)
    sizes = np.diff(np.r_[starts, len(account)])
    found[order] = np.arange(len(account)) - np.repeat(starts, sizes) + 1
    return found


def places_among(
    scores: Floats, is_eligible: Flags, account: Integers, product: Integers
) -> Integers:
    """Return the places of some pairs in the lists of all eligible products, as `places` does.

    Args:
        scores: Score of every product for every account (A x P).
        is_eligible: Which of them are in the list (A x P).
        account: Account of each wanted pair.
        product: Its product, eligible.
    """
    found = np.empty(len(account), np.int64)
    numbers = np.arange(scores.shape[1])
    for start in range(0, len(account), PAIRS_AT_A_TIME):
        part = slice(start, start + PAIRS_AT_A_TIME)
        rows, own = scores[account[part]], scores[account[part], product[part]][:, None]
        is_ahead = (rows > own) | ((rows == own) & (numbers < product[part, None]))
        found[part] = (is_ahead & is_eligible[account[part]]).sum(axis=1) + 1
    return found


def rank_quality(account: Integers, place: Integers, bought: Integers) -> RankingQuality:
    """Return the quality of lists, of accounts that bought something.

    Args:
        account: Account of each pair that was bought and ranked, 0 to A - 1.
        place: Its place in the list of the account (`places`).
        bought: How many eligible products each account bought (A), ranked or not.
    """
    size = len(bought)
    chosen = place <= RECALL_DEPTH
    rows, at = account[chosen], place[chosen]
    order = np.lexsort((at, rows))
    rows, at = rows[order], at[order]
    found = np.bincount(rows, minlength=size)
    before = np.r_[0, np.cumsum(found)[:-1]]
    number = np.arange(len(rows)) - before[rows] + 1
    precision = np.bincount(rows, number / at, minlength=size)
    hits = np.bincount(rows[at <= HIT_DEPTH], minlength=size) > 0
    counted = bought > 0
    total = bought[counted]
    return RankingQuality(
        hits=hits[counted].astype(np.float32),
        recall=(found[counted] / total).astype(np.float32),
        precision=(precision[counted] / np.minimum(total, RECALL_DEPTH)).astype(np.float32),
    )


@dataclass(frozen=True)
class Calibration:
    """What was said and what was true, by tenth of the said probability (0 to 1)."""

    said: npt.NDArray[np.float64]
    true: npt.NDArray[np.float64]
    size: npt.NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of said and true, by size."""
        return float(np.average(np.abs(self.said - self.true), weights=self.size))

    @property
    def error_by_chance(self) -> float:
        """The error that the true probabilities themselves would show in so few pairs."""
        spread = np.sqrt(2 * self.said * (1 - self.said) / (np.pi * self.size))
        return float(np.average(spread, weights=self.size))

    def tenths(self) -> list[dict[str, float | int]]:
        """One row per group: tenth (from 1), said_share, true_share, pair_count."""
        return [
            {"tenth": n, "said_share": said, "true_share": true, "pair_count": size}
            for n, (said, true, size) in enumerate(
                zip(self.said.tolist(), self.true.tolist(), self.size.tolist(), strict=True), 1
            )
        ]


def calibration(said: Floats, is_true: Flags, groups: int = 10) -> Calibration:
    """Return said and true shares of equally large groups of rising probability.

    Equal probabilities may fall into two groups; their order is the one given.
    """
    order = np.argsort(said, kind="stable")
    borders = np.linspace(0, len(said), min(groups, len(said)) + 1).astype(np.int64)
    parts = [order[a:b] for a, b in pairwise(borders)]
    return Calibration(
        said=np.asarray([said[part].mean(dtype=np.float64) for part in parts]),
        true=np.asarray([is_true[part].mean(dtype=np.float64) for part in parts]),
        size=np.asarray([len(part) for part in parts]),
    )


def brier_skill(said: Floats, is_true: Flags) -> float:
    """Return 1 - Brier score over that of the true share; 0 says no more than the share does."""
    true = is_true.astype(np.float64)
    worst = np.mean((true.mean() - true) ** 2)
    return 0.0 if worst == 0 else float(1 - np.mean((said - true) ** 2) / worst)
