"""The statements that carry the marketer's criteria into the warehouse, one per criterion.

They read only common table expressions that the caller has put before them: accounts, contacts,
deals, deal_lines, account_labels. Every statement is the body of such an expression: one select,
with inner expressions of its own. The statement of the segments is `models.segment_compilation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlglot import exp

from models.binding import bound
from models.catalogue import Catalogue, Place
from models.criteria import PSEUDO_LABELS, AllOf, FieldLeaf, Node, Operator
from models.expressions import (
    Compiler,
    Dialect,
    Joins,
    Sql,
    column,
    negated,
    number_literal,
    text_literal,
)
from models.periods import Moment

STATE_IS_WON: Final = FieldLeaf("state", Operator.EQUALS, "won")
"""Deals that contribute when no criterion is configured (RFM-2)."""


def scope_steps(global_criteria: Node | None) -> tuple[Node, ...]:
    """Return the steps of the global criteria: children of a top-level `all`, else one (BEY-6)."""
    if global_criteria is None:
        return ()
    return global_criteria.children if isinstance(global_criteria, AllOf) else (global_criteria,)


def compile_scope(
    global_criteria: Node | None, catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select account_id, first_failed_step` over accounts; null passes (GLC-1, BEY-6)."""
    compiler = Compiler(catalogue, moment, dialect)
    steps = scope_steps(global_criteria)
    failed: Sql = exp.null()
    if steps:
        case = exp.Case()
        for position, step in enumerate(steps, start=1):
            condition = compiler.condition(step, Place.SCOPE, "accounts")
            case = case.when(negated(condition), number_literal(position), copy=False)
        failed = case
    select = exp.select(
        column("account_id", "accounts"),
        exp.alias_(exp.cast(failed, exp.DType.BIGINT), "first_failed_step", quoted=True),
    ).from_("accounts")
    return _finished(select, compiler, compiler.joins)


