"""After a crash or a lost disk: damaged warehouse files are put aside, history comes back (F07).

The warehouse can always be rebuilt from landed loads, except for what only time could make: the
history tables. They are published with everything else, so the published copy is their backup.
Never delete a damaged file here: somebody may still want to look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets.published import NothingPublishedError, PublishedCopyError, current
from assets.warehouse import literal, quoted

HISTORY_SCHEMA = "history"

_DAMAGE = (
    "corrupt",
    "checksum",
    "not a valid duckdb database",
    "could not read enough bytes",
    "replaying wal",
    "failed to deserialize",
)
_BACKUP = "published_history"


def is_damage(error: duckdb.Error) -> bool:
    """Whether an error of DuckDB says that the file itself is damaged (not locked, not refused)."""
    text = str(error).lower()
    return any(word in text for word in _DAMAGE)


def put_aside_if_damaged(warehouse: Path, now: datetime, *, thorough: bool = False) -> list[str]:
    """Check that the warehouse can be read; if not, rename it and its log.

    Opening finds damaged headers and logs. Damage inside a table shows only when it is read, so
    every table is read when a log lies beside the file (its last process was killed) or when
    `thorough`. Call it while holding the warehouse lease.

    Args:
        warehouse: The warehouse file; may be missing.
        now: Aware time, part of the new names.
        thorough: Read every table in any case.

    Returns:
        What was done, as sentences for the log; empty when the file is sound or missing.

    Raises:
        duckdb.Error: the file cannot be opened for another reason, such as a lock.
    """
    log = _log(warehouse)
    if not warehouse.exists():
        # A log without its database would be replayed into the next, unrelated file.
        return _put_aside([log], "its database is missing", now) if log.exists() else []
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            if thorough or log.exists():
                _read_everything(connection)
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        return _put_aside([warehouse, log], str(error), now)
    return []


def latest_business_date(warehouse: Path, published: Path) -> date | None:
    """The newest `as_of` that the history holds, else that is published; None when neither is.

    The published copy answers where the other engine keeps the history and its exchange is gone.
    """
    if warehouse.exists():
        with (
            suppress(duckdb.CatalogException, duckdb.IOException),
            duckdb.connect(str(warehouse), read_only=True) as connection,
        ):
            found = connection.execute("select max(as_of) from history.run_history").fetchone()
            if found and found[0] is not None:
                latest: date = found[0]
                return latest
    try:
        return current(published).as_of
    except (NothingPublishedError, PublishedCopyError):
        return None


def restore_history(
    published: Path, warehouse: Path, tables: Sequence[str] | None = None
) -> dict[str, int]:
    """Fill history tables that the warehouse lacks, or has empty, from the published copy.

    A table with rows is never touched, so calling this at the start of every run is harmless.

    Args:
        published: Folder of the published versions.
        warehouse: The warehouse file; made when missing.
        tables: Tables of the schema `history`; None means all that are published.

    Returns:
        Rows restored per table; empty when nothing was missing or nothing is published.
    """
    if warehouse.exists():
        _own_history(warehouse)
    try:
        publication = current(published)
    except NothingPublishedError:
        return {}
    saved = [t for t in publication.tables if t.schema_name == HISTORY_SCHEMA and t.rows]
    wanted = [t for t in saved if tables is None or t.table in tables]
    if not wanted:
        return {}
    restored = {}
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(
        str(warehouse), config={"storage_compatibility_version": "v1.5.0"}
    ) as connection:
        missing = [t for t in wanted if not _has_rows(connection, t.table)]
        if not missing:
            return {}
        connection.execute(f"attach {literal(str(publication.database))} as {_BACKUP} (read_only)")
        connection.execute("begin")
        connection.execute(f"create schema if not exists {HISTORY_SCHEMA}")
        for table in missing:
            name = f"{HISTORY_SCHEMA}.{quoted(table.table)}"
            connection.execute(f"create or replace table {name} as from {_BACKUP}.{name}")
            restored[table.table] = table.rows
        connection.execute("commit")
        connection.execute(f"detach {_BACKUP}")
    return restored


def _own_history(warehouse: Path) -> None:
    """Make tables of the views that the other engine left in the schema `history`.

    They hold its newest history, published or not. One whose files are gone is dropped.
    """
    with duckdb.connect(str(warehouse)) as connection:
        views = connection.execute(
            "select view_name from duckdb_views() "
            "where schema_name = ? and database_name = current_database()",
            [HISTORY_SCHEMA],
        ).fetchall()
        for (view,) in views:
            name, own = (f"{HISTORY_SCHEMA}.{quoted(n)}" for n in (view, f"{view}__dbt_tmp"))
            connection.execute(f"drop table if exists {own}")
            with suppress(duckdb.IOException):
                connection.execute(f"create table {own} as from {name}")
            connection.execute(f"drop view {name}")
            connection.execute(f"alter table if exists {own} rename to {quoted(view)}")


def _has_rows(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    known = connection.execute(
        "select 1 from duckdb_tables() "
        "where schema_name = ? and table_name = ? and database_name = current_database()",
        [HISTORY_SCHEMA, table],
    ).fetchone()
    if known is None:
        return False
    name = f"{HISTORY_SCHEMA}.{quoted(table)}"
    return connection.execute(f"select 1 from {name} limit 1").fetchone() is not None  # noqa: S608


def _read_everything(connection: duckdb.DuckDBPyConnection) -> None:
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall():
        connection.execute(
            f"select count(hash(t)) from {quoted(schema)}.{quoted(table)} t"  # noqa: S608
        ).fetchall()


def _put_aside(files: Sequence[Path], reason: str, now: datetime) -> list[str]:
    said = []
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for file in files:
        if not file.exists():
            continue
        aside = file.with_name(f"{file.name}.damaged-{stamp}")
        count = 1
        while aside.exists():
            count += 1
            aside = file.with_name(f"{file.name}.damaged-{stamp}-{count}")
        file.rename(aside)
        said.append(
            f"{file} is damaged ({reason.splitlines()[0]}); it was put aside as {aside.name}, not "
            "deleted. This run rebuilds the warehouse from the landed loads; the published copy is "
            "untouched."
        )
    return said


def _log(warehouse: Path) -> Path:
    """DuckDB's write-ahead log of a file."""
    return warehouse.with_name(f"{warehouse.name}.wal")
