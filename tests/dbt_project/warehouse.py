"""A small warehouse made of Python literals, and dbt run on it inside this process.

Holds the builder that fills the schemas `landing` and `config` as the contract of the sources says,
from the columns that landing declares, and the one place that calls dbt. Add here what a test of
SQL needs to say about its input; never the expected results.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.landing import BOOKS, LOAD_COLUMNS, module_columns
from assets.identity_tables import IDENTITY_TABLES
from assets.learned_tables import TABLES, create_tables, finish_tables
from assets.mail_spellings import SPELLING_COLUMNS
from assets.prediction_tables import PREDICTION_TABLES
from assets.voice_tables import create_voice_tables
from models.fields import LANDED_MODULES

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"

Row = Mapping[str, Any]

DEFAULT_STAGES = (
    {"pipeline": None, "stage": "qualification", "category": "open", "probability": 40},
    {"pipeline": None, "stage": "closed won", "category": "won", "probability": 100},
    {"pipeline": None, "stage": "closed lost", "category": "lost", "probability": 0},
)

DEFAULT_RFM_LABELS = (
    ("most_important", (4, 5), (4, 5), (4, 5)),
    ("important", (2, 3), (4, 5), (4, 5)),
    ("new", (4, 5), (1, 1), (1, 1)),
    ("promising", (3, 3), (1, 2), (1, 1)),
    ("needs_attention", (2, 3), (2, 3), (2, 3)),
    ("about_to_sleep", (2, 3), (1, 1), (2, 3)),
    ("cannot_lose", (1, 1), (4, 5), (4, 5)),
    ("lost", (1, 1), (1, 1), (1, 1)),
)
"""The labels of RFM-23, copied from the specification: the oracle must not come from `models`."""

DEFAULT_SETTINGS = {
    "is_active": False, "horizon_days": 90, "most_products": 1_000, "largest_basket": 100,
    "sampled_accounts": 30_000, "min_lift": 1,
}  # fmt: skip

DEFAULT_ENGAGEMENT = {
    "is_active": False, "points_for_full_score": 100, "window_days": 180, "half_life_days": None,
    "no_reaction_days": 7,
}  # fmt: skip

DEFAULT_VOICE = {
    "is_active": False, "window_months": 6, "trend_months": 3, "mention_days": 90, "min_responses": 3,
}  # fmt: skip

EVERY_ACCOUNT_IN_SCOPE = (
    "select account_id, cast(null as bigint) as first_failed_step from accounts"
)
WON_DEALS = "select deals.*, state = 'won' as is_chosen from deals"
NO_LABELS = "select account_id, cast(null as varchar) as label_id from accounts where false"
NO_SUGGESTIONS = "select cast(null as varchar) as suggestion_id, account_id from accounts where false"
NO_PREDICTIONS = "select cast(null as varchar) as prediction_id, deal_id from deals where false"
NO_SEGMENTS = (
    "select cast(null as varchar) as segment_id, account_id, false as is_matching, "
    "false as is_member from accounts where false"
)


def _config_columns() -> dict[str, list[str]]:
    text = (PROJECT / "models" / "sources.yml").read_text(encoding="utf-8")
    sources = {source["name"]: source for source in yaml.safe_load(text)["sources"]}
    return {
        table["name"]: [column["name"] for column in table["columns"]]
        for table in sources["config"]["tables"]
    }


_TYPES = {
    "as_of": "DATE",
    "ends_at": "TIMESTAMP",
    "max_accounts": "BIGINT",
    "dormant_after_days": "BIGINT",
    "probability": "DECIMAL(18,4)",
    "threshold": "DECIMAL(18,4)",
    **dict.fromkeys(
        ("rearm_below", "engagement_weight", "fit_weight", "prediction_weight"), "DECIMAL(18,4)"
    ),
    **dict.fromkeys(("pause_days", "answer_id"), "BIGINT"),
    "answered_at": "TIMESTAMP",
    **dict.fromkeys(("weight", "at_least", "label_at_least"), "DECIMAL(18,4)"),
    **dict.fromkeys(("valid_from", "review_by", "holiday_on"), "DATE"),
    "member_count": "BIGINT",
    "is_vote": "BOOLEAN",
    **dict.fromkeys(("position", "levels", "score"), "BIGINT"),
    **dict.fromkeys(
        ("horizon_days", "most_products", "largest_basket", "sampled_accounts"), "BIGINT"
    ),
    **dict.fromkeys(
        (
            "window_days",
            "half_life_days",
            "no_reaction_days",
            "window_months",
            "trend_months",
            "mention_days",
            "min_responses",
            "preference_number",
            "alternative",
        ),
        "BIGINT",
    ),
    **dict.fromkeys(
        ("bound", "min_lift", "points_for_full_score", "points", "cap", "score_low", "score_high"),
        "DECIMAL(18,4)",
    ),
    **{
        f"{metric}_{end}": "BIGINT"
        for metric in ("recency", "frequency", "monetary")
        for end in ("low", "high")
    },
    **dict.fromkeys(
        (
            "is_custom",
            "is_active",
            "is_inclusive",
            "publish_as_filter",
            "uses_attributes",
            "uses_measures",
            "uses_rfm",
            "uses_segments",
            "uses_relative_dates",
            "uses_events",
            "allow_late",
            "is_attempt",
            "revokes_always",
            "is_answer",
            "is_voice",
            "is_incoming",
            "is_either_way",
            "is_negated",
        ),
        "BOOLEAN",
    ),
}


@dataclass(frozen=True)
class Load:
    """One load of a module: its rows, and how the door registered it."""

    module: str
    rows: Sequence[Row]
    exported_on: date | None = None
    is_snapshot: bool = False


@dataclass(frozen=True)
class Segment:
    """A configured segment: a predicate on `accounts` (SQL), as the compiler would paste it.

    `matches` is a select of account_id over the CTEs of the segments statement.
    """

    segment_id: str
    matches: str
    nature: str = "dynamic"
    frame: str = "daily"
    parent: str | None = None
    uses: frozenset[str] = frozenset({"attributes"})
    references: tuple[str, ...] = ()
    definition: str | None = None
    label_rules: str | None = None


@dataclass(frozen=True)
class Configuration:
    """What the marketer configured, with the defaults of the specification."""

    as_of: date
    scope: str = EVERY_ACCOUNT_IN_SCOPE
    scope_steps: tuple[str, ...] = ()
    contribution: str = WON_DEALS
    labels_statement: str = NO_LABELS
    labels: tuple[Row, ...] = ()
    rfm_labels: Sequence[tuple[str, Any, Any, Any]] = DEFAULT_RFM_LABELS
    stages: tuple[Row, ...] = DEFAULT_STAGES
    inactive_statuses: tuple[str, ...] = ()
    industry_synonyms: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Row, ...] = tuple(
        {"metric": metric, "levels": 5, "method": "percentile", "field": None}
        for metric in ("recency", "frequency", "monetary")
    )
    thresholds: tuple[Row, ...] = ()
    techniques: Mapping[str, bool] = field(
        default_factory=lambda: {"rfm": True, "firmographics": True}
    )
    conditions: tuple[Row, ...] = ()
    segments: tuple[Segment, ...] = ()
    registry: tuple[Row, ...] = ()
    registry_statement: str = NO_LABELS
    ensemble_members: tuple[Row, ...] = ()
    holidays: tuple[date, ...] = ()
    predictions: tuple[Row, ...] = ()
    predictions_statement: str = NO_PREDICTIONS
    readiness: tuple[Row, ...] = ()
    ideal_customer: str = NO_LABELS
    run: Row = field(default_factory=dict)

    def on(self, as_of: date) -> Configuration:
        """The same configuration on another business date."""
        return replace(self, as_of=as_of)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of every table of schema `config`."""
        labels = [
            {"label_id": f"rfm.{name}", "technique": "rfm", "name": name, "position": position}
            for position, (name, *_) in enumerate(self.rfm_labels, start=1)
        ]
        return {
            "run": [self._run_row()],
            "stages": [dict(row) for row in self.stages],
            "inactive_statuses": [{"status": status} for status in self.inactive_statuses],
            "industry_synonyms": [
                {"synonym": synonym, "industry": industry}
                for synonym, industry in self.industry_synonyms.items()
            ],
            "fields": [],
            "techniques": [
                {"technique": name, "is_active": active} for name, active in self.techniques.items()
            ],
            "recommendation_settings": [dict(DEFAULT_SETTINGS)],
            "recommendation_conditions": [dict(row) for row in self.conditions],
            "criteria": [
                {"criterion": "scope", "statement": self.scope},
                {"criterion": "contribution", "statement": self.contribution},
                {"criterion": "labels", "statement": self.labels_statement},
                {"criterion": "registry", "statement": self.registry_statement},
                {"criterion": "predictions", "statement": self.predictions_statement},
                {"criterion": "ideal_customer", "statement": self.ideal_customer},
                {"criterion": "segments", "statement": segments_statement(self.segments)},
                {"criterion": "suggestions", "statement": NO_SUGGESTIONS},
            ],
            "event_feeds": [],
            "event_kinds": [],
            "event_tallies": [],
            "channel_metrics": [],
            "engagement_settings": [dict(DEFAULT_ENGAGEMENT)],
            "engagement_points": [],
            "engagement_labels": [],
            "voice_settings": [dict(DEFAULT_VOICE)],
            "voice_channels": [],
            "voice_preferences": [],
            "voice_terms": [],
            "voice_patterns": [],
            "label_registry": labels
            + [{"technique": "registry", **row} for row in (*self.labels, *self.registry)],
            "ensemble_members": [dict(row) for row in self.ensemble_members],
            "holidays": [{"holiday_on": day, "name": str(day)} for day in self.holidays],
            "predictions": [dict(row) for row in self.predictions],
            "sales_readiness_settings": [dict(row) for row in self.readiness],
            "ideal_customer_criteria": [
                {"criterion_id": "ideal", "position": 1, "name": "Ideal", "definition": "any"}
                for _ in self.readiness
            ],
            "handoff_answers": [],
            "scope_steps": [
                {"position": position, "description": step}
                for position, step in enumerate(self.scope_steps, start=1)
            ],
            "rfm_metrics": [dict(row) for row in self.metrics],
            "rfm_thresholds": [dict(row) for row in self.thresholds],
            "rfm_labels": [
                _pattern_row(position, *pattern)
                for position, pattern in enumerate(self.rfm_labels, start=1)
            ],
            "labels": labels + [dict(row) for row in self.labels],
            "segments": [
                _segment_row(position, segment)
                for position, segment in enumerate(self.segments, start=1)
            ],
            "segment_references": [
                {"segment_id": segment.segment_id, "referenced_segment_id": other}
                for segment in self.segments
                for other in {*segment.references, *filter(None, [segment.parent])}
            ],
            "suggestions": [],
            "export_requests": [],
        }

    def _run_row(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of,
            "ends_at": datetime.combine(self.as_of + timedelta(days=1), time()),
            "definition_hash": "definition",
            "techniques_hash": "techniques",
            "time_zone": "UTC",
            "currency": "USD",
            "rate_direction": "record_per_base",
            "max_accounts": None,
            "dormant_after_days": None,
            "deal_amount_basis": "deal",
            "frequency_basis": "deals",
            "organization_name": "Zylker",
            "allow_late": False,
            **self.run,
        }


