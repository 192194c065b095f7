"""The statement of the segments: who matches and who is a member, of all of them in one pass.

It is the body of a common table expression as `models.compilation` has them, and reads besides
accounts and related records account_labels(account_id, label_id),
prior_members(segment_id, account_id) and segment_revisions(segment_id, is_created, is_revised).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from models.catalogue import Catalogue, Place
from models.compilation import left_joined, no_rows, union_all, with_joins
from models.criteria import FieldLeaf, LabelLeaf, Node, SegmentLeaf, leaves
from models.expressions import Compiler, Dialect, Joins, Sql, column, negated, text_literal
from models.periods import Moment
from models.segments import Segment, in_dependency_order


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
        where, parent = segment.where, segment.parent
        matching = _matching(where, parent, numbers, joins, catalogue, moment, dialect)
        inner.append((f"match_{n}", matching))
        inner.append((f"evaluated_{n}", _evaluated(segment, n, numbers, dialect)))
        members = exp.select(column("account_id")).from_(f"evaluated_{n}")
        inner.append((f"member_{n}", members.where(column("is_member"))))
        segment_id = exp.alias_(text_literal(segment.id, dialect), "segment_id", quoted=True)
        columns = [column(name) for name in ("account_id", "is_matching", "is_member")]
        results.append(exp.select(segment_id, *columns).from_(f"evaluated_{n}"))
    if not results:
        return no_rows(
            ("segment_id", exp.DType.VARCHAR),
            ("account_id", exp.DType.VARCHAR),
            ("is_matching", exp.DType.BOOLEAN),
            ("is_member", exp.DType.BOOLEAN),
        ).sql(dialect=dialect)
    compiler = Compiler(catalogue, moment, dialect, joins)
    return with_joins(union_all(results), compiler, inner).sql(dialect=dialect)


def compile_suggestions(
    segments: Sequence[Segment], catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select suggestion_id, account_id` of segments that nobody accepted yet (SEG-21).

    As `compile_segments`, of bound criteria that refer to no segment and have no parent.
    """
    rules = [(segment.id, segment.where) for segment in segments]
    return _compile_rules("suggestion_id", rules, catalogue, moment, dialect)


def compile_registry(
    rules: Sequence[tuple[str, Node]], catalogue: Catalogue, moment: Moment, dialect: Dialect
) -> str:
    """Return `select label_id, account_id` of registered labels given by bound criteria (LBL-4).

    They refer to no segment.
    """
    return _compile_rules("label_id", rules, catalogue, moment, dialect)


def _compile_rules(
    name: str,
    rules: Sequence[tuple[str, Node]],
    catalogue: Catalogue,
    moment: Moment,
    dialect: Dialect,
) -> str:
    """Return `select <name>, account_id`: the accounts that satisfy each rule."""
    if not rules:
        nothing = no_rows((name, exp.DType.VARCHAR), ("account_id", exp.DType.VARCHAR))
        return nothing.sql(dialect=dialect)
    joins = Joins()
    inner = [
        (f"match_{n}", _matching(where, None, {}, joins, catalogue, moment, dialect))
        for n, (_, where) in enumerate(rules, start=1)
    ]
    results: list[exp.Query] = []
    for (match, _), (rule_id, _) in zip(inner, rules, strict=True):
        named = exp.alias_(text_literal(rule_id, dialect), name, quoted=True)
        results.append(exp.select(named, column("account_id")).from_(match))
    compiler = Compiler(catalogue, moment, dialect, joins)
    return with_joins(union_all(results), compiler, inner).sql(dialect=dialect)


def _matching(
    where: Node,
    parent: str | None,
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
    condition = compiler.condition(where, Place.SEGMENT, "accounts")
    read = [leaf for _, leaf in leaves(where)]
    tables = {f"related_{leaf.module}" for leaf in read if not isinstance(leaf, _NOT_RELATED)}
    if any(isinstance(leaf, LabelLeaf) for leaf in read) and joins.labels:
        tables.add("labelled")
    tables |= {f"member_{numbers[leaf.segment]}" for leaf in read if isinstance(leaf, SegmentLeaf)}
    if parent is not None:
        tables.add(f"member_{numbers[parent]}")
        condition = exp.and_(is_member(parent), condition)
    select = exp.select(column("account_id", "accounts")).from_("accounts")
    return left_joined(select, sorted(tables)).where(condition)


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
