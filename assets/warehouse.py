"""The pipeline's own DuckDB file: tables that Python writes for dbt, and views over landed files.

Holds the one way Python opens the warehouse. A connection lives for one `with` block, because
DuckDB lets one process write and dbt must be that process while its step runs. The other engine's
warehouse gets a module of its own beside this one, with the same four functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

SETTINGS: Mapping[str, str | int | bool] = {"preserve_insertion_order": False}
STORAGE_VERSION = "v1.5.0"
"""DuckDB files are written in this format, so that BI tools linked to 1.5 open them."""


@contextmanager
def warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse file for one block and close it again.

    Raises:
        duckdb.IOException: another process holds the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {**SETTINGS}
    if not read_only:
        config["storage_compatibility_version"] = STORAGE_VERSION
    connection = duckdb.connect(str(path), read_only=read_only, config=config)
    try:
        connection.execute("set enable_progress_bar = false")  # it writes to standard output
        yield connection
    finally:
        connection.close()


def replace_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Replace `schema.table` by the given rows in one transaction; return their number.

    `columns` maps column name to SQL type; every row has a value for each, in that order.
    """
    target = f"{quoted(schema)}.{quoted(table)}"
    definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    values = [tuple(row) for row in rows]
    connection.execute("begin transaction")
    try:
        connection.execute(f"create schema if not exists {quoted(schema)}")
        connection.execute(f"create or replace table {target} ({definition})")
        if values:
            marks = ", ".join("?" for _ in columns)
            connection.executemany(f"insert into {target} values ({marks})", values)  # noqa: S608
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return len(values)


def replace_view(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
    files: Sequence[Path],
) -> int:
    """Point the view `schema.table` at Parquet files; return the number of rows behind it.

    Without files the view is empty but has its columns, so that SQL never asks whether a module
    exists.
    """
    connection.execute(f"create schema if not exists {quoted(schema)}")
    if files:
        names = ", ".join(pattern_literal(file) for file in files)
        chosen = ", ".join(
            f"cast({quoted(n)} as {kind}) as {quoted(n)}" for n, kind in columns.items()
        )
        query = f"select {chosen} from read_parquet([{names}], union_by_name = true)"  # noqa: S608
    else:
        chosen = ", ".join(f"cast(null as {kind}) as {quoted(n)}" for n, kind in columns.items())
        query = f"select {chosen} where false"
    connection.execute(f"create or replace view {quoted(schema)}.{quoted(table)} as {query}")
    return row_count(connection, schema, table)


def drop_relation(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    """Drop a table or view, whichever it is, if it exists."""
    found = connection.execute(
        "select table_type from information_schema.tables where table_catalog = "
        "current_database() and table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    if found:
        kind = "view" if found[0] == "VIEW" else "table"
        connection.execute(f"drop {kind} {quoted(schema)}.{quoted(table)}")


def row_count(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    """Number of rows of a table or view."""
    found = connection.execute(
        f"select count(*) from {quoted(schema)}.{quoted(table)}"  # noqa: S608
    ).fetchone()
    return int(found[0]) if found else 0


def quoted(identifier: str) -> str:
    """Quote an identifier of the catalogue; values never come this way."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text literal, for places where DuckDB takes no bound parameter."""
    return "'" + text.replace("'", "''") + "'"


def pattern_literal(path: Path, pattern: str = "") -> str:
    """Quote a path for `read_parquet`, which reads patterns: only `pattern` below it is one."""
    plain = re.sub(r"([*?\[])", r"[\1]", str(path))
    return literal(f"{plain}/{pattern}" if pattern else plain)
