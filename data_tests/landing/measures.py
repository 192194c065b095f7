"""Figures that the checks read, made by SQL where the data lies: small whatever its size.

The engine counts the offending rows of every check in one pass per module; only checks that fail
are asked for examples. So the frames that Great Expectations sees have one row of counts, and one
row per distinct stage, also at ten million deals.
"""

# ruff: noqa: S608 (names and conditions come from the contract, never from data)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from data_tests.landing.suites import Check, Suite
from models.fields import LANDED_MODULES

if TYPE_CHECKING:
    import duckdb

MOST_EXAMPLES: Final = 10


@dataclass(frozen=True)
class Measures:
    """Counts by measure, rows by stage, and examples of offenders by measure.

    `counts` has None where a check has nothing to say (no snapshot before this one). `details` says
    in words what was found and what to do, by measure. `queries` finds all offending rows with file
    and record number, for checks that count rows and found some.
    """

    counts: Mapping[str, float | None]
    stages: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)


def collect(
    connection: duckdb.DuckDBPyConnection, suite: Suite, schema: str = "landing"
) -> Measures:
    """Measure the landed tables `<schema>.<module>` and `<schema>.loads` for a suite."""
    counts: dict[str, float | None] = {}
    examples: dict[str, tuple[str, ...]] = {}
    details: dict[str, str] = {}
    queries: dict[str, str] = {}
    for module in dict.fromkeys(check.module for check in suite.checks):
        checks = [check for check in suite.checks if check.module == module]
        counts.update(_row_counts(connection, checks, schema))
        volumes, words = _volumes(connection, module, checks, schema)
        counts.update(volumes)
        details.update(words)
        for check in checks:
            if check.kind in ("unique", "link"):
                counts[check.measure] = _number(connection, _offenders(check, schema))
    for check in suite.checks:
        if check.kind in ("rows", "unique", "link") and counts[check.measure]:
            examples[check.measure] = _examples(connection, check, schema)
            queries[check.measure] = _offending_rows(check, schema)
    stages = _stages(connection, suite, schema)
    return Measures(counts, stages, examples, details, queries)


def _row_counts(
    connection: duckdb.DuckDBPyConnection, checks: list[Check], schema: str
) -> dict[str, float | None]:
    rows = [check for check in checks if check.kind == "rows"]
    if not rows:
        return {}
    columns = ", ".join(f"count(case when {check.offends} then 1 end)" for check in rows)
    found = connection.execute(f"select {columns} from {schema}.{rows[0].module}").fetchone()
    return dict(zip((check.measure for check in rows), found or (), strict=True))


def _offenders(check: Check, schema: str) -> str:
    """SQL for the ids of the rows that offend a check, one row each."""
    table = f"{schema}.{check.module}"
    if check.kind == "rows":
        return f"select {_record_id(check)} as record_id from {table} where {check.offends}"
    if check.kind == "unique":
        # Hashes first: numbers are grouped in a fraction of the memory that texts take.
        return (
            f"select {check.column} as record_id from {table} where hash(load_id, {check.column})"
            f" in (select hash(load_id, {check.column}) from {table} group by all"
            " having count(*) > 1)"
            f" qualify row_number() over (partition by load_id, {check.column}"
            " order by source_row) = 2"
        )
    # Said as a join: the same with `not exists` took the engine four to thirty times as long.
    key = LANDED_MODULES[check.references or ""].key
    return (
        f"select {_record_id(check)} as record_id"
        f" from (from {table} where {check.column} is not null) as child"
        f" anti join {schema}.{check.references} as parent on parent.{key} = child.{check.column}"
    )


def _offending_rows(check: Check, schema: str) -> str:
    """SQL for a person: every row that offends a check, with its file and record number."""
    table = f"{schema}.{check.module}"
    shown = dict.fromkeys(
        (LANDED_MODULES[check.module].key or LANDED_MODULES[check.module].parent, check.column)
    )
    columns = ", ".join(["source_file", "source_row", *(name for name in shown if name)])
    if check.kind == "rows":
        condition = check.offends
    elif check.kind == "unique":
        condition = (
            f"(load_id, {check.column}) in (select (load_id, {check.column}) from {table}"
            " group by all having count(*) > 1)"
        )
    else:
        key = LANDED_MODULES[check.references or ""].key
        condition = (
            f"{check.column} is not null and {check.column} not in"
            f" (select {key} from {schema}.{check.references} where {key} is not null)"
        )
    return f"select {columns} from {table} where {condition} order by source_file, source_row"


def _record_id(check: Check) -> str:
    module = LANDED_MODULES[check.module]
    key = module.key or module.parent
    # Where the record has no id, the offending value itself is the example.
    shown = key if key != check.column else "source_file || ':' || source_row"
    return f"cast({shown} as varchar)"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    found = connection.execute(f"select count(*) from ({query})").fetchone()
    return float(found[0]) if found else 0.0


