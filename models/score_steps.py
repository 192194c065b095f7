"""Manual RFM scores read as steps, with the overlaps and gaps they hide (RFM-10, RFM-11).

Goodness is the value itself for frequency and monetary, and minus the days since the last
purchase for recency, so that more is always better. A score begins at the lower end of its range
and holds until the next higher score begins: that settles overlaps for the higher score and gives
gaps to the score below.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from models.problems import Caution, Path, Problem
from models.rfm import Metric, RangeEnd, Rfm, ScoreRange

LOWEST: Final = Decimal("-99999999999999.9999")
"""Stands for an open lower end: the lowest value of DECIMAL(18,4)."""


@dataclass(frozen=True)
class ScoreStep:
    """A score and where it begins: goodness above `threshold`, or at it when inclusive."""

    score: int
    threshold: Decimal
    is_inclusive: bool


@dataclass(frozen=True)
class _Goodness:
    """A range in terms of goodness; None is an open end."""

    score: int
    low: RangeEnd | None
    high: RangeEnd | None


def _in_goodness(metric: Metric, score: int, values: ScoreRange) -> _Goodness:
    if metric != "recency":
        return _Goodness(score, values.lower, values.upper)
    low, high = values.upper, values.lower
    return _Goodness(
        score,
        None if low is None else RangeEnd(-low.value, low.is_inclusive),
        None if high is None else RangeEnd(-high.value, high.is_inclusive),
    )


def _ranges(rfm: Rfm, metric: Metric) -> list[_Goodness]:
    definition = rfm.metric(metric)
    scores = definition.manual_scores(metric) if definition.method == "manual" else None
    return [_in_goodness(metric, score, (scores or {})[score]) for score in sorted(scores or {})]


def score_steps(rfm: Rfm, metric: Metric) -> tuple[ScoreStep, ...]:
    """Return the steps of a manual metric, lowest score first; empty for the other methods."""
    return tuple(
        ScoreStep(
            r.score, LOWEST if r.low is None else r.low.value, r.low is None or r.low.is_inclusive
        )
        for r in _ranges(rfm, metric)
    )


def score_problems(rfm: Rfm, metric: Metric, path: Path) -> list[Problem]:
    """Return why manual scores cannot be read as steps: none given, or not ascending."""
    definition = rfm.metric(metric)
    if definition.method != "manual":
        return []
    ranges = _ranges(rfm, metric)
    if not ranges:
        reason = "no amounts are shipped" if metric == "monetary" else "the shipped need levels: 5"
        message = f"method manual needs scores, such as {{5: {{above: 1500}}}}; {reason} (RFM-13)"
        return [Problem((*path, "scores"), message)]
    problems = []
    for lower, higher in pairwise(ranges):
        begins_late = _key(lower.low) >= _key(higher.low)
        reaches_over = higher.high is not None and _ends_after(lower.high, higher.high)
        if begins_late or reaches_over:
            message = (
                f"score {lower.score} holds better values than score {higher.score}; a higher "
                "score must stand for better values"
            )
            problems.append(Problem((*path, "scores", lower.score), message))
    return problems


def score_cautions(rfm: Rfm, metric: Metric, path: Path) -> list[Caution]:
    """Return the overlaps and gaps between neighbouring scores (RFM-11).

    An open end towards better values reads "until the next score" and overlaps nothing.
    """
    counts = metric == "recency" or (metric == "frequency" and rfm.frequency.basis != "quantity")
    cautions = []
    for lower, higher in pairwise(_ranges(rfm, metric)):
        if lower.high is None or higher.low is None:
            continue
        place = (*path, "scores", higher.score)
        step = 1 if counts else 0
        between = _distance(lower.high, higher.low, counts)
        if between > step:
            text = f"a gap lies between scores {lower.score} and {higher.score}"
            cautions.append(
                Caution(place, "rfm_score_gap", f"{text}; its values get {lower.score} (RFM-11)")
            )
        elif between < step or (not counts and _both_hold(lower.high, higher.low)):
            text = f"scores {lower.score} and {higher.score} overlap"
            cautions.append(
                Caution(place, "rfm_score_overlap", f"{text}; {higher.score} wins (RFM-10)")
            )
        elif not counts and not (lower.high.is_inclusive or higher.low.is_inclusive):
            text = f"the value {abs(lower.high.value)} lies between scores"
            cautions.append(
                Caution(place, "rfm_score_gap", f"{text}; it gets {lower.score} (RFM-11)")
            )
    return cautions


def _both_hold(high: RangeEnd, low: RangeEnd) -> bool:
    return high.value == low.value and high.is_inclusive and low.is_inclusive


def _distance(high: RangeEnd, low: RangeEnd, counts: bool) -> Decimal:
    """Return the distance from the end of a range to the begin of the next, in whole numbers."""
    if not counts:
        return low.value - high.value
    last = high.value if high.is_inclusive else high.value - 1
    first = low.value if low.is_inclusive else low.value + 1
    return first - last


def _key(end: RangeEnd | None) -> tuple[Decimal, bool]:
    return (LOWEST, False) if end is None else (end.value, not end.is_inclusive)


def _ends_after(first: RangeEnd | None, second: RangeEnd) -> bool:
    """Whether a bounded range ends above another; an open end means "until the next score"."""
    if first is None:
        return False
    return (first.value, first.is_inclusive) > (second.value, second.is_inclusive)
