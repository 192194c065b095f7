"""The one criteria language: a closed tree over fields, labels, segments and related records.

Global criteria, labels, contribution, segments, filters and journey conditions are all this tree
(GLC-8, GLC-9, FIR-3, SEG-2). Here are its types; `models.criteria_parsing` reads them,
`models.binding` resolves names and types values, and `models.expressions` (SQL) and
`models.evaluation` (plain Python) say what they mean and must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal, get_args

from models.problems import Path

Scalar = str | int | Decimal | bool | date
Value = Scalar | tuple[Scalar, ...]


class Operator(StrEnum):
    """What a leaf asks of a value (GLC-8). `in_period` is written `in: this_month`."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    IN = "in"
    NOT_IN = "not_in"
    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS = "is"
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    IN_LAST_DAYS = "in_last_days"
    IN_NEXT_DAYS = "in_next_days"
    IN_LAST_MONTHS = "in_last_months"
    IN_NEXT_MONTHS = "in_next_months"
    IN_PERIOD = "in_period"


PERIODS: Final = tuple(
    f"{which}_{unit}"
    for unit in ("week", "month", "quarter", "year")
    for which in ("this", "previous", "next")
)
"""Named periods of `in`, all relative to `as_of` (EDG-3)."""

STATES: Final = ("empty", "not_empty", "true", "false")
"""What `is` may ask."""

RELATIVE_OPERATORS: Final = frozenset(
    {
        Operator.IN_LAST_DAYS,
        Operator.IN_NEXT_DAYS,
        Operator.IN_LAST_MONTHS,
        Operator.IN_NEXT_MONTHS,
        Operator.IN_PERIOD,
    }
)
"""Operators whose outcome moves with `as_of`."""

COUNT_OPERATORS: Final = (
    Operator.EQUALS,
    Operator.BELOW,
    Operator.AT_MOST,
    Operator.ABOVE,
    Operator.AT_LEAST,
    Operator.BETWEEN,
)

PSEUDO_LABELS: Final = ("unlabelled", "unscored")
"""What a label leaf may ask of a technique beside its labels: none given (TEC-10), no score."""

Quantifier = Literal["any_of", "none_of", "count_of"]
RelatedModule = Literal[
    "contacts",
    "deals",
    "deal_lines",
    "events",
    "responses",
    "response_signals",
    "recommendations",
    "predictions",
]
QUANTIFIERS: Final[tuple[str, ...]] = get_args(Quantifier)
RELATED_MODULES: Final[tuple[str, ...]] = get_args(RelatedModule)


@dataclass(frozen=True)
class AllOf:
    """True when every child is true."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """True when at least one child is true."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class Negation:
    """True when the child is false; the child is two-valued, so null never survives (GLC-9)."""

    child: Node


@dataclass(frozen=True)
class FieldLeaf:
    """A condition on one field. A null value makes it false, except `is: empty` (GLC-9)."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True)
class LabelLeaf:
    """True when the account has the label `<technique>.<label id>`, `.unlabelled`, `.unscored`."""

    label: str


@dataclass(frozen=True)
class SegmentLeaf:
    """True when the account is a member of another segment (BEY-5)."""

    segment: str


@dataclass(frozen=True)
class RelatedLeaf:
    """A condition on related records: any, none, or a count of those that satisfy `where`."""

    quantifier: Quantifier
    module: RelatedModule
    where: Node | None = None
    operator: Operator | None = None
    value: Value | None = None


Leaf = FieldLeaf | LabelLeaf | SegmentLeaf | RelatedLeaf
Node = AllOf | AnyOf | Negation | FieldLeaf | LabelLeaf | SegmentLeaf | RelatedLeaf


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every node with its path, parents first; goes into `where` of related leaves."""
    yield path, node
    for step, child in children_of(node):
        yield from walk(child, path + step)


def children_of(node: Node) -> tuple[tuple[Path, Node], ...]:
    """Return the direct children of a node with the path from it."""
    if isinstance(node, AllOf):
        return tuple((("all", i), child) for i, child in enumerate(node.children))
    if isinstance(node, AnyOf):
        return tuple((("any", i), child) for i, child in enumerate(node.children))
    if isinstance(node, Negation):
        return ((("not",), node.child),)
    if isinstance(node, RelatedLeaf) and node.where is not None:
        return ((("where",), node.where),)
    return ()


def leaves(node: Node) -> Iterator[tuple[Path, Leaf]]:
    """Yield the leaves that decide the outcome, in order; a related leaf is one leaf."""
    if isinstance(node, FieldLeaf | LabelLeaf | SegmentLeaf | RelatedLeaf):
        yield (), node
        return
    for step, child in children_of(node):
        for path, leaf in leaves(child):
            yield step + path, leaf


def depth(node: Node) -> int:
    """Return the number of nested levels; a single leaf has depth 1."""
    return 1 + max((depth(child) for _, child in children_of(node)), default=0)


def as_plain(node: Node) -> dict[str, Any]:
    """Return the tree as it is written in YAML, in one canonical spelling."""
    if isinstance(node, AllOf):
        return {"all": [as_plain(child) for child in node.children]}
    if isinstance(node, AnyOf):
        return {"any": [as_plain(child) for child in node.children]}
    if isinstance(node, Negation):
        return {"not": as_plain(node.child)}
    if isinstance(node, LabelLeaf):
        return {"label": node.label}
    if isinstance(node, SegmentLeaf):
        return {"segment": node.segment}
    if isinstance(node, FieldLeaf):
        return {"field": node.field, _written(node.operator): _plain_value(node.value)}
    plain: dict[str, Any] = {node.quantifier: node.module}
    if node.where is not None:
        plain["where"] = as_plain(node.where)
    if node.operator is not None and node.value is not None:
        plain[node.operator.value] = _plain_value(node.value)
    return plain


def _written(operator: Operator) -> str:
    return "in" if operator is Operator.IN_PERIOD else operator.value


def _plain_value(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    if isinstance(value, Decimal):
        normal = value.normalize()
        return int(normal) if normal == normal.to_integral_value() else format(normal, "f")
    return value.isoformat() if isinstance(value, date) else value
