"""Resolves the names of a criteria tree and types its values (GLC-8, F52).

A bound tree is what `models.compilation` and `models.evaluation` work on: every field is in the
catalogue, every operator suits the field's type, every value is of that type and folded where
text ignores case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from models.catalogue import COMPUTED_MODULES, Catalogue, CatalogueField, Place
from models.criteria import (
    RELATIVE_OPERATORS,
    STATES,
    AllOf,
    AnyOf,
    FieldLeaf,
    LabelLeaf,
    Negation,
    Node,
    Operator,
    RelatedLeaf,
    Scalar,
    SegmentLeaf,
    Value,
    depth,
    walk,
)
from models.fields import FieldType
from models.limits import Limits
from models.problems import Path, Problem, choose_from, shorten
from models.text import fold, trim
from models.values import typed_boolean, typed_date, typed_number, typed_text

_O = Operator
_SAME: Final = (_O.EQUALS, _O.NOT_EQUALS, _O.IN, _O.NOT_IN)
_ORDER: Final = (_O.BELOW, _O.AT_MOST, _O.ABOVE, _O.AT_LEAST, _O.BETWEEN)
_DAYS: Final = (_O.BEFORE, _O.AFTER, _O.ON, *RELATIVE_OPERATORS)
_NUMBER_OPERATORS: Final = (*_SAME, *_ORDER, _O.IS)

OPERATORS: Final[Mapping[FieldType, tuple[Operator, ...]]] = {
    FieldType.TEXT: (*_SAME, _O.CONTAINS, _O.STARTS_WITH, _O.ENDS_WITH, _O.IS),
    FieldType.INTEGER: _NUMBER_OPERATORS,
    FieldType.AMOUNT: _NUMBER_OPERATORS,
    FieldType.RATE: _NUMBER_OPERATORS,
    FieldType.BOOLEAN: (_O.EQUALS, _O.NOT_EQUALS, _O.IS),
    FieldType.DATE: (*_SAME, *_ORDER, *sorted(_DAYS), _O.IS),
    FieldType.TIMESTAMP: (*_SAME, *_ORDER, *sorted(_DAYS), _O.IS),
}
"""Operators by type of field. Dates and timestamps are compared by local day."""

LARGEST_MONTHS: Final = 1200


class CriteriaError(ValueError):
    """A tree that cannot be bound; `problems` holds every reason with its path."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.message for problem in problems))


