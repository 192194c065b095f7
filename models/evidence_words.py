"""Evidence for people: the criteria as a tree with outcomes, the nearest miss in words (BEY-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from models.criteria import (
    RELATIVE_OPERATORS,
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
    children_of,
    leaves,
)
from models.describing import condition_words, describe
from models.nearest_miss import Explanation, LeafChange, LeafOutcome
from models.periods import ONE_DAY, DaySpan, day_spans
from models.problems import Path, dotted

_SUBJUNCTIVE = (
    ("is ", "were "),
    ("does not equal", "did not equal"),
    ("equals", "were"),
    ("contains", "contained"),
    ("starts with", "started with"),
    ("ends with", "ended with"),
)


@dataclass(frozen=True)
class TreeLine:
    """One node of a tree in reading order: a leaf with its outcome, or a group of conditions.

    `depth` counts from 0; `outcome` is None for groups.
    """

    depth: int
    words: str
    is_met: bool
    leaf: Leaf | None = None
    outcome: LeafOutcome | None = None


def evidence_tree(node: Node, outcomes: Sequence[LeafOutcome], as_of: date) -> tuple[TreeLine, ...]:
    """Return a bound tree line by line, every node with its outcome; KeyError when one lacks."""
    by_path = {outcome.path: outcome for outcome in outcomes}
    return tuple(_lines(node, (), 0, by_path, as_of))


def _lines(
    node: Node, path: Path, depth: int, outcomes: Mapping[str, LeafOutcome], as_of: date
) -> list[TreeLine]:
    if not isinstance(node, AllOf | AnyOf | Negation):
        outcome = outcomes[dotted(path) or "condition"]
        return [TreeLine(depth, leaf_words(node, as_of), outcome.is_met, node, outcome)]
    blocks = [
        _lines(child, path + step, depth + 1, outcomes, as_of) for step, child in children_of(node)
    ]
    met = [block[0].is_met for block in blocks]
    if isinstance(node, Negation):
        head = TreeLine(depth, "not", not met[0])
    elif isinstance(node, AllOf):
        head = TreeLine(depth, "all of", all(met))
    else:
        head = TreeLine(depth, "any of", any(met))
    return [head, *(line for block in blocks for line in block)]


def leaf_words(leaf: Leaf, as_of: date) -> str:
    """Return a condition in words, with the days a relative period stands for."""
    words = describe(leaf)
    if isinstance(leaf, FieldLeaf) and leaf.operator in RELATIVE_OPERATORS:
        spans = day_spans(leaf.operator, leaf.value or "", as_of)
        return f"{words} ({', '.join(map(_span_words, spans))})"
    return words


def _span_words(span: DaySpan) -> str:
    first = "the beginning" if span.first is None else span.first.isoformat()
    last = "the end" if span.end is None else (span.end - ONE_DAY).isoformat()
    return f"{first} to {last}"


def actual_words(leaf: Leaf, outcome: LeafOutcome) -> str:
    """Return the actual value of a leaf for people: numbers without trailing zeros."""
    if outcome.actual is None:
        return "empty"
    if isinstance(leaf, LabelLeaf | SegmentLeaf):
        return outcome.actual
    try:
        number = Decimal(outcome.actual)
    except InvalidOperation:
        return outcome.actual
    if not number.is_finite() or outcome.actual != outcome.actual.strip():
        return outcome.actual
    is_compared = isinstance(leaf, FieldLeaf) and not isinstance(leaf.value, str)
    text = outcome.actual
    if is_compared and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def nearest_miss_words(
    node: Node,
    explanation: Explanation,
    outcomes: Sequence[LeafOutcome],
    as_of: date,
    verbs: tuple[str, str],
) -> str:
    """Return the smallest change that flips the outcome as one sentence.

    `verbs` are what happens when the tree turns true and when it turns false, such as
    ("enter", "leave"). Example: would enter if employees were at least 100 (is 96, 4 units away).
    """
    by_path = {outcome.path: outcome for outcome in outcomes}
    by_leaf = {dotted(path) or "condition": leaf for path, leaf in leaves(node)}
    parts = [
        _change_words(change, by_leaf[change.path], by_path[change.path], as_of)
        for change in explanation.changes
    ]
    verb = verbs[1] if explanation.is_met else verbs[0]
    return f"would {verb} if {' and '.join(parts)}"


def _change_words(change: LeafChange, leaf: Leaf, outcome: LeafOutcome, as_of: date) -> str:
    found = f"is {actual_words(leaf, outcome)}{_distance_words(change)}"
    if isinstance(leaf, LabelLeaf):
        return f"it {'no longer had' if change.is_met else 'had'} the label {leaf.label}"
    if isinstance(leaf, SegmentLeaf):
        return f"it were {'no longer ' if change.is_met else ''}in segment {leaf.segment}"
    if change.is_met:
        if isinstance(leaf, RelatedLeaf):
            found = f"has {outcome.actual or 0}"
        return f"it were no longer so that {leaf_words(leaf, as_of)} ({found})"
    if isinstance(leaf, FieldLeaf):
        return f"{_subjunctive(leaf, as_of)} ({found})"
    where = "" if leaf.where is None else f" where {describe(leaf.where)}"
    if leaf.quantifier == "count_of":
        return f"the number of {leaf.module}{where} {_were(condition_words(leaf))} ({found})"
    wanted = "at least one" if leaf.quantifier == "any_of" else "none"
    return f"it had {wanted} of {leaf.module}{where} (has {outcome.actual or 0})"


def _distance_words(change: LeafChange) -> str:
    """Return how far a value is from turning the condition; empty where nothing measures it."""
    if not change.distance:
        return ""
    amount = format(change.distance.normalize(), "f")
    if change.unit != "days":
        return f", {amount} away"
    return f", {amount} {'day' if amount == '1' else 'days'} away"


def _subjunctive(leaf: FieldLeaf, as_of: date) -> str:
    words = _were(condition_words(leaf))
    if leaf.operator is Operator.IS and leaf.value == "not_empty":
        return f"{leaf.field} had a value"
    if leaf.operator in RELATIVE_OPERATORS:
        span = leaf_words(leaf, as_of).rpartition(" (")[2].rstrip(")")
        return f"{leaf.field} {words} ({span})"
    return f"{leaf.field} {words}"


def _were(words: str) -> str:
    for found, wanted in _SUBJUNCTIVE:
        if words.startswith(found):
            return wanted + words.removeprefix(found)
    return words
