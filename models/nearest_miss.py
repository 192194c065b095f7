"""What follows from the evidence: the outcome, and the smallest change that flips it (BEY-1).

Pure: leaf outcomes in, explanation out. The rows come from `models.evidence.leaf_statement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from models.criteria import (
    AllOf,
    AnyOf,
    FieldLeaf,
    LabelLeaf,
    Leaf,
    Negation,
    Node,
    Operator,
    RelatedLeaf,
    SegmentLeaf,
    Value,
    children_of,
)
from models.describing import describe
from models.periods import day_spans
from models.problems import Path, dotted


@dataclass(frozen=True)
class LeafOutcome:
    """One row of evidence. `actual` is the value as text, None where there is none."""

    path: str
    actual: str | None
    is_met: bool


@dataclass(frozen=True)
class LeafChange:
    """One leaf that would have to turn. `distance` is how far its value is from turning.

    Days for dates, units for numbers and counts, None where there is no measure (text, labels,
    segments, missing values); `unit` says which.
    """

    path: str
    description: str
    is_met: bool
    distance: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class Explanation:
    """Outcome of a tree and the smallest set of leaf changes that flips it, in leaf order."""

    is_met: bool
    changes: tuple[LeafChange, ...]


def explain(node: Node, outcomes: Sequence[LeafOutcome], as_of: date) -> Explanation:
    """Return the outcome of a bound tree from its leaves, and the nearest miss (BEY-1).

    The smallest number of leaves wins, then the smallest known distance, then the order of the
    tree. Leaves are taken as independent: that two of them speak of one field is not used.
    Raises KeyError when a leaf has no outcome.
    """
    by_path = {outcome.path: outcome for outcome in outcomes}
    found = _flip(node, (), by_path, as_of)
    return Explanation(found.is_met, found.changes)


@dataclass(frozen=True)
class _Flip:
    """Outcome of a node and the cheapest changes that turn it."""

    is_met: bool
    changes: tuple[LeafChange, ...]

    @property
    def cost(self) -> tuple[int, int, Decimal]:
        unknown = sum(1 for change in self.changes if change.distance is None)
        known = sum((c.distance for c in self.changes if c.distance is not None), Decimal(0))
        return len(self.changes), unknown, known


def _flip(node: Node, path: Path, outcomes: Mapping[str, LeafOutcome], as_of: date) -> _Flip:
    if isinstance(node, Negation):
        child = _flip(node.child, (*path, "not"), outcomes, as_of)
        return _Flip(not child.is_met, child.changes)
    if isinstance(node, AllOf | AnyOf):
        children = [_flip(c, path + step, outcomes, as_of) for step, c in children_of(node)]
        wants_all = isinstance(node, AllOf)
        is_met = all(c.is_met for c in children) if wants_all else any(c.is_met for c in children)
        if is_met is wants_all:
            # One child decides against: all true needs one false, all false needs one true.
            return _Flip(is_met, min(children, key=lambda c: c.cost).changes)
        against = [c for c in children if c.is_met is is_met]
        return _Flip(is_met, tuple(change for child in against for change in child.changes))
    outcome = outcomes[dotted(path) or "condition"]
    distance, unit = _distance(node, outcome, as_of)
    change = LeafChange(outcome.path, describe(node), outcome.is_met, distance, unit)
    return _Flip(outcome.is_met, (change,))


def _distance(leaf: Leaf, outcome: LeafOutcome, as_of: date) -> tuple[Decimal | None, str]:
    """Return how far the actual value is from the border that turns the leaf."""
    if isinstance(leaf, LabelLeaf | SegmentLeaf) or outcome.actual is None:
        return None, ""
    if isinstance(leaf, RelatedLeaf):
        count = Decimal(outcome.actual)
        if leaf.operator is None:
            return (Decimal(1) if count == 0 else count), "records"
        return _to_border(count, leaf.value), "records"
    if leaf.operator is Operator.IS:
        return None, ""
    day = _as_date(outcome.actual)
    if day is not None:
        steps = _days_to_border(leaf, day, as_of)
        return (None, "") if steps is None else (Decimal(steps), "days")
    try:
        number = Decimal(outcome.actual)
    except InvalidOperation:
        return None, ""
    distance = _to_border(number, leaf.value)
    return distance, "" if distance is None else "units"


def _to_border(actual: Decimal, value: Value | None) -> Decimal | None:
    """Return the distance of a number from the nearest number a condition names."""
    values = value if isinstance(value, tuple) else (value,)
    numbers = [
        abs(Decimal(item) - actual)
        for item in values
        if isinstance(item, int | Decimal) and not isinstance(item, bool)
    ]
    return min(numbers, default=None)


def _days_to_border(leaf: FieldLeaf, day: date, as_of: date) -> int | None:
    """Return the days until a date turns the condition: into the nearest span, or out of it."""
    spans = day_spans(leaf.operator, leaf.value, as_of)
    for span in spans:
        if span.holds(day):
            out = [(day - span.first).days + 1] if span.first is not None else []
            out += [(span.end - day).days] if span.end is not None else []
            return min(out, default=None)
    into = [(s.first - day).days for s in spans if s.first is not None and day < s.first]
    into += [(day - s.end).days + 1 for s in spans if s.end is not None and day >= s.end]
    return min(into, default=None)


def _as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if len(text) >= 10 and text[4] == "-" else None
    except ValueError:
        return None
