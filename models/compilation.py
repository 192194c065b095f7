"""The statements that carry the marketer's criteria into the warehouse, one per criterion.

They read only common table expressions that the caller has put before them: accounts, contacts,
deals, deal_lines; for segments also account_labels(account_id, label_id),
prior_members(segment_id, account_id) and segment_revisions(segment_id, is_created, is_revised).
Every statement is the body of such an expression: one select, with inner expressions of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlglot import exp

from models.binding import bound
from models.catalogue import Catalogue, Place
from models.criteria import (
    PSEUDO_LABELS,
    AllOf,
    FieldLeaf,
    LabelLeaf,
    Node,
    Operator,
    SegmentLeaf,
    leaves,
)
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
from models.segments import Segment, in_dependency_order

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
    """Return `select deal_id` of the deals that contribute to RFM (RFM-2)."""
    compiler = Compiler(catalogue, moment, dialect)
    condition = compiler.condition(where or STATE_IS_WON, Place.RELATED, "deals")
    select = exp.select(column("deal_id", "deals")).from_("deals").where(condition)
    return select.sql(dialect=dialect)


def compile_labels(
    labels: Sequence[tuple[str, Node]], catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select account_id, label_id` for labels given by criteria (FIR-3, TEC-9)."""
    compiler = Compiler(catalogue, moment, dialect)
    selects = []
    for label_id, where in labels:
        joins = Joins()
        condition = Compiler(catalogue, moment, dialect, joins).condition
        condition(where, Place.SCOPE, "accounts")
        label = exp.alias_(text_literal(label_id, dialect), "label_id", quoted=True)
        select = exp.select(column("account_id", "accounts"), label).from_("accounts")
        select = _joined(select, sorted(f"related_{module}" for module in joins.related))
        selects.append(select.where(compiler.condition(where, Place.SCOPE, "accounts")))
    if not selects:
        return _nothing(("account_id", exp.DType.VARCHAR), ("label_id", exp.DType.VARCHAR)).sql(
            dialect=dialect
        )
    return _with_joins(_union(selects), compiler).sql(dialect=dialect)


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


