"""The meaning of criteria in plain Python: the oracle of the property tests on every engine.

Slow, obvious, and independent of SQL: one account at a time, as dictionaries. Values are what the
canonical types say: str (NFC, trimmed, never blank), int, Decimal, bool, date, datetime (UTC,
without zone), None. Custom fields stand in the row under their name, typed. Where text folding
differs between engines, `models.text.fold` is the meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from models.catalogue import CatalogueField
from models.criteria import (
    PSEUDO_LABELS,
    AllOf,
    AnyOf,
    FieldLeaf,
    LabelLeaf,
    Negation,
    Node,
    Operator,
    RelatedLeaf,
    SegmentLeaf,
)
from models.fields import FieldType
from models.periods import Moment, day_spans, start_of_day
from models.text import fold

Row = Mapping[str, Any]
Fields = Mapping[str, CatalogueField]


@dataclass(frozen=True)
class Subject:
    """One account, its related records, its labels (`rfm.lost`) and the segments it is in."""

    row: Row
    related: Mapping[str, Iterable[Row]] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evaluator:
    """Evaluates bound trees at one moment over fields of the accounts and of related records."""

    moment: Moment
    fields: Fields
    related_fields: Mapping[str, Fields] = field(default_factory=dict)

    def holds(self, node: Node, subject: Subject) -> bool:
        """Whether an account satisfies a tree. Two-valued: null makes a leaf false (GLC-9)."""
        if isinstance(node, AllOf):
            return all(self.holds(child, subject) for child in node.children)
        if isinstance(node, AnyOf):
            return any(self.holds(child, subject) for child in node.children)
        if isinstance(node, Negation):
            return not self.holds(node.child, subject)
        if isinstance(node, FieldLeaf):
            known = self.fields[node.field]
            return field_holds(node, known, subject.row.get(node.field), self.moment)
        if isinstance(node, LabelLeaf):
            return label_holds(node.label, subject)
        if isinstance(node, SegmentLeaf):
            return node.segment in subject.segments
        return self._related_holds(node, subject)

    def matching_count(self, leaf: RelatedLeaf, subject: Subject) -> int:
        """Return how many related records of the account satisfy the leaf's `where`."""
        rows = subject.related.get(leaf.module, ())
        if leaf.where is None:
            return sum(1 for _ in rows)
        inner = Evaluator(self.moment, self.related_fields[leaf.module])
        return sum(1 for row in rows if inner.holds(leaf.where, Subject(row)))

    def _related_holds(self, leaf: RelatedLeaf, subject: Subject) -> bool:
        count = self.matching_count(leaf, subject)
        if leaf.quantifier == "any_of":
            return count > 0
        if leaf.quantifier == "none_of":
            return count == 0
        assert leaf.operator is not None
        return _compare(leaf.operator, count, leaf.value)


def label_holds(label: str, subject: Subject) -> bool:
    """Whether the account has a label, or the pseudo-label unlabelled or unscored (RFM-29)."""
    technique, _, name = label.partition(".")
    is_scored = technique != "rfm" or subject.row.get("recency_score") is not None
    if name == "unscored":
        return not is_scored
    if name == "unlabelled":
        pseudo = {f"{technique}.{other}" for other in PSEUDO_LABELS}
        given = subject.labels - pseudo
        return is_scored and not any(other.startswith(f"{technique}.") for other in given)
    return label in subject.labels


def field_holds(leaf: FieldLeaf, known: CatalogueField, value: Any, moment: Moment) -> bool:
    """Whether a value satisfies a bound field leaf."""
    if leaf.operator is Operator.IS:
        return _is(str(leaf.value), value)
    if value is None:
        return False
    if known.type in (FieldType.DATE, FieldType.TIMESTAMP):
        return _date_holds(leaf, value, moment)
    if isinstance(value, str) and not known.is_exact:
        value = fold(value)
    return _compare(leaf.operator, value, leaf.value)


def _is(state: str, value: Any) -> bool:
    if state == "empty":
        return value is None
    if state == "not_empty":
        return value is not None
    return value is (state == "true")


def _date_holds(leaf: FieldLeaf, value: Any, moment: Moment) -> bool:
    spans = day_spans(leaf.operator, leaf.value, moment.as_of)
    if isinstance(value, datetime):
        zone = moment.time_zone
        inside = any(
            (span.first is None or start_of_day(span.first, zone) <= value)
            and (span.end is None or value < start_of_day(span.end, zone))
            for span in spans
        )
    else:
        inside = any(span.holds(value) for span in spans)
    return inside != (leaf.operator in (Operator.NOT_EQUALS, Operator.NOT_IN))


_COMPARISONS: Final[dict[Operator, Any]] = {
    Operator.EQUALS: lambda found, wanted: found == wanted,
    Operator.NOT_EQUALS: lambda found, wanted: found != wanted,
    Operator.IN: lambda found, wanted: found in wanted,
    Operator.NOT_IN: lambda found, wanted: found not in wanted,
    Operator.BELOW: lambda found, wanted: found < wanted,
    Operator.AT_MOST: lambda found, wanted: found <= wanted,
    Operator.ABOVE: lambda found, wanted: found > wanted,
    Operator.AT_LEAST: lambda found, wanted: found >= wanted,
    Operator.BETWEEN: lambda found, wanted: wanted[0] <= found <= wanted[1],
    Operator.CONTAINS: lambda found, wanted: wanted in found,
    Operator.STARTS_WITH: lambda found, wanted: found.startswith(wanted),
    Operator.ENDS_WITH: lambda found, wanted: found.endswith(wanted),
}


def _compare(operator: Operator, found: Any, wanted: Any) -> bool:
    return bool(_COMPARISONS[operator](found, wanted))