def _pattern_row(position: int, name: str, *ranges: tuple[int, int]) -> dict[str, Any]:
    row: dict[str, Any] = {"label_id": f"rfm.{name}", "position": position}
    for metric, (low, high) in zip(("recency", "frequency", "monetary"), ranges, strict=True):
        row |= {f"{metric}_low": low, f"{metric}_high": high}
    return row


def _segment_row(position: int, segment: Segment) -> dict[str, Any]:
    flags = ("attributes", "measures", "rfm", "segments", "relative_dates")
    return {
        "segment_id": segment.segment_id,
        "name": segment.segment_id,
        "description": None,
        "nature": segment.nature,
        "frame": segment.frame,
        "parent_segment_id": segment.parent,
        "position": position,
        "definition_hash": segment.definition or segment.matches,
        "label_rules_hash": segment.label_rules,
        "publish_as_filter": False,
        **{f"uses_{flag}": flag in segment.uses for flag in flags},
    }


def segments_statement(segments: Sequence[Segment]) -> str:
    """The statement that `models` compiles, written here by hand from the contract."""
    if not segments:
        return NO_SEGMENTS
    ctes, finals = [], []
    for segment in segments:
        match, member = f"match_{segment.segment_id}", f"member_{segment.segment_id}"
        inside = (
            f" where account_id in (select account_id from member_{segment.parent})"
            if segment.parent
            else ""
        )
        ctes.append(f"{match} as (select account_id from ({segment.matches}) as m{inside})")
        ctes.append(f"{member} as ({_member_select(segment, match)})")
        finals.append(
            f"select '{segment.segment_id}' as segment_id, a.account_id,"
            f" m.account_id is not null as is_matching, e.account_id is not null as is_member"
            f" from accounts as a"
            f" left join {match} as m on a.account_id = m.account_id"
            f" left join {member} as e on a.account_id = e.account_id"
            f" left join prior_members as p on a.account_id = p.account_id"
            f" and p.segment_id = '{segment.segment_id}'"
            f" where m.account_id is not null or p.account_id is not null"
        )
    return f"with {', '.join(ctes)} {' union all '.join(finals)}"