def _examples(connection: duckdb.DuckDBPyConnection, check: Check, schema: str) -> tuple[str, ...]:
    query = (
        f"select distinct record_id from ({_offenders(check, schema)})"
        f" order by record_id limit {MOST_EXAMPLES}"
    )
    return tuple(row[0] for row in connection.execute(query).fetchall())


@dataclass(frozen=True)
class _Snapshot:
    """A load as the volume checks see it."""

    load_id: str
    rows: int


def _volumes(
    connection: duckdb.DuckDBPyConnection, module: str, checks: list[Check], schema: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Rows landed, and rows of the newest snapshot over those of the one before; then words."""
    by_name = {check.name: check for check in checks if check.kind == "volume"}
    whole = by_name["snapshot_is_whole"]
    rows = _number(connection, f"select 1 from {schema}.{module}")
    changes = [
        change
        for name in _loaded_names(connection, module, schema)
        if (change := _change(connection, name, whole.largest_loss, schema)) is not None
    ]
    # Of several feeds the one that lost most is told: the others cannot make up for it.
    worst = min(changes, key=lambda change: change.ratio, default=None)
    most = max(changes, key=lambda change: change.ratio, default=None)
    counts = {
        by_name["has_rows"].measure: rows,
        by_name["volume_is_steady"].measure: most.ratio if most else None,
        whole.measure: worst.ratio if worst else None,
        by_name["snapshot_is_not_empty"].measure: float(worst.newest.rows) if worst else None,
    }
    if worst is None or _is_whole(worst.newest, worst.before, whole.largest_loss):
        return counts, {}
    before, newest = worst.before, worst.newest
    found = (
        f"{worst.name} had {before.rows:,} rows before"
        f" ({_named(connection, before, module, schema)})"
        f" and has {newest.rows:,} now ({_named(connection, newest, module, schema)})"
    )
    repair = "replace the file by the whole export"
    return counts, {
        whole.measure: f"{found}: {1 - worst.ratio:.1%} fewer, the limit is"
        f" {whole.largest_loss:.1%}; {repair}, or raise {whole.setting}.",
        by_name["snapshot_is_not_empty"].measure: f"{found}; {repair}.",
    }


@dataclass(frozen=True)
class _Change:
    """The newest snapshot of a module or feed, and the last whole one before it."""

    name: str
    before: _Snapshot
    newest: _Snapshot

    @property
    def ratio(self) -> float:
        return self.newest.rows / self.before.rows


def _loaded_names(connection: duckdb.DuckDBPyConnection, module: str, schema: str) -> list[str]:
    """Names under which a module landed: its own, or those of its feeds."""
    rows = connection.execute(
        f"select distinct module from {schema}.loads where split_part(module, '.', 1) = ?"
        " order by 1",
        [module],
    ).fetchall()
    return [row[0] for row in rows]


def _change(
    connection: duckdb.DuckDBPyConnection, name: str, largest_loss: float, schema: str
) -> _Change | None:
    """Compare the snapshots of a module or feed; None when nothing precedes the newest one.

    Only a snapshot after one with rows can have lost any of them.
    """
    snapshots = [
        _Snapshot(*row)
        for row in connection.execute(
            f"select load_id, rows_accepted from {schema}.loads"
            " where module = ? and is_active and is_snapshot"
            " order by exported_on nulls first, load_sequence",
            [name],
        ).fetchall()
    ]
    before = _last_whole(snapshots[:-1], largest_loss)
    return _Change(name, before, snapshots[-1]) if before else None


def _is_whole(snapshot: _Snapshot, before: _Snapshot, largest_loss: float) -> bool:
    return snapshot.rows > 0 and snapshot.rows / before.rows >= 1 - largest_loss


def _last_whole(snapshots: list[_Snapshot], largest_loss: float) -> _Snapshot | None:
    """The newest snapshot that did not lose too much itself.

    A second cut export is not measured against the first one, which it would pass.
    """
    last: _Snapshot | None = None
    for snapshot in snapshots:
        if snapshot.rows and (last is None or _is_whole(snapshot, last, largest_loss)):
            last = snapshot
    return last


def _named(
    connection: duckdb.DuckDBPyConnection, snapshot: _Snapshot, module: str, schema: str
) -> str:
    files = connection.execute(
        f"select distinct source_file from {schema}.{module} where load_id = ? order by 1",
        [snapshot.load_id],
    ).fetchall()
    return ", ".join([f"load {snapshot.load_id}", *(str(row[0]) for row in files)])


def _stages(connection: duckdb.DuckDBPyConnection, suite: Suite, schema: str) -> dict[str, int]:
    if not any(check.kind == "stages" for check in suite.checks):
        return {}
    stage = "lower(trim(stage))"
    if suite.by_pipeline:
        stage = f"lower(trim(coalesce(pipeline, ''))) || ' / ' || {stage}"
    found: list[Any] = connection.execute(
        f"select {stage} as stage, count(*) from {schema}.deals where stage is not null"
        " group by all order by stage"
    ).fetchall()
    return dict(found)
