"""Why an account is in or out: every condition with its value and whether it holds (BEY-1).

The evidence is the same compiled criteria, leaf by leaf. `leaf_statement` gives the rows;
`models.nearest_miss` says what follows from them, without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from models.binding import Binder
from models.catalogue import Catalogue, Place
from models.compilation import join_queries
from models.configuration import Configuration
from models.criteria import (
    AllOf,
    FieldLeaf,
    LabelLeaf,
    Leaf,
    Node,
    Operator,
    RelatedLeaf,
    SegmentLeaf,
    leaves,
)
from models.describing import describe, value_text
from models.expressions import Compiler, Dialect, Joins, Sql, column, negated, text_literal
from models.firmographics import FirmographicLabel
from models.periods import Moment
from models.problems import Path, choose_from, dotted
from models.registry import REGISTRY, label_rule
from models.rfm import METRICS, RfmLabel


def evidence_criteria(configuration: Configuration, subject: str) -> tuple[Node, Place]:
    """Return the bound tree that decides a subject, and where it stands.

    `subject` is `global_criteria`, a segment id, or a label `<technique>.<id>`. An RFM label is
    its three score ranges; a child segment also asks for its parent. Raises LookupError, with the
    nearest name, for an unknown subject, and for a technique whose labels no criteria give.
    """
    binder = Binder(configuration.catalogue, configuration.limits)
    if subject == "global_criteria":
        if configuration.global_criteria is None:
            raise LookupError("there are no global criteria; every account is in scope (GLC-4)")
        return binder.bind(configuration.global_criteria, Place.SCOPE), Place.SCOPE
    if subject in configuration.catalogue.segments:
        segment = configuration.segment(subject)
        where = binder.bind(segment.where, Place.SEGMENT)
        if segment.parent is not None:
            where = AllOf((SegmentLeaf(segment.parent), where))
        return where, Place.SEGMENT
    found = _label_criteria(configuration, subject, binder)
    if found is not None:
        return found
    known = [*sorted(configuration.catalogue.segments), *configuration.catalogue.labels]
    advice = choose_from(subject, [*known, "global_criteria"])
    raise LookupError(f"no segment or label {subject!r}{advice}")


def _label_criteria(
    configuration: Configuration, subject: str, binder: Binder
) -> tuple[Node, Place] | None:
    """Return the tree that gives a label; one that no tree gives is a single condition."""
    technique, _, label_id = subject.partition(".")
    definition = configuration.techniques.active().get(technique)
    for label in () if definition is None else definition.labels:
        if label.id == label_id and isinstance(label, RfmLabel):
            return score_criteria(label), Place.SEGMENT
        if label.id == label_id and isinstance(label, FirmographicLabel):
            return binder.bind(label.where, Place.SCOPE), Place.SCOPE
    for registered in configuration.labels:
        rule = label_rule(registered) if subject == f"{REGISTRY}.{registered.id}" else None
        if rule is not None:
            registry = Binder(configuration.registry_catalogue, configuration.limits)
            return registry.bind(rule, Place.SEGMENT), Place.SEGMENT
    if subject in configuration.catalogue.labels:
        return LabelLeaf(subject), Place.SEGMENT
    return None


def score_criteria(label: RfmLabel) -> Node:
    """Return the score ranges of an RFM label as criteria on the three scores (RFM-22)."""
    return AllOf(
        tuple(
            FieldLeaf(f"{metric}_score", Operator.BETWEEN, getattr(label, metric))
            for metric in METRICS
        )
    )


def leaf_statement(
    node: Node,
    place: Place,
    catalogue: Catalogue,
    moment: Moment,
    dialect: Dialect,
    account_id: str | None = None,
) -> str:
    """Return the query of the evidence: one row per account and leaf of a bound tree.

    Columns: account_id, position (BIGINT, from 1), path, description, actual (text, null where
    there is no value), operator, threshold, is_met (BOOLEAN). `is_met` is the leaf itself; a `not`
    above it shows in its path. Reads the common table expressions accounts, contacts, deals,
    deal_lines, account_labels(account_id, label_id) and members(segment_id, account_id), as far
    as the tree asks for them. Without an account id, every account of `accounts`.
    """
    joins = Joins()
    selects: list[exp.Query] = []
    for position, (path, leaf) in enumerate(leaves(node), start=1):
        selects.append(
            _leaf_select(leaf, position, path, place, _Context(catalogue, moment, dialect, joins))
        )
    compiler = Compiler(catalogue, moment, dialect, joins)
    query: exp.Query = selects[0]
    if len(selects) > 1:
        query = exp.union(*selects, distinct=False, copy=False)
    evidence = exp.select("*").from_(query.subquery("evidence"))
    if account_id is not None:
        wanted = text_literal(account_id, dialect)
        evidence = evidence.where(exp.EQ(this=column("account_id"), expression=wanted))
    for name, body in join_queries(compiler):
        evidence = evidence.with_(name, as_=body, copy=False)
    evidence = evidence.order_by(column("account_id"), column("position"))
    return evidence.sql(dialect=dialect)


@dataclass(frozen=True)
class _Context:
    catalogue: Catalogue
    moment: Moment
    dialect: Dialect
    joins: Joins

    def compiler(self, segment_condition: Callable[[str], Sql] | None = None) -> Compiler:
        return Compiler(self.catalogue, self.moment, self.dialect, self.joins, segment_condition)


def _leaf_select(
    leaf: Leaf, position: int, path: Path, place: Place, context: _Context
) -> exp.Query:
    tables: list[str | exp.Subquery] = []
    member = column("account_id", "member")
    compiler = context.compiler(lambda _: negated(exp.Is(this=member, expression=exp.null())))
    is_met = compiler.condition(leaf, place, "accounts")
    actual: Sql
    if isinstance(leaf, FieldLeaf):
        known = context.catalogue.fields(place)[leaf.field]
        actual = exp.cast(compiler.field_value(known, "accounts"), exp.DType.VARCHAR)
    elif isinstance(leaf, RelatedLeaf):
        tables.append(f"related_{leaf.module}")
        actual = exp.cast(context.joins.matches(leaf), exp.DType.VARCHAR)
    else:
        case = exp.Case().when(is_met.copy(), exp.Literal.string("yes"))
        actual = case.else_(exp.Literal.string("no"))
        if isinstance(leaf, SegmentLeaf):
            wanted = text_literal(leaf.segment, context.dialect)
            is_it = exp.EQ(this=column("segment_id"), expression=wanted)
            rows = exp.select(column("account_id")).distinct().from_("members").where(is_it)
            tables.append(rows.subquery("member"))
        elif not leaf.label.endswith(".unscored"):
            tables.append("labelled")
    operator, threshold = operator_and_threshold(leaf)
    texts = [dotted(path) or "condition", describe(leaf)]
    select = exp.select(
        column("account_id", "accounts"),
        exp.alias_(exp.cast(exp.Literal.number(position), exp.DType.BIGINT), "position"),
        *(
            exp.alias_(text_literal(text, context.dialect), name)
            for name, text in zip(("path", "description"), texts, strict=True)
        ),
        exp.alias_(actual, "actual"),
        exp.alias_(text_literal(operator, context.dialect), "operator", quoted=True),
        exp.alias_(text_literal(threshold, context.dialect), "threshold", quoted=True),
        exp.alias_(is_met, "is_met"),
    ).from_("accounts")
    for table in tables:
        name = table if isinstance(table, str) else table.alias
        on = exp.EQ(this=column("account_id", "accounts"), expression=column("account_id", name))
        select = select.join(table, on=on, join_type="left")
    return select


def operator_and_threshold(leaf: Leaf) -> tuple[str, str]:
    """Return what a leaf compares with, as people read it."""
    if isinstance(leaf, LabelLeaf):
        return "has label", leaf.label
    if isinstance(leaf, SegmentLeaf):
        return "is in segment", leaf.segment
    if isinstance(leaf, RelatedLeaf) and leaf.operator is None:
        return leaf.quantifier, "1" if leaf.quantifier == "any_of" else "0"
    assert leaf.operator is not None
    operator = "in" if leaf.operator is Operator.IN_PERIOD else leaf.operator.value
    return operator, value_text(leaf.value)