@dataclass
class Binder:
    """Binds one tree and collects its problems."""

    catalogue: Catalogue
    limits: Limits = field(default_factory=Limits)
    problems: list[Problem] = field(default_factory=list)

    def bind(self, node: Node, place: Place, module: str = "accounts", path: Path = ()) -> Node:
        """Return the tree with typed values; what cannot be bound is reported and left."""
        count = sum(1 for _, n in walk(node) if not isinstance(n, AllOf | AnyOf | Negation))
        if count > self.limits.max_criteria_leaves:
            most = self.limits.max_criteria_leaves
            self.report(path, f"{count} conditions; at most {most} (limits.max_criteria_leaves)")
            return node
        deepest = depth(node)
        if deepest > self.limits.max_criteria_depth:
            most = self.limits.max_criteria_depth
            self.report(
                path, f"{deepest} nested levels; at most {most} (limits.max_criteria_depth)"
            )
            return node
        return self._node(node, place, module, path)

    def report(self, path: Path, message: str, missing: str | None = None) -> None:
        """Keep a problem with the tree at hand."""
        self.problems.append(Problem(path, message, missing))

    def _node(self, node: Node, place: Place, module: str, path: Path) -> Node:
        if isinstance(node, AllOf | AnyOf):
            key = "all" if isinstance(node, AllOf) else "any"
            return type(node)(
                tuple(
                    self._node(child, place, module, (*path, key, i))
                    for i, child in enumerate(node.children)
                )
            )
        if isinstance(node, Negation):
            return Negation(self._node(node.child, place, module, (*path, "not")))
        if isinstance(node, FieldLeaf):
            return self._field(node, place, module, path)
        if isinstance(node, LabelLeaf):
            self._label(node, place, path)
            return node
        if isinstance(node, SegmentLeaf):
            self._segment(node, place, path)
            return node
        return self._related(node, place, path)

    def _label(self, leaf: LabelLeaf, place: Place, path: Path) -> None:
        if place is not Place.SEGMENT:
            self.report(path, "a label may be asked for in segments only")
        elif leaf.label not in self.catalogue.labels:
            advice = choose_from(leaf.label, self.catalogue.labels)
            missing = f"label {leaf.label}"
            self.report((*path, "label"), f"no label {leaf.label!r}{advice}", missing)

    def _segment(self, leaf: SegmentLeaf, place: Place, path: Path) -> None:
        if place is not Place.SEGMENT:
            self.report(path, "a segment may be asked for in segments only")
        elif leaf.segment not in self.catalogue.segments:
            advice = choose_from(leaf.segment, sorted(self.catalogue.segments))
            missing = f"segment {leaf.segment}"
            self.report((*path, "segment"), f"no segment {leaf.segment!r}{advice}", missing)

    def _related(self, leaf: RelatedLeaf, place: Place, path: Path) -> Node:
        if place not in (Place.SCOPE, Place.SEGMENT):
            self.report(
                path, f"{leaf.quantifier} asks about records of an account; not possible here"
            )
            return leaf
        if leaf.module in COMPUTED_MODULES and place is not Place.SEGMENT:
            self.report(path, f"{leaf.module} are made from accounts in scope; use segments")
            return leaf
        if leaf.module not in self.catalogue.related:
            message = COMPUTED_MODULES[leaf.module]
            self.report((*path, leaf.quantifier), message, f"module {leaf.module}")
            return leaf
        if isinstance(leaf.value, tuple) and leaf.value[0] > leaf.value[1]:  # type: ignore[operator]
            self.report((*path, "between"), "the first value is above the second; nothing fits")
        if leaf.where is None:
            return leaf
        where = self._node(leaf.where, Place.RELATED, leaf.module, (*path, "where"))
        return replace(leaf, where=where)

    def _field(self, leaf: FieldLeaf, place: Place, module: str, path: Path) -> Node:
        known = self.catalogue.fields(place, module)
        found = known.get(leaf.field)
        if found is None:
            where = "" if module == "accounts" else f" of {module}"
            if leaf.field in self.catalogue.scored_accounts and module == "accounts":
                message = f"field {leaf.field!r} is a score; scores may be used in segments only"
            else:
                advice = choose_from(leaf.field, known)
                message = f"no field {leaf.field!r}{where}{advice}"
            self.report((*path, "field"), message, f"field {module}.{leaf.field}")
            return leaf
        written = _O.IN.value if leaf.operator is _O.IN_PERIOD else leaf.operator.value
        value_path = (*path, written)
        if place is Place.ROWS and leaf.operator in RELATIVE_OPERATORS:
            message = "rows are kept for every as_of; use fixed dates or a global criterion"
            self.report(value_path, message)
            return leaf
        if leaf.operator not in OPERATORS[found.type]:
            self._wrong_operator(leaf, found, path, value_path)
            return leaf
        return replace(leaf, value=self._value(leaf, found, value_path))

    def _wrong_operator(
        self, leaf: FieldLeaf, found: CatalogueField, path: Path, value_path: Path
    ) -> None:
        if leaf.operator is _O.IN_PERIOD:
            self.report(
                value_path, f"'in' needs a list of values for the {found.type} {found.name!r}"
            )
            return
        allowed = ", ".join(o.value for o in OPERATORS[found.type] if o is not _O.IN_PERIOD)
        message = (
            f"{leaf.operator.value!r} does not suit {found.name!r}, which is of type {found.type}; "
            f"allowed: {allowed}"
        )
        self.report(path, message)

    def _value(self, leaf: FieldLeaf, found: CatalogueField, path: Path) -> Value:
        if leaf.operator is _O.IS:
            allowed = STATES if found.type is FieldType.BOOLEAN else STATES[:2]
            if leaf.value not in allowed:
                advice = choose_from(leaf.value, allowed)
                self.report(path, f"{found.name!r} cannot be {leaf.value}{advice}")
            return leaf.value
        if leaf.operator in RELATIVE_OPERATORS:
            return self._relative(leaf, path)
        if not isinstance(leaf.value, tuple):
            return self._scalar(leaf.value, found, path)
        if len(leaf.value) > self.limits.max_list_length:
            most = self.limits.max_list_length
            self.report(path, f"{len(leaf.value)} values; at most {most} (limits.max_list_length)")
            return leaf.value
        values = tuple(self._scalar(item, found, (*path, i)) for i, item in enumerate(leaf.value))
        if leaf.operator is _O.BETWEEN and _descends(values):
            self.report(path, "the first value is above the second; nothing lies between them")
        return values

    def _relative(self, leaf: FieldLeaf, path: Path) -> Value:
        months = leaf.operator in (_O.IN_LAST_MONTHS, _O.IN_NEXT_MONTHS)
        if months and isinstance(leaf.value, int) and leaf.value > LARGEST_MONTHS:
            self.report(path, f"{leaf.value} months; at most {LARGEST_MONTHS} are allowed")
        return leaf.value

    def _scalar(self, value: Scalar, found: CatalogueField, path: Path) -> Scalar:
        try:
            if found.type is FieldType.TEXT:
                return self._text(value, found)
            if found.type is FieldType.BOOLEAN:
                return typed_boolean(value)
            if found.type in (FieldType.DATE, FieldType.TIMESTAMP):
                return typed_date(value)
            return typed_number(value, found.type)
        except ValueError as error:
            self.report(path, f"{found.name}: {error}")
            return value

    def _text(self, value: Scalar, found: CatalogueField) -> str:
        text = typed_text(value)
        if len(text) > self.limits.max_text_length:
            most = self.limits.max_text_length
            raise ValueError(f"{len(text)} characters; at most {most} (limits.max_text_length)")
        if not text:
            raise ValueError(f"{shorten(value)} is empty; write `is: empty` or `is: not_empty`")
        return trim(text) if found.is_exact else fold(text)


def _descends(values: tuple[Scalar, ...]) -> bool:
    low, high = values
    if isinstance(low, date) and isinstance(high, date):
        return low > high
    numbers = not isinstance(low, str | date) and not isinstance(high, str | date)
    return numbers and low > high  # type: ignore[operator]


def bound(
    node: Node,
    catalogue: Catalogue,
    place: Place,
    module: str = "accounts",
    limits: Limits | None = None,
) -> Node:
    """Return the tree bound to the catalogue. Raises CriteriaError with every problem."""
    binder = Binder(catalogue, limits or Limits())
    result = binder.bind(node, place, module)
    if binder.problems:
        raise CriteriaError(tuple(binder.problems))
    return result
