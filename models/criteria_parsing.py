"""Reads a criteria tree from plain dictionaries and lists, with every problem at its path (F52).

Shapes are checked here; names and types are checked by `models.binding`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from models.criteria import (
    COUNT_OPERATORS,
    PERIODS,
    RELATED_MODULES,
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
    as_plain,
)
from models.problems import Path, Problem, choose_from, raise_problems, shorten

HARD_DEPTH: Final = 50
"""Deepest tree that is read at all; `limits.max_criteria_depth` (default 10) is the real cap."""


def parse_criteria(raw: object) -> Node:
    """Read a tree from plain dictionaries and lists.

    Raises pydantic's ValidationError holding every problem with its path inside the tree.
    """
    parser = _Parser()
    node = parser.node(raw, (), 1)
    raise_problems(parser.problems, "criteria")
    assert node is not None
    return node


class _Parser:
    """Reads a tree and collects all problems; a part that cannot be read becomes None."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def report(self, path: Path, message: str) -> None:
        self.problems.append(Problem(path, message))

    def node(self, raw: object, path: Path, level: int) -> Node | None:
        if level > HARD_DEPTH:
            self.report(path, f"the criteria are nested more than {HARD_DEPTH} levels deep")
            return None
        if not isinstance(raw, Mapping):
            self.report(path, f"expected a condition such as {{field: …}}, found {shorten(raw)}")
            return None
        heads = [key for key in _READERS if key in raw]
        if len(heads) != 1:
            found = ", ".join(map(str, raw)) or "nothing"
            advice = choose_from(next(iter(raw), ""), _READERS)
            self.report(path, f"a condition has exactly one kind, found keys: {found}{advice}")
            return None
        return _READERS[heads[0]](self, heads[0], raw, path, level)

    def group(self, key: str, raw: Mapping[str, Any], path: Path, level: int) -> Node | None:
        self.only(raw, (key,), path)
        items = raw[key]
        if not isinstance(items, list | tuple) or not items:
            self.report((*path, key), f"{key!r} needs a list of at least one condition")
            return None
        read = [self.node(item, (*path, key, i), level + 1) for i, item in enumerate(items)]
        children = tuple(child for child in read if child is not None)
        return AllOf(children) if key == "all" else AnyOf(children)

    def negation(self, key: str, raw: Mapping[str, Any], path: Path, level: int) -> Node | None:
        self.only(raw, (key,), path)
        child = self.node(raw[key], (*path, key), level + 1)
        return None if child is None else Negation(child)

    def reference(self, key: str, raw: Mapping[str, Any], path: Path, level: int) -> Node | None:
        self.only(raw, (key,), path)
        name = raw[key]
        if not isinstance(name, str) or not name:
            self.report((*path, key), f"expected the name of a {key}, found {shorten(name)}")
            return None
        return LabelLeaf(name) if key == "label" else SegmentLeaf(name)

    def field(self, key: str, raw: Mapping[str, Any], path: Path, level: int) -> Node | None:
        name = raw["field"]
        if not isinstance(name, str) or not name:
            self.report((*path, "field"), f"expected the name of a field, found {shorten(name)}")
            return None
        written = [operator.value for operator in Operator if operator is not Operator.IN_PERIOD]
        given = [k for k in raw if k != "field"]
        if len(given) != 1 or given[0] not in written:
            wrong = next((k for k in given if k not in written), given[0] if given else "")
            found = ", ".join(map(str, given)) or "none"
            advice = choose_from(wrong, written)
            self.report(path, f"field {name!r} needs exactly one operator, found {found}{advice}")
            return None
        operator = Operator(given[0])
        value_path = (*path, given[0])
        if operator is Operator.IN and isinstance(raw["in"], str):
            return self.period(name, raw["in"], value_path)
        value = self.value(operator, raw[given[0]], value_path)
        return None if value is None else FieldLeaf(name, operator, value)

    def period(self, name: str, period: str, path: Path) -> Node | None:
        if period not in PERIODS:
            self.report(
                path,
                f"'in' takes a list, or a period for a date; found {shorten(period)}"
                f"{choose_from(period, PERIODS)}",
            )
            return None
        return FieldLeaf(name, Operator.IN_PERIOD, period)

    def related(self, key: str, raw: Mapping[str, Any], path: Path, level: int) -> Node | None:
        module = raw[key]
        if module not in RELATED_MODULES:
            advice = choose_from(module, RELATED_MODULES)
            self.report((*path, key), f"{shorten(module)} is no related module{advice}")
            return None
        operators = [operator.value for operator in COUNT_OPERATORS] if key == "count_of" else []
        self.only(raw, (key, "where", *operators), path)
        where = None
        if raw.get("where") is not None:
            where = self.node(raw["where"], (*path, "where"), level + 1)
        given = [k for k in operators if k in raw]
        if key != "count_of":
            return RelatedLeaf(key, module, where)  # type: ignore[arg-type]
        if len(given) != 1:
            self.report(path, f"count_of needs exactly one of {', '.join(operators)}")
            return None
        value = self.value(Operator(given[0]), raw[given[0]], (*path, given[0]))
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in numbers):
            self.report((*path, given[0]), "a count is compared with whole numbers from 0")
            return None
        return RelatedLeaf("count_of", module, where, Operator(given[0]), value)

    def value(self, operator: Operator, raw: object, path: Path) -> Value | None:
        """Read the value of an operator in the shape the operator needs; types come later."""
        if operator is Operator.IS:
            text = str(raw).lower() if isinstance(raw, bool) else raw
            if text not in STATES:
                self.report(path, f"{shorten(raw)} is no state{choose_from(text, STATES)}")
                return None
            return str(text)
        if operator in (Operator.IN, Operator.NOT_IN, Operator.BETWEEN):
            return self.values(operator, raw, path)
        if operator in RELATIVE_OPERATORS:
            if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= 36500:
                self.report(path, f"needs a whole number from 1 to 36500, found {shorten(raw)}")
                return None
            return raw
        return self.scalar(raw, path)

    def values(self, operator: Operator, raw: object, path: Path) -> Value | None:
        if not isinstance(raw, list | tuple) or not raw:
            self.report(path, f"{operator.value!r} needs a list of values, found {shorten(raw)}")
            return None
        if operator is Operator.BETWEEN and len(raw) != 2:
            self.report(path, f"'between' needs two values, lowest and highest, found {len(raw)}")
            return None
        read = [self.scalar(item, (*path, i)) for i, item in enumerate(raw)]
        return (
            None if any(item is None for item in read) else tuple(i for i in read if i is not None)
        )

    def scalar(self, raw: object, path: Path) -> Scalar | None:
        if isinstance(raw, float):
            raw = Decimal(repr(raw))
        if raw is None:
            self.report(path, "a comparison with null is always false; write `is: empty` (GLC-9)")
            return None
        if not isinstance(raw, str | int | Decimal | bool | date):
            self.report(path, f"expected one value, found {shorten(raw)}")
            return None
        return raw

    def only(self, raw: Mapping[str, Any], allowed: tuple[str, ...], path: Path) -> None:
        for key in raw:
            if key not in allowed:
                self.report((*path, str(key)), f"unknown key {key!r}{choose_from(key, allowed)}")


_Reader = Callable[[_Parser, str, Mapping[str, Any], Path, int], Node | None]
_READERS: Final[dict[str, _Reader]] = {
    "all": _Parser.group,
    "any": _Parser.group,
    "not": _Parser.negation,
    "field": _Parser.field,
    "label": _Parser.reference,
    "segment": _Parser.reference,
    "any_of": _Parser.related,
    "none_of": _Parser.related,
    "count_of": _Parser.related,
}


def _validated(raw: object) -> Node:
    if isinstance(
        raw, AllOf | AnyOf | Negation | FieldLeaf | LabelLeaf | SegmentLeaf | RelatedLeaf
    ):
        return raw
    return parse_criteria(raw)


Criteria = Annotated[
    Node,
    PlainValidator(_validated),
    PlainSerializer(as_plain),
    WithJsonSchema({"$comment": "criteria"}),
]
"""A criteria tree as a field of a configuration type."""
