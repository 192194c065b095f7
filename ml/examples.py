"""Examples to learn from: what could have been offered at a cut-off, and what was bought.

Holds the pairs of account and product of one type of recommendation at one window, with features,
simple scores and outcome. Never decide here who is trusted (`ml.trust`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ml.eligibility import ELIGIBLE, SIMPLE
from ml.measures import RankingQuality, places, rank_quality
from ml.purchases import Flags, Floats, Integers, Window
from ml.scores import FEATURES, SCORERS, Links, Slice, feature_rows

BASELINES: Final = ("popularity", "same_again", "cosine")
"""What a report card is compared with: most popular, same again, item cosine (BEY-10)."""
SLICED_PAIRS: Final = 400_000
"""Pairs of account and product that are spread out at a time; bounds memory, not results."""
BEST_OF_SCORER: Final = 40
"""Products of each simple scorer that are candidates, where the catalogue is larger."""


@dataclass(frozen=True)
class Examples:
    """Candidates of one type at one window, ordered by account and product.

    `scores` are the simple scores by name; `bought` counts the eligible products that each account
    bought (A), candidates or not; `simple` is the quality of every simple scorer and baseline over
    all eligible products.
    """

    account: Integers
    product: Integers
    rows: Floats
    scores: Mapping[str, Floats]
    is_bought: Flags
    bought: Integers
    simple: Mapping[str, RankingQuality]

    def __len__(self) -> int:
        return len(self.account)

    def at(self, positions: Integers) -> Examples:
        """Return some of the candidates; what is told of whole accounts stays."""
        return replace(
            self,
            account=self.account[positions],
            product=self.product[positions],
            rows=self.rows[positions],
            scores={name: score[positions] for name, score in self.scores.items()},
            is_bought=self.is_bought[positions],
        )

    def quality(self, score: Floats) -> RankingQuality:
        """Return the quality of the lists that a score of the candidates gives."""
        place = places(self.account, score, self.product)
        return rank_quality(self.account, place, self.is_bought, self.bought)


def slices(window: Window, min_lift: float, most: int | None = None) -> list[Slice]:
    """Return the accounts of a window (the first `most`) in parts that fit in memory."""
    accounts = len(window.accounts) if most is None else min(most, len(window.accounts))
    step = max(1, SLICED_PAIRS // max(len(window.products), 1))
    links = Links(window, min_lift)
    return [Slice(links, a, min(a + step, accounts)) for a in range(0, accounts, step)]


def candidates_of(part: Slice, type_: str) -> Examples:
    """Return the candidates of some accounts: features and scores, and nothing that followed."""
    is_eligible = ELIGIBLE[type_](part)
    scores = {name: SCORERS[name](part) for name in SIMPLE[type_]}
    return _of_chosen(part, type_, _chosen(type_, scores, is_eligible), scores)


def _chosen(type_: str, scores: Mapping[str, Floats], is_eligible: Flags) -> Flags:
    """Return which eligible products are looked at closely: the best of every simple scorer."""
    if is_eligible.shape[1] <= BEST_OF_SCORER:
        return is_eligible
    chosen = np.zeros_like(is_eligible)
    for name in SIMPLE[type_]:
        score = np.where(is_eligible, scores[name], -np.inf)
        best = np.argpartition(-score, BEST_OF_SCORER - 1, axis=1)[:, :BEST_OF_SCORER]
        np.put_along_axis(chosen, best, True, axis=1)
    return chosen & is_eligible


def _of_chosen(part: Slice, type_: str, chosen: Flags, scores: Mapping[str, Floats]) -> Examples:
    account, product = np.nonzero(chosen)
    return Examples(
        account=account,
        product=product,
        rows=feature_rows(part, chosen),
        scores={name: scores[name][account, product] for name in SIMPLE[type_]},
        is_bought=np.zeros(len(account), bool),
        bought=np.zeros(part.size, np.int64),
        simple={},
    )


def outcome(part: Slice, type_: str) -> Flags:
    """Return what was bought within the horizon; of next purchases, in the first basket of it."""
    return part.is_bought_next if type_ == "next_purchase" else part.is_bought


def examples(window: Window, type_: str, min_lift: float, most_pairs: int) -> Examples:
    """Return the examples of a type at a window, of as many accounts as give `most_pairs`."""
    parts = []
    count = first = 0
    for part in slices(window, min_lift):
        parts.append(_of_slice(part, type_, first))
        first += part.size
        count += len(parts[-1])
        if count >= most_pairs:
            break
    names = list(parts[0].simple) if parts else []
    return Examples(
        account=_joined([p.account for p in parts], np.int64),
        product=_joined([p.product for p in parts], np.int64),
        rows=np.concatenate([p.rows for p in parts])
        if parts
        else np.zeros((0, len(FEATURES)), np.float32),
        scores={
            name: _joined([p.scores[name] for p in parts], np.float32) for name in SIMPLE[type_]
        },
        is_bought=_joined([p.is_bought for p in parts], bool),
        bought=_joined([p.bought for p in parts], np.int64),
        simple={
            name: RankingQuality(
                *(
                    _joined([getattr(p.simple[name], kind) for p in parts], np.float32)
                    for kind in ("hits", "recall", "precision")
                )
            )
            for name in names
        },
    )


def _of_slice(part: Slice, type_: str, first: int) -> Examples:
    is_eligible = ELIGIBLE[type_](part)
    is_bought = outcome(part, type_)
    names = dict.fromkeys((*SIMPLE[type_], *BASELINES))
    scores = {name: SCORERS[name](part) for name in names}
    account, product = np.nonzero(is_eligible)
    bought = (is_eligible & is_bought).sum(axis=1)
    simple = {
        name: rank_quality(
            account,
            places(account, score[account, product], product),
            is_bought[account, product],
            bought,
        )
        for name, score in scores.items()
    }
    found = _of_chosen(part, type_, _chosen(type_, scores, is_eligible), scores)
    return replace(
        found,
        account=found.account + first,
        is_bought=is_bought[found.account, found.product],
        bought=bought,
        simple=simple,
    )


def _joined(parts: list[Any], kind: Any) -> Any:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)
