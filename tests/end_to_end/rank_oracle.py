"""RFM scores in their rank form and the shipped labels, as the specification words them.

The warehouse compares with cut-points; here every account is ranked (RFM-17). Nothing is imported
from the project, so that no mistake can be made twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

SHIPPED_LABELS = (
    ("rfm.most_important", (4, 5), (4, 5), (4, 5)),
    ("rfm.important", (2, 3), (4, 5), (4, 5)),
    ("rfm.new", (4, 5), (1, 1), (1, 1)),
    ("rfm.promising", (3, 3), (1, 2), (1, 1)),
    ("rfm.needs_attention", (2, 3), (2, 3), (2, 3)),
    ("rfm.about_to_sleep", (2, 3), (1, 1), (2, 3)),
    ("rfm.cannot_lose", (1, 1), (4, 5), (4, 5)),
    ("rfm.lost", (1, 1), (1, 1), (1, 1)),
)
"""RFM-23: label, and lowest and highest R, F and M."""

Scores = tuple[int, int, int]


@dataclass(frozen=True)
class Purchases:
    """What an account bought up to the business date: last day, number, money (exact)."""

    last_on: date
    count: int
    amount: Decimal


def rank_scores(goodness: Mapping[str, Any], levels: int = 5) -> dict[str, int]:
    """Score by account: the best k, else floor(strictly worse accounts x k / all) + 1 (RFM-17)."""
    ordered = sorted(goodness.values())
    if not ordered or ordered[0] == ordered[-1]:
        return dict.fromkeys(goodness, 1)
    return {
        account: levels
        if value == ordered[-1]
        else bisect_left(ordered, value) * levels // len(ordered) + 1
        for account, value in goodness.items()
    }


def rfm_scores(purchases: Mapping[str, Purchases]) -> dict[str, Scores]:
    """Recency, frequency and monetary score of every account that bought."""
    recency = rank_scores({a: p.last_on for a, p in purchases.items()})
    frequency = rank_scores({a: p.count for a, p in purchases.items()})
    monetary = rank_scores({a: p.amount for a, p in purchases.items()})
    return {a: (recency[a], frequency[a], monetary[a]) for a in purchases}


def shipped_label(scores: Scores | None) -> str:
    """Label of a score triple: the first that matches, else one of the pseudo-labels."""
    if scores is None:
        return "rfm.unscored"
    for label, *ranges in SHIPPED_LABELS:
        if all(low <= score <= high for score, (low, high) in zip(scores, ranges, strict=True)):
            return label
    return "rfm.unlabelled"


def label_counts(scores: Mapping[str, Scores], accounts: int) -> dict[str, int]:
    """Number of accounts per label; those of `accounts` without scores are unscored."""
    counts = Counter(shipped_label(triple) for triple in scores.values())
    if accounts > len(scores):
        counts["rfm.unscored"] = accounts - len(scores)
    return dict(counts)


def rounded(amount: Decimal) -> Decimal:
    """Round to cents, half away from zero (EDG-4)."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
