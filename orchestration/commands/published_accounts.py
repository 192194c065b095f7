"""One account in the published copy: who it is, how it is scored, labelled and segmented, and why.

Holds all SQL that `explain` reads with. The criteria are compiled by `models.evidence`; the common
table expressions they read are built here, in one place, from the published tables.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import duckdb

from assets.warehouse import literal, quoted
from models.catalogue import SCORES, Catalogue, CatalogueField, Place
from models.configuration import Configuration
from models.criteria import Node, RelatedLeaf, leaves
from models.evidence import evidence_criteria, leaf_statement
from models.fields import EVENTS
from models.nearest_miss import Explanation, LeafOutcome, explain
from models.periods import Moment
from models.problems import dotted
from models.rfm import METRICS
from orchestration.commands.tables import printable
from orchestration.options import CommandError

_TABLES: Final[Mapping[str, str]] = {
    "contacts": "dim_contacts",
    "deals": "fct_deals",
    "deal_lines": "fct_deal_lines",
    "events": "fct_events",
    "responses": "fct_responses",
    "response_signals": "fct_response_signals",
    "recommendations": "seg_recommendations",
    "predictions": "seg_account_predictions",
}
"""Published table of each kind of related record."""

_MOST_CANDIDATES: Final = 12


@dataclass(frozen=True)
class Account:
    """A landed account. `failed_step` describes the first step of the scope it fails."""

    account_id: str
    account_name: str | None
    is_in_scope: bool
    scope_reason: str | None
    failed_step: str | None
    survivor_id: str

    @property
    def title(self) -> str:
        """Name and id, in one line."""
        return printable(f"{self.account_name or '(no name)'} ({self.account_id})")


@dataclass(frozen=True)
class MetricScore:
    """One RFM metric of an account, and where its score and the next better one begin.

    Recency counts days since the last purchase: fewer is better.
    """

    metric: str
    value: Decimal | int | None
    score: int | None
    begins_at: str | None
    next_begins_at: str | None


@dataclass(frozen=True)
class SegmentState:
    """An account and one segment: member or not, and the last entry of the ledger (BEY-2)."""

    segment_id: str
    segment_name: str
    nature: str
    frame: str
    revised_on: date | None
    is_member: bool
    is_hidden: bool
    entered_on: date | None
    is_matching: bool | None
    last_event: str | None
    last_event_on: date | None
    cause: str | None


@dataclass(frozen=True)
class Evidence:
    """Why a subject holds for an account: the bound tree, its leaves, and what would flip it.

    `is_whole` is False when the tree asks for related records that are not published: those of
    accounts outside the scope.
    """

    node: Node
    outcomes: tuple[LeafOutcome, ...]
    explanation: Explanation
    is_whole: bool


class PublishedAccounts:
    """Accounts of one published copy, read with the criteria of one configuration."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, configuration: Configuration, as_of: date
    ) -> None:
        self.connection = connection
        self.configuration = configuration
        self.moment = Moment(as_of, configuration.organization.time_zone)
        self._columns = _published_columns(connection)

    def find(self, wanted: str) -> Account:
        """Return the account of an id, else of an unambiguous name.

        Raises:
            CommandError: none or several fit; the nearest ones are listed.
        """
        rows = self._select("account_id = $wanted", wanted)
        if not rows:
            rows = self._select("lower(trim(account_name)) = lower(trim($wanted))", wanted)
        if not rows:
            rows = self._select("contains(lower(account_name), lower(trim($wanted)))", wanted)
        if len(rows) == 1:
            return rows[0]
        if not rows:
            advice = self._nearest(wanted)
            raise CommandError(f"no account has the id or name {wanted!r}{advice}", 2)
        listed = "\n".join(
            printable(f"  {a.account_id}  {a.account_name}") for a in rows[:_MOST_CANDIDATES]
        )
        more = "" if len(rows) <= _MOST_CANDIDATES else f"\n  … and {len(rows) - _MOST_CANDIDATES}"
        raise CommandError(
            f"{len(rows)} accounts fit {wanted!r}; give the id of one:\n{listed}{more}", 2
        )

    def _select(self, condition: str, wanted: str) -> list[Account]:
        found = self.connection.execute(
            f"""
            select landed.account_id, landed.account_name, landed.is_in_scope, landed.scope_reason,
                   steps.description, landed.survivor_id
            from marts.dim_landed_accounts as landed
            left join marts.rpt_scope_waterfall as steps
                on steps.scope_reason = landed.scope_reason
                and steps.step is not distinct from landed.first_failed_step
            where {condition} order by landed.account_id limit 1000""",  # noqa: S608
            {"wanted": wanted},
        ).fetchall()
        return [Account(*row) for row in found]

    def _nearest(self, wanted: str) -> str:
        names = self.connection.execute(
            "select account_name from marts.dim_landed_accounts where account_name is not null "
            "order by jaro_winkler_similarity(lower(account_name), lower($wanted)) desc limit 200",
            {"wanted": wanted},
        ).fetchall()
        close = difflib.get_close_matches(wanted, [name for (name,) in names], 3, 0.4)
        return f"; did you mean {', '.join(map(repr, close))}?" if close else ""

    def scores(self, account: Account) -> list[MetricScore]:
        """RFM scores with the cut-points around them (BEY-7); empty when RFM is off."""
        rows = self.connection.execute(
            "select recency_days, frequency_value, monetary_amount, recency_score, "
            "frequency_score, monetary_score from marts.seg_account_rfm where account_id = $id",
            {"id": account.account_id},
        ).fetchall()
        points = self._cut_points()
        found = []
        for row in rows:
            for place, metric in enumerate(METRICS):
                value, score = row[place], row[place + len(METRICS)]
                begins = None if score is None else points.get((metric, score))
                following = None if score is None else points.get((metric, score + 1))
                found.append(MetricScore(metric, value, score, begins, following))
        return found

    def _cut_points(self) -> dict[tuple[str, int], str]:
        rows = self.connection.execute(
            "select metric, score, threshold, is_inclusive, threshold_on "
            "from marts.rpt_rfm_cut_points"
        ).fetchall()
        return {(metric, score): _begin(metric, *rest) for metric, score, *rest in rows}

    def labels(self, account: Account) -> list[tuple[str, str, str, bool]]:
        """Labels as (technique, label id, name, is primary), in order."""
        rows: list[tuple[str, str, str, bool]] = self.connection.execute(
            "select technique, label_id, label_name, is_primary from marts.seg_account_labels "
            "where account_id = $id order by technique desc, position",
            {"id": account.account_id},
        ).fetchall()
        return rows

    def segments(self, account: Account) -> list[SegmentState]:
        """Every segment with the account's state in it, in order of evaluation."""
        rows = self.connection.execute(
            """
            with last_events as (
                select segment_id, arg_max(event, as_of) as event, max(as_of) as event_on,
                       arg_max(cause, as_of) as cause, arg_max(is_member, as_of) as is_member,
                       arg_max(is_visible, as_of) as is_visible
                from marts.seg_membership_ledger where account_id = $id group by segment_id
            )
            select card.segment_id, card.segment_name, card.nature, card.frame, card.revised_on,
                   member.account_id is not null,
                   coalesce(last.is_member and not last.is_visible, false),
                   member.entered_on, member.is_matching, last.event, last.event_on, last.cause
            from marts.seg_segments as card
            left join marts.seg_members as member
                on member.segment_id = card.segment_id and member.account_id = $id
            left join last_events as last on last.segment_id = card.segment_id
            order by card.position""",
            {"id": account.account_id},
        ).fetchall()
        return [SegmentState(*row) for row in rows]

    def evidence(self, account: Account, subject: str) -> Evidence:
        """Evaluate every leaf of a subject for an account.

        Raises:
            CommandError: no segment or label is called so; the nearest one is named.
        """
        try:
            node, place = evidence_criteria(self.configuration, subject)
        except LookupError as error:
            raise CommandError(str(error).strip("'\""), 2) from None
        return self.evaluated(account, node, place)

    def evaluated(self, account: Account, node: Node, place: Place) -> Evidence:
        """Evaluate every leaf of a bound tree for an account; CommandError when it has no row."""
        catalogue = self.configuration.catalogue
        statement = leaf_statement(node, place, catalogue, self.moment, "duckdb")
        header = self._header(account, catalogue)
        rows = self.connection.execute(
            f"with {header}, evidence as ({statement}) "  # noqa: S608
            "select path, actual, is_met from evidence order by position"
        ).fetchall()
        outcomes = tuple(LeafOutcome(*row) for row in rows)
        expected = {dotted(path) or "condition" for path, _ in leaves(node)}
        if {outcome.path for outcome in outcomes} != expected:
            raise CommandError(
                f"the published copy has no row of account {account.account_id} to explain; "
                "run `quintile run` and ask again."
            )
        related = any(isinstance(leaf, RelatedLeaf) for _, leaf in leaves(node))
        return Evidence(
            node,
            outcomes,
            explain(node, outcomes, self.moment.as_of),
            account.is_in_scope or not related,
        )

    def _header(self, account: Account, catalogue: Catalogue) -> str:
        """The common table expressions that compiled criteria read, for one account."""
        only = f"where account_id = {literal(account.account_id)}"
        table = "dim_accounts" if account.is_in_scope else "dim_landed_accounts"
        parts = [("accounts", self._relation(table, catalogue.scored_accounts, only))]
        for module, fields in catalogue.related.items():
            chosen = f"{only} and not is_machine" if module == EVENTS.name else only
            parts.append((module, self._relation(_TABLES[module], fields, chosen)))
        labels = f"select account_id, label_id from marts.seg_account_labels {only}"  # noqa: S608
        members = f"select segment_id, account_id from marts.seg_members {only}"  # noqa: S608
        parts += [("account_labels", labels), ("members", members)]
        return ", ".join(f"{name} as ({body})" for name, body in parts)

    def _relation(self, table: str, fields: Mapping[str, CatalogueField], only: str) -> str:
        """A published table with every field of the catalogue; those it lacks are null."""
        present = self._columns.get(table, frozenset())
        types = {f.name: f.type.sql for f in fields.values() if f.origin != "custom"}
        types |= {f.name: f.type.sql for f in SCORES if table.endswith("accounts")}
        types["custom_fields"] = "MAP(VARCHAR, VARCHAR)"
        lacking = [
            f"cast({'false' if name == 'is_deleted' else 'null'} as {kind}) as {quoted(name)}"
            for name, kind in types.items()
            if name not in present
        ]
        if not present:
            # The copy is older than the table.
            return f"select {', '.join(['null as account_id', *lacking])} where false"
        return f"select {', '.join(['*', *lacking])} from marts.{table} {only}"  # noqa: S608


def _begin(metric: str, threshold: Decimal, is_inclusive: bool, threshold_on: date | None) -> str:
    """Where a score begins, as people read it: more than a value, or fewer days than one."""
    number = format(threshold.normalize(), "f")
    if metric == "recency":
        return f"{'at most' if is_inclusive else 'fewer than'} {number} days ({threshold_on})"
    return f"{'at least' if is_inclusive else 'above'} {number}"


def _published_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    rows: list[tuple[Any, ...]] = connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
    ).fetchall()
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return {table: frozenset(columns) for table, columns in found.items()}