def compile_segments(
    segments: Sequence[Segment], catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select segment_id, account_id, is_matching, is_member`, all segments in one pass.

    One row per segment and account that matches now or was a prior member. The criteria of the
    segments must be bound (Place.SEGMENT). A segment without a row in segment_revisions is taken
    as evaluated for the first time.
    """
    ordered = in_dependency_order(tuple(segments))
    numbers = {segment.id: n for n, segment in enumerate(ordered, start=1)}
    joins = Joins()
    inner: list[tuple[str, exp.Query]] = []
    results: list[exp.Query] = []
    for n, segment in enumerate(ordered, start=1):
        inner.append((f"match_{n}", _matching(segment, numbers, joins, catalogue, moment, dialect)))
        inner.append((f"evaluated_{n}", _evaluated(segment, n, numbers, dialect)))
        members = exp.select(column("account_id")).from_(f"evaluated_{n}")
        inner.append((f"member_{n}", members.where(column("is_member"))))
        segment_id = exp.alias_(text_literal(segment.id, dialect), "segment_id", quoted=True)
        columns = [column(name) for name in ("account_id", "is_matching", "is_member")]
        results.append(exp.select(segment_id, *columns).from_(f"evaluated_{n}"))
    if not results:
        return _nothing(
            ("segment_id", exp.DType.VARCHAR),
            ("account_id", exp.DType.VARCHAR),
            ("is_matching", exp.DType.BOOLEAN),
            ("is_member", exp.DType.BOOLEAN),
        ).sql(dialect=dialect)
    compiler = Compiler(catalogue, moment, dialect, joins)
    return _with_joins(_union(results), compiler, inner).sql(dialect=dialect)


def _matching(
    segment: Segment,
    numbers: dict[str, int],
    joins: Joins,
    catalogue: Catalogue,
    moment: Moment,
    dialect: Dialect,
) -> exp.Query:
    """Return the accounts that satisfy the criteria; of a child, members of its parent (SEG-15)."""

    def is_member(segment_id: str) -> Sql:
        member = column("account_id", f"member_{numbers[segment_id]}")
        return negated(exp.Is(this=member, expression=exp.null()))

    compiler = Compiler(catalogue, moment, dialect, joins, is_member)
    condition = compiler.condition(segment.where, Place.SEGMENT, "accounts")
    read = [leaf for _, leaf in leaves(segment.where)]
    tables = {f"related_{leaf.module}" for leaf in read if not isinstance(leaf, _NOT_RELATED)}
    if any(isinstance(leaf, LabelLeaf) for leaf in read) and joins.labels:
        tables.add("labelled")
    tables |= {f"member_{numbers[leaf.segment]}" for leaf in read if isinstance(leaf, SegmentLeaf)}
    if segment.parent is not None:
        tables.add(f"member_{numbers[segment.parent]}")
        condition = exp.and_(is_member(segment.parent), condition)
    select = exp.select(column("account_id", "accounts")).from_("accounts")
    return _joined(select, sorted(tables)).where(condition)


_NOT_RELATED = (FieldLeaf, LabelLeaf, SegmentLeaf)


def _evaluated(
    segment: Segment, number: int, numbers: dict[str, int], dialect: Dialect
) -> exp.Query:
    """Return the accounts that match or were members, and whether they are members now."""
    match, prior = f"match_{number}", "prior"
    account = exp.Coalesce(
        this=column("account_id", match), expressions=[column("account_id", prior)]
    )
    is_matching = negated(exp.Is(this=column("account_id", match), expression=exp.null()))
    is_prior = negated(exp.Is(this=column("account_id", prior), expression=exp.null()))
    by_nature: Sql = is_prior.copy()
    is_revised = column("is_revised", "revision")
    if segment.nature != "static":
        revised: Sql = is_matching.copy()
        if segment.nature == "semi_dynamic":
            revised = exp.or_(is_matching, is_prior)
        by_nature = exp.Case().when(is_revised, revised).else_(is_prior.copy())
    is_member: Sql = (
        exp.Case().when(column("is_created", "revision"), is_matching.copy()).else_(by_nature)
    )
    parent_join: str | None = None
    if segment.parent is not None and segment.nature == "dynamic":
        parent_join = f"member_{numbers[segment.parent]}"
        in_parent = negated(exp.Is(this=column("account_id", parent_join), expression=exp.null()))
        is_member = exp.and_(in_parent, is_member)
    select = (
        exp.select(
            exp.alias_(account, "account_id", quoted=True),
            exp.alias_(is_matching, "is_matching", quoted=True),
            exp.alias_(is_member, "is_member", quoted=True),
        )
        .from_(match)
        .join(
            _of_segment(segment.id, "prior_members", [column("account_id")], dialect, "prior"),
            on=exp.EQ(this=column("account_id", match), expression=column("account_id", prior)),
            join_type="full outer",
        )
    )
    if parent_join is not None:
        on = exp.EQ(this=account.copy(), expression=column("account_id", parent_join))
        select = select.join(parent_join, on=on, join_type="left")
    flags = [_flag("is_created"), _flag("is_revised")]
    revision = _of_segment(segment.id, "segment_revisions", flags, dialect, "revision")
    return select.join(revision, join_type="cross")


def _flag(name: str) -> Sql:
    """Return a flag of the segment's revision; a segment without a row is evaluated first."""
    any_true = exp.LogicalOr(this=column(name))
    filled = exp.Coalesce(this=any_true, expressions=[exp.true()])
    return exp.alias_(filled, name, quoted=True)


def _of_segment(
    segment_id: str, table: str, columns: Iterable[Sql], dialect: Dialect, alias: str
) -> exp.Subquery:
    is_it = exp.EQ(this=column("segment_id"), expression=text_literal(segment_id, dialect))
    return exp.select(*columns).from_(table).where(is_it).subquery(alias)


def _joined(select: exp.Select, tables: Iterable[str]) -> exp.Select:
    for table in tables:
        on = exp.EQ(this=column("account_id", "accounts"), expression=column("account_id", table))
        select = select.join(table, on=on, join_type="left", copy=False)
    return select


def _with_joins(
    query: exp.Query, compiler: Compiler, inner: Iterable[tuple[str, exp.Query]] = ()
) -> exp.Query:
    """Put the aggregated subqueries of a compiler, then the inner ones, before a query."""
    for name, body in [*join_queries(compiler), *inner]:
        query = query.with_(name, as_=body, copy=False)
    return query


def _finished(select: exp.Select, compiler: Compiler, joins: Joins) -> str:
    """Join what the compiler asked for and return the text."""
    tables = sorted(f"related_{module}" for module in joins.related)
    return _with_joins(_joined(select, tables), compiler).sql(dialect=compiler.dialect)


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


def _union(selects: Sequence[exp.Query]) -> exp.Query:
    if len(selects) == 1:
        return selects[0]
    return exp.union(*selects, distinct=False, copy=False)


def _nothing(*columns: tuple[str, exp.DType]) -> exp.Query:
    """Return a select without rows, with the right columns."""
    empty = [exp.alias_(exp.cast(exp.null(), type_), name, quoted=True) for name, type_ in columns]
    return exp.select(*empty).from_("accounts").where(exp.false())