def _member_select(segment: Segment, match: str) -> str:
    identifier = segment.segment_id
    prior = f"select account_id from prior_members where segment_id = '{identifier}'"
    flag = "select 1 from segment_revisions where segment_id = '{}' and {}".format
    created, revised = flag(identifier, "is_created"), flag(identifier, "is_revised")
    matches = f"select account_id from {match}"
    if segment.nature == "static":
        return f"{prior} union {matches} where exists ({created})"
    if segment.nature == "semi_dynamic":
        return f"{prior} union {matches} where exists ({revised})"
    frozen = f"{prior} and not exists ({revised})"
    if segment.parent:
        frozen += f" and account_id in (select account_id from member_{segment.parent})"
    return f"{matches} where exists ({revised}) union {frozen}"


def landing_frames(loads: Iterable[Load]) -> tuple[dict[str, list[dict[str, Any]]], list[Row]]:
    """Landed rows by module, and the register of the loads, in order of arrival."""
    landed: dict[str, list[dict[str, Any]]] = {module: [] for module in LANDED_MODULES}
    register: list[Row] = []
    for sequence, load in enumerate(loads, start=1):
        load_id = f"{load.module}-{sequence}"
        register.append(
            {
                "module": load.module,
                "load_id": load_id,
                "load_sequence": sequence,
                "source": "crm",
                "is_snapshot": load.is_snapshot,
                "exported_on": load.exported_on,
                "is_active": True,
                "rows_read": len(load.rows),
                "rows_accepted": len(load.rows),
                "rows_quarantined": 0,
                "rows_duplicate": 0,
                "rows_filtered": 0,
            }
        )
        for number, row in enumerate(load.rows, start=1):
            landed[load.module].append(
                {
                    **row,
                    "load_id": load_id,
                    "load_sequence": sequence,
                    "source_file": "literal.csv",
                    "source_row": number,
                }
            )
    return landed, register