def compile_contribution(
    where: Node | None, catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select deals.*, is_chosen`: the deals that contribute to RFM are marked (RFM-2)."""
    compiler = Compiler(catalogue, moment, dialect)
    condition = compiler.condition(where or STATE_IS_WON, Place.RELATED, "deals")
    chosen = exp.alias_(condition, "is_chosen", quoted=True)
    return exp.select("deals.*", chosen).from_("deals").sql(dialect=dialect)


def compile_predictions(
    predictions: Sequence[tuple[str, Node | None]],
    catalogue: Catalogue,
    moment: Moment,
    dialect: Dialect,
) -> str:
    """Return `select prediction_id, deal_id`: the deals that answer each question (PRD-3)."""
    if not predictions:
        nothing = no_rows(("prediction_id", exp.DType.VARCHAR), ("deal_id", exp.DType.VARCHAR))
        return nothing.sql(dialect=dialect)
    compiler = Compiler(catalogue, moment, dialect)
    selects = []
    for prediction_id, where in predictions:
        named = exp.alias_(text_literal(prediction_id, dialect), "prediction_id", quoted=True)
        condition = compiler.condition(where or STATE_IS_WON, Place.RELATED, "deals")
        select = exp.select(named, column("deal_id", "deals")).from_("deals")
        selects.append(select.where(condition))
    return union_all(selects).sql(dialect=dialect)


def compile_labels(
    labels: Sequence[tuple[str, Node]], catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select account_id, label_id` for labels given by criteria (FIR-3, TEC-9)."""
    if not labels:
        return no_rows(("account_id", exp.DType.VARCHAR), ("label_id", exp.DType.VARCHAR)).sql(
            dialect=dialect
        )
    compiler = Compiler(catalogue, moment, dialect)
    query = _in_one_scan(labels, compiler) if dialect == "spark" else _one_by_one(labels, compiler)
    return with_joins(query, compiler).sql(dialect=dialect)


def _one_by_one(labels: Sequence[tuple[str, Node]], compiler: Compiler) -> exp.Query:
    """Return the accounts of one label after the other: DuckDB then reads only their columns."""
    selects = []
    for label_id, where in labels:
        joins = Joins()
        replace(compiler, joins=joins).condition(where, Place.SCOPE, "accounts")
        label = exp.alias_(text_literal(label_id, compiler.dialect), "label_id", quoted=True)
        select = exp.select(column("account_id", "accounts"), label).from_("accounts")
        select = left_joined(select, _related_tables(joins))
        selects.append(select.where(compiler.condition(where, Place.SCOPE, "accounts")))
    return union_all(selects)


def _in_one_scan(labels: Sequence[tuple[str, Node]], compiler: Compiler) -> exp.Query:
    """Return all labels of one account after the other: Spark plans every scan and join anew."""
    found = []
    for label_id, where in labels:
        condition = compiler.condition(where, Place.SCOPE, "accounts")
        found.append(exp.Case().when(condition, text_literal(label_id, compiler.dialect)))
    each = exp.alias_(exp.Explode(this=exp.Array(expressions=found)), "label_id", quoted=True)
    select = exp.select(column("account_id", "accounts"), each).from_("accounts")
    given = left_joined(select, _related_tables(compiler.joins)).subquery("given")
    is_given = negated(exp.Is(this=column("label_id", "given"), expression=exp.null()))
    columns = [column(name, "given") for name in ("account_id", "label_id")]
    return exp.select(*columns).from_(given).where(is_given)


def compile_row_filter(
    where: Node, module: str, catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return a boolean expression over the canonical columns of one module (`modules.X.where`).

    The columns are qualified with the module's name: select from a relation of that name. The
    tree is bound here, so it may come straight from a mapping. Raises CriteriaError.
    """
    compiler = Compiler(catalogue, moment, dialect)
    tree = bound(where, catalogue, Place.ROWS, module)
    return compiler.condition(tree, Place.ROWS, module).sql(dialect=dialect)


def _related_tables(joins: Joins) -> list[str]:
    """Return the names of the aggregated subqueries over related records."""
    return sorted(f"related_{module}" for module in joins.related)


def left_joined(select: exp.Select, tables: Iterable[str]) -> exp.Select:
    """Join tables by account to a select from accounts; who has no row there stays."""
    for table in tables:
        on = exp.EQ(this=column("account_id", "accounts"), expression=column("account_id", table))
        select = select.join(table, on=on, join_type="left", copy=False)
    return select


def with_joins(
    query: exp.Query, compiler: Compiler, inner: Iterable[tuple[str, exp.Query]] = ()
) -> exp.Query:
    """Put the aggregated subqueries of a compiler, then the inner ones, before a query."""
    for name, body in [*join_queries(compiler), *inner]:
        query = query.with_(name, as_=body, copy=False)
    return query


def _finished(select: exp.Select, compiler: Compiler, joins: Joins) -> str:
    """Join what the compiler asked for and return the text."""
    return with_joins(left_joined(select, _related_tables(joins)), compiler).sql(
        dialect=compiler.dialect
    )


def join_queries(compiler: Compiler) -> list[tuple[str, exp.Query]]:
    """Return the aggregated subqueries a compiler has asked for, by name; one scan each."""
    queries: list[tuple[str, exp.Query]] = []
    for module, asked in sorted(compiler.joins.related.items()):
        columns = [
            _counted(
                None if where is None else compiler.condition(where, Place.RELATED, module),
                f"matches_{n}",
            )
            for n, where in enumerate(asked, start=1)
        ]
        queries.append((f"related_{module}", _by_account(module, columns)))
    if compiler.joins.labels:
        columns = [
            _counted(_label_is(label, compiler.dialect), f"label_{n}")
            for n, label in enumerate(compiler.joins.labels, start=1)
        ]
        queries.append(("labelled", _by_account("account_labels", columns)))
    return queries


def _label_is(label: str, dialect: Dialect) -> Sql:
    found = column("label_id", "account_labels")
    if label.endswith(".*"):
        # The caller may have put rows for accounts without a label in as well: they are no label.
        technique = label.removesuffix("*")
        pseudo = [text_literal(technique + name, dialect) for name in PSEUDO_LABELS]
        starts = exp.StartsWith(this=found, expression=text_literal(technique, dialect))
        return exp.and_(starts, exp.Not(this=exp.In(this=found.copy(), expressions=pseudo)))
    return exp.EQ(this=found, expression=text_literal(label, dialect))


def _counted(condition: Sql | None, name: str) -> Sql:
    one = number_literal(1)
    counted = one if condition is None else exp.Case().when(condition, one)
    return exp.alias_(exp.Count(this=counted), name, quoted=True)


def _by_account(table: str, columns: Iterable[Sql]) -> exp.Query:
    account = column("account_id", table)
    return exp.select(account, *columns).from_(table).group_by(account.copy())


def union_all(selects: Sequence[exp.Query]) -> exp.Query:
    """Return the rows of one or more selects with the same columns."""
    if len(selects) == 1:
        return selects[0]
    return exp.union(*selects, distinct=False, copy=False)


def no_rows(*columns: tuple[str, exp.DType]) -> exp.Query:
    """Return a select without rows, with the right columns; it reads deals, as every caller may."""
    empty = [exp.alias_(exp.cast(exp.null(), type_), name, quoted=True) for name, type_ in columns]
    return exp.select(*empty).from_("deals").where(exp.false())
