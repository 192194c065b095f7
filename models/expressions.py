"""Bound criteria as SQL expressions: sqlglot trees, never pasted text.

Identifiers come from the catalogue and are quoted; values are literals that the generator of the
dialect escapes. Every leaf is two-valued (`coalesce(…, false)`), so negation needs no care for
null (GLC-9). Quantifiers and labels become columns of aggregated subqueries that are joined by
account: no correlated subquery is ever made.

Text in the warehouse is canonical: trimmed, and null where it was blank (`models.fields`). The door
saw to that once, so conditions do not trim again; doing so costs ten times the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from sqlglot import exp

from models.catalogue import Catalogue, CatalogueField, Place
from models.criteria import (
    AllOf,
    AnyOf,
    FieldLeaf,
    LabelLeaf,
    Negation,
    Node,
    Operator,
    RelatedLeaf,
    SegmentLeaf,
    Value,
)
from models.fields import FieldType
from models.periods import DaySpan, Moment, day_spans, start_of_day

Dialect = Literal["duckdb", "spark"]
Sql = exp.Expr


def text_literal(value: str, dialect: Dialect) -> Sql:
    """Return a text literal. Raises ValueError for NUL, which no engine stores.

    Spark replaces `${…}` in a statement before it parses it, inside literals too; such a text is
    therefore written in two parts.
    """
    if "\0" in value:
        raise ValueError("a text value holds a NUL character")
    if dialect == "spark" and "${" in value:
        first, *others = value.split("${")
        pieces = [first + "$", *("{" + part + "$" for part in others[:-1]), "{" + others[-1]]
        literals: list[Sql] = [exp.Literal.string(piece) for piece in pieces]
        return exp.Concat(expressions=literals, safe=False, coalesce=False)
    return exp.Literal.string(value)


def number_literal(value: int | Decimal) -> Sql:
    """Return a number literal, never in exponent form."""
    return exp.Literal.number(format(value, "f") if isinstance(value, Decimal) else str(value))


def date_literal(value: date) -> Sql:
    """Return a date literal."""
    return exp.cast(exp.Literal.string(value.isoformat()), exp.DType.DATE)


def timestamp_literal(value: datetime) -> Sql:
    """Return a literal of a UTC timestamp without zone."""
    return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), exp.DType.TIMESTAMP)


def column(name: str, table: str | None = None) -> Sql:
    """Return a quoted column."""
    return exp.column(name, table=table, quoted=True)


def two_valued(condition: Sql) -> Sql:
    """Return a condition that is false where it would be null."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def lowered(text: Sql, dialect: Dialect) -> Sql:
    """Return a text in lower case, code point by code point, as `models.text.fold` does.

    Spark lowers a dotted capital I to two code points and a final capital sigma to a final small
    one; both are replaced before.
    """
    if dialect == "spark":
        text = exp.Translate(
            this=text, from_=exp.Literal.string("\u0130\u03a3"), to=exp.Literal.string("i\u03c3")
        )
    return exp.Lower(this=text)


def negated(condition: Sql) -> Sql:
    """Return the opposite of a two-valued condition."""
    return exp.Not(this=exp.Paren(this=condition))


def joined(parts: Iterable[Sql], connector: Literal["and", "or"]) -> Sql:
    """Return conditions joined by and/or, in brackets."""
    conditions = list(parts)
    if len(conditions) == 1:
        return conditions[0]
    combined = exp.and_(*conditions) if connector == "and" else exp.or_(*conditions)
    return exp.Paren(this=combined)


_COMPARISONS: Final[Mapping[Operator, Callable[[Sql, Sql], Sql]]] = {
    Operator.EQUALS: lambda a, b: exp.EQ(this=a, expression=b),
    Operator.NOT_EQUALS: lambda a, b: exp.NEQ(this=a, expression=b),
    Operator.BELOW: lambda a, b: exp.LT(this=a, expression=b),
    Operator.AT_MOST: lambda a, b: exp.LTE(this=a, expression=b),
    Operator.ABOVE: lambda a, b: exp.GT(this=a, expression=b),
    Operator.AT_LEAST: lambda a, b: exp.GTE(this=a, expression=b),
    Operator.CONTAINS: lambda a, b: exp.Contains(this=a, expression=b),
    Operator.STARTS_WITH: lambda a, b: exp.StartsWith(this=a, expression=b),
    Operator.ENDS_WITH: lambda a, b: exp.EndsWith(this=a, expression=b),
}


def compared(operator: Operator, found: Sql, wanted: list[Sql]) -> Sql:
    """Return a comparison that may be null where `found` is."""
    if operator is Operator.BETWEEN:
        return exp.Between(this=found, low=wanted[0], high=wanted[1])
    if operator is Operator.IN:
        return exp.In(this=found, expressions=wanted)
    if operator is Operator.NOT_IN:
        return exp.Not(this=exp.In(this=found, expressions=wanted))
    return _COMPARISONS[operator](found, wanted[0])


@dataclass
class Joins:
    """The aggregated subqueries a statement needs, each asked-for column once.

    `related` maps a module to its distinct `where` trees, in order; column `matches_<n>` counts
    the records that satisfy the n-th. `labels` lists the labels asked for; column `label_<n>`.
    """

    related: dict[str, list[Node | None]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)

    def matches(self, leaf: RelatedLeaf) -> Sql:
        """Return the count of records that satisfy a related leaf; 0 where there are none."""
        asked = self.related.setdefault(leaf.module, [])
        if leaf.where not in asked:
            asked.append(leaf.where)
        name = f"matches_{asked.index(leaf.where) + 1}"
        found = column(name, f"related_{leaf.module}")
        return exp.Coalesce(this=found, expressions=[number_literal(0)])

    def label(self, label: str) -> Sql:
        """Return whether the account has a label, as a two-valued condition."""
        if label not in self.labels:
            self.labels.append(label)
        name = f"label_{self.labels.index(label) + 1}"
        found = exp.Coalesce(this=column(name, "labelled"), expressions=[number_literal(0)])
        return exp.GT(this=found, expression=number_literal(0))