def fill(path: Path, loads: Iterable[Load], configuration: Configuration) -> None:
    """Replace the schemas `landing` and `config` of the warehouse at `path`; nothing is learned."""
    landed, register = landing_frames(loads)
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.5.0"}) as warehouse:
        warehouse.execute("create schema if not exists landing")
        warehouse.execute("create schema if not exists config")
        for module, rows in landed.items():
            _write(warehouse, f"landing.{module}", module_columns(LANDED_MODULES[module]), rows)
        _write(warehouse, "landing.loads", LOAD_COLUMNS, register)
        for name, columns, _ in BOOKS:
            _write(warehouse, f"landing.{name}", columns, [])
        for name, rows in configuration.tables().items():
            types = {column: _TYPES.get(column, "VARCHAR") for column in _config_columns()[name]}
            _write(warehouse, f"config.{name}", types, rows)
        _write(warehouse, "landing.mail_spellings", SPELLING_COLUMNS, [])
        create_voice_tables(warehouse)
        for tables in (TABLES, IDENTITY_TABLES, PREDICTION_TABLES):
            create_tables(warehouse, tables)
            finish_tables(warehouse, tables)


def _write(
    warehouse: duckdb.DuckDBPyConnection, table: str, types: Mapping[str, str], rows: Iterable[Row]
) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    warehouse.execute(f"create or replace table {table} ({columns})")
    values = [[row.get(name) for name in types] for row in rows]
    for row in rows:
        unknown = set(row) - set(types)
        assert not unknown, f"{table} has no columns {unknown}"
    if values:
        marks = ", ".join("?" for _ in types)
        warehouse.executemany(f"insert into {table} values ({marks})", values)


class Dbt:
    """dbt inside this process, parsed once for all warehouses of a test session.

    Every warehouse has the same file name, so the parsed project names the right database.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._manifest: Any = None

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest of the last invocation, as dbt wrote it."""
        text = (self._target / "manifest.json").read_text(encoding="utf-8")
        content: dict[str, Any] = json.loads(text)
        return content

    def compiled(self, name: str) -> str:
        """Text of a dbt model as it was last sent to the engine."""
        # Unit tests leave a copy of the dbt model they test below the file that declares them.
        found = (self._target / "compiled").rglob(f"{name}.sql")
        (path,) = (p for p in found if not any(part.endswith(".yml") for part in p.parts))
        return path.read_text(encoding="utf-8")

    def __call__(self, path: Path, *arguments: str) -> dict[str, str]:
        """Run dbt on the warehouse at `path`; status by node name, asserted successful."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        os.environ["QUINTILE_WAREHOUSE"] = str(path)
        common = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--quiet"]
        common += ["--target-path", self._target, "--log-path", self._target]
        common += ["--log-level-file", "none"]
        if self._manifest is None:
            self._manifest = dbtRunner().invoke(["parse", *map(str, common)]).result
        result = dbtRunner(manifest=self._manifest).invoke([*arguments, *map(str, common)])
        # dbt keeps the file open in this process, and with it the lock on it.
        DuckDBConnectionManager.close_all_connections()
        nodes = getattr(result.result, "results", [])
        problems = [
            f"{item.node.name}: {item.status} {item.message}"
            for item in nodes
            if item.status not in {"success", "pass", "no-op"}
        ]
        assert result.success, "\n".join([*problems, str(result.exception or "")])
        return {item.node.name: str(item.status) for item in nodes}


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the warehouse at `path`."""
    with duckdb.connect(str(path), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()
