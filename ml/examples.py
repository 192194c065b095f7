"""Examples to learn from: what could have been offered at a cut-off, and what was bought.

Holds the pairs of account and product of one type of recommendation at one window, with features,
simple scores and outcome. Never decide here who is trusted (`ml.trust`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ml.eligibility import ELIGIBLE, SIMPLE
from ml.measures import RankingQuality, places, places_among, rank_quality
from ml.purchases import Flags, Floats, Integers, Window
from ml.scores import FEATURES, Links, Slice, feature_rows, scored

BASELINES: Final = ("popularity", "same_again", "cosine")
"""What a report card is compared with: most popular, same again, item cosine (BEY-10)."""
SLICED_PAIRS: Final = 400_000
"""Pairs of account and product that are spread out at a time; bounds memory, not results."""
ENOUGH_BOUGHT: Final = 1_000
ENOUGH_EXAMPLES: Final = 200_000
"""Purchases or examples from which one window is enough to learn from."""
MOST_POOLED: Final = 3
"""Windows that are learned from at most."""
_NO_ROWS: Final = np.zeros((0, len(FEATURES)), np.float32)
BEST_OF_SCORER: Final = 20
"""Products of each simple scorer that are candidates, where the catalogue is larger."""


@dataclass(frozen=True)
class Examples:
    """Candidates of one type at one window, ordered by account and product.

    `rows` are the features, none where nobody asked for them; `scores` are the simple scores by
    name; `bought` counts the eligible products that each account bought (A), candidates or not;
    `simple` is the quality of every simple scorer and baseline over all eligible products.
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
            rows=self.rows[positions] if len(self.rows) else self.rows,
            scores={name: score[positions] for name, score in self.scores.items()},
            is_bought=self.is_bought[positions],
        )

    def quality(self, score: Floats) -> RankingQuality:
        """Return the quality of the lists that a score of the candidates gives."""
        place = places(self.account, score, self.product)
        return rank_quality(self.account[self.is_bought], place[self.is_bought], self.bought)


def slices(window: Window, min_lift: float) -> Iterator[Slice]:
    """Yield the accounts of a window in parts that fit in memory."""
    accounts = len(window.accounts)
    step = max(1, SLICED_PAIRS // max(len(window.products), 1))
    links = Links(window, min_lift)
    for first in range(0, accounts, step):
        yield Slice(links, first, min(first + step, accounts))


def candidates_of(part: Slice, type_: str, asked: Flags, *, with_rows: bool) -> Examples:
    """Return the candidates of some accounts: scores and, if wanted, features; no outcome.

    `asked` products (P) are candidates wherever they may be offered.
    """
    is_eligible = ELIGIBLE[type_](part)
    scores = {name: scored(part, name) for name in SIMPLE[type_]}
    chosen = _chosen(type_, scores, is_eligible) | (is_eligible & asked)
    return _of_chosen(part, type_, chosen, scores, with_rows)


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


def _of_chosen(
    part: Slice, type_: str, chosen: Flags, scores: Mapping[str, Floats], with_rows: bool = True
) -> Examples:
    account, product = np.nonzero(chosen)
    rows = feature_rows(part, account, product) if with_rows else _NO_ROWS
    return Examples(
        account=account,
        product=product,
        rows=rows,
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
    parts: list[Examples] = []
    count = 0
    for part in slices(window, min_lift):
        parts.append(_of_slice(part, type_))
        count += len(parts[-1])
        if count >= most_pairs:
            break
    return _concatenated(parts) if parts else _nobody(type_)


def _nobody(type_: str) -> Examples:
    nothing = np.zeros(0, np.float32)
    return Examples(
        account=np.zeros(0, np.int64),
        product=np.zeros(0, np.int64),
        rows=_NO_ROWS,
        scores=dict.fromkeys(SIMPLE[type_], nothing),
        is_bought=np.zeros(0, bool),
        bought=np.zeros(0, np.int64),
        simple={},
    )


def _concatenated(parts: Sequence[Examples]) -> Examples:
    """Return the candidates of several parts; accounts count on from one part to the next."""
    if len(parts) == 1:
        return parts[0]
    firsts = np.cumsum([0, *(len(part.bought) for part in parts[:-1])])

    def joined(values: Iterable[Any]) -> Any:
        return np.concatenate(list(values))

    return Examples(
        account=joined(part.account + first for part, first in zip(parts, firsts, strict=True)),
        product=joined(part.product for part in parts),
        rows=joined(part.rows for part in parts),
        scores={name: joined(part.scores[name] for part in parts) for name in parts[0].scores},
        is_bought=joined(part.is_bought for part in parts),
        bought=joined(part.bought for part in parts),
        simple={
            name: RankingQuality(
                *(joined(getattr(part.simple[name], kind) for part in parts)
                  for kind in ("hits", "recall", "precision"))
            )
            for name in parts[0].simple
        },
    )  # fmt: skip


def pooled(seen: Mapping[int, Examples], newest: int) -> Examples | None:
    """Return what is learned from when `newest` is the latest known window, or None."""
    outcomes = {number: part.is_bought for number, part in seen.items() if len(part.bought)}
    parts = [seen[number] for number in windows_to_pool(outcomes, newest)]
    return _concatenated(parts) if parts else None


def windows_to_pool(outcomes: Mapping[int, Flags], newest: int) -> list[int]:
    """Return which windows are learned from when `newest` is the latest known, that one first.

    With few purchases also those before it, until there are enough: an old window tells less of
    today (`ml.md` 3.3), a small one hardly anything.

    Args:
        outcomes: Whether each example was bought, by window; without windows of nobody.
        newest: Number of the latest window.
    """
    found: list[int] = []
    bought = examples = 0
    for number in range(newest, newest + MOST_POOLED):
        if number not in outcomes or bought >= ENOUGH_BOUGHT or examples >= ENOUGH_EXAMPLES:
            break
        found.append(number)
        bought += int(outcomes[number].sum())
        examples += len(outcomes[number])
    return found


def _of_slice(part: Slice, type_: str) -> Examples:
    is_eligible = ELIGIBLE[type_](part)
    is_bought = outcome(part, type_)
    names = dict.fromkeys((*SIMPLE[type_], *BASELINES))
    scores = {name: scored(part, name) for name in names}
    is_hit = is_eligible & is_bought
    account, product = np.nonzero(is_hit)
    bought = is_hit.sum(axis=1)
    simple = {
        name: rank_quality(account, places_among(score, is_eligible, account, product), bought)
        for name, score in scores.items()
    }
    found = _of_chosen(part, type_, _chosen(type_, scores, is_eligible), scores)
    return replace(
        found,
        is_bought=is_bought[found.account, found.product],
        bought=bought,
        simple=simple,
    )