@dataclass(frozen=True)
class Compiler:
    """Turns bound trees into conditions for one dialect and moment.

    `segment_condition` gives the condition for membership in another segment; without it a
    segment leaf cannot be compiled.
    """

    catalogue: Catalogue
    moment: Moment
    dialect: Dialect
    joins: Joins = field(default_factory=Joins)
    segment_condition: Callable[[str], Sql] | None = None

    def condition(self, node: Node, place: Place, table: str) -> Sql:
        """Return the two-valued condition of a bound tree on rows of `table`."""
        if isinstance(node, AllOf):
            return joined([self.condition(c, place, table) for c in node.children], "and")
        if isinstance(node, AnyOf):
            return joined([self.condition(c, place, table) for c in node.children], "or")
        if isinstance(node, Negation):
            return negated(self.condition(node.child, place, table))
        if isinstance(node, FieldLeaf):
            return self.field_condition(
                node, self.catalogue.fields(place, table)[node.field], table
            )
        if isinstance(node, LabelLeaf):
            return self.label_condition(node.label)
        if isinstance(node, SegmentLeaf):
            if self.segment_condition is None:
                raise ValueError("a segment is asked for where no segments are known")
            return self.segment_condition(node.segment)
        return self.related_condition(node)

    def related_condition(self, leaf: RelatedLeaf) -> Sql:
        """Return the condition on the number of related records."""
        found = self.joins.matches(leaf)
        if leaf.quantifier == "any_of":
            return exp.GT(this=found, expression=number_literal(0))
        if leaf.quantifier == "none_of":
            return exp.EQ(this=found, expression=number_literal(0))
        assert leaf.operator is not None and leaf.value is not None
        return compared(leaf.operator, found, self.literals(leaf.value))

    def label_condition(self, label: str) -> Sql:
        """Return the condition for a label or pseudo-label (RFM-29, TEC-10)."""
        technique, _, name = label.partition(".")
        score = column("recency_score", "accounts")
        is_unscored: Sql = exp.Is(this=score, expression=exp.null())
        if name == "unscored":
            return is_unscored
        if name == "unlabelled":
            unlabelled = negated(self.joins.label(f"{technique}.*"))
            if technique != "rfm":
                return unlabelled
            return joined([negated(is_unscored), unlabelled], "and")
        return self.joins.label(label)

    def field_condition(self, leaf: FieldLeaf, known: CatalogueField, table: str) -> Sql:
        """Return the two-valued condition of one field leaf."""
        found = self.field_value(known, table)
        if leaf.operator is Operator.IS:
            return self._is(str(leaf.value), found)
        if known.type in (FieldType.DATE, FieldType.TIMESTAMP):
            return self._in_days(leaf, known, found)
        if known.type is FieldType.TEXT and not known.is_exact:
            found = lowered(found, self.dialect)
        return two_valued(compared(leaf.operator, found, self.literals(leaf.value)))

    def field_value(self, known: CatalogueField, table: str) -> Sql:
        """Return the value of a field: a column, or a custom field cast to its type."""
        if known.origin != "custom":
            return column(known.name, table)
        key = text_literal(known.name, self.dialect)
        text: Sql = exp.Bracket(this=column("custom_fields", table), expressions=[key])
        if known.type is FieldType.TEXT:
            return text
        return exp.TryCast(this=text, to=exp.DataType.build(known.type.sql), safe=True)

    def literals(self, value: Value) -> list[Sql]:
        """Return the literals of a typed value, one or many."""
        values = value if isinstance(value, tuple) else (value,)
        return [self._literal(item) for item in values]

    def _literal(self, value: object) -> Sql:
        if isinstance(value, bool):
            return exp.true() if value else exp.false()
        if isinstance(value, str):
            return text_literal(value, self.dialect)
        if isinstance(value, date):
            return date_literal(value)
        assert isinstance(value, int | Decimal)
        return number_literal(value)

    def _is(self, state: str, found: Sql) -> Sql:
        if state in ("true", "false"):
            return two_valued(found if state == "true" else exp.Not(this=found))
        is_empty = exp.Is(this=found, expression=exp.null())
        return is_empty if state == "empty" else negated(is_empty)

    def _in_days(self, leaf: FieldLeaf, known: CatalogueField, found: Sql) -> Sql:
        spans = day_spans(leaf.operator, leaf.value, self.moment.as_of)
        inside = joined([self._in_span(span, known, found) for span in spans], "or")
        if leaf.operator in (Operator.NOT_EQUALS, Operator.NOT_IN):
            inside = negated(inside)
        return two_valued(inside)

    def _in_span(self, span: DaySpan, known: CatalogueField, found: Sql) -> Sql:
        bounds: list[Sql] = []
        if span.first is not None:
            bounds.append(exp.GTE(this=found.copy(), expression=self._day(span.first, known)))
        if span.end is not None:
            bounds.append(exp.LT(this=found.copy(), expression=self._day(span.end, known)))
        return joined(bounds, "and")

    def _day(self, day: date, known: CatalogueField) -> Sql:
        if known.type is FieldType.DATE:
            return date_literal(day)
        return timestamp_literal(start_of_day(day, self.moment.time_zone))
