"""What is published: the tables of the warehouse, their content hashes, and the copy itself.

Holds everything of publishing that is SQL. Hashes do not depend on the order of rows, so a rerun on
equal input has an equal hash. Never put here which version counts; that is `publishing`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import duckdb

from assets.published import Publication, PublishedColumn, PublishedInput, PublishedTable
from assets.warehouse import SETTINGS, STORAGE_VERSION, literal, quoted
from models.fields import FieldType

COPY = "published_copy"
"""Catalogue name of the copy while it is built."""

_ENCODING = "compression zstd, compression_level 1"
"""As small as level 3, the engine's own, for a quarter less time; snappy is no faster and half as
large again (55, 55 and 81 MB in 2.5, 3.2 and 2.3 CPU seconds at 50,000 accounts)."""

_MEMORY_LIMIT = "1500MB"
"""Copying needs no more; without a limit 4.7 million deals and 9.6 million lines took 3 GB."""

_UNFINISHED = ("__dbt_tmp", "__dbt_backup")
"""What a killed dbt leaves in a schema."""


class Source(NamedTuple):
    """A connection that reads the warehouse, and the catalogue name of the warehouse in it."""

    connection: duckdb.DuckDBPyConnection
    catalogue: str


@contextmanager
def opened_source(warehouse: Path | duckdb.DuckDBPyConnection, spill: Path) -> Iterator[Source]:
    """Open the warehouse for reading; an open connection is used as it is and stays open.

    Views of the warehouse name their own catalogue, so the file is attached under its own name.
    """
    if isinstance(warehouse, duckdb.DuckDBPyConnection):
        catalogue, path, access = _described_connection(warehouse)
        if access != "read_only":
            yield Source(warehouse, catalogue)
            return
        # Nothing can be written through it, not even the copy; the file may be opened once more.
        warehouse = Path(path)
    connection = duckdb.connect(
        config={**SETTINGS, "temp_directory": str(spill), "memory_limit": _MEMORY_LIMIT}
    )
    try:
        connection.execute("set enable_progress_bar = false")  # it writes to standard output
        connection.execute(f"attach {literal(str(warehouse))} (read_only)")
        yield Source(connection, warehouse.stem)
    finally:
        connection.close()


def described_tables(source: Source, schemas: Sequence[str]) -> tuple[PublishedTable, ...]:
    """Describe every table and view of the schemas with rows and content hash, in a fixed order."""
    connection, catalogue = source
    columns: dict[tuple[str, str], list[PublishedColumn]] = {}
    for schema, table, name, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and list_contains(?, schema_name) and not internal "
        "order by schema_name, table_name, column_index",
        [catalogue, list(schemas)],
    ).fetchall():
        if not table.endswith(_UNFINISHED):
            columns.setdefault((schema, table), []).append(PublishedColumn(name=name, type=kind))
    return tuple(
        described_table(source, schema, table, found) for (schema, table), found in columns.items()
    )


def described_table(
    source: Source, schema: str, table: str, columns: Sequence[PublishedColumn]
) -> PublishedTable:
    """Count and hash one table.

    The hash adds up two 64-bit hashes of every row, so neither order nor parallelism matters while
    repeated rows count. Two independent sums make an accidental equality out of the question.
    """
    row = ", ".join(quoted(column.name) for column in columns)
    found = source.connection.execute(
        f"select count(*), sum(hash({row})::hugeint), sum(hash('second', {row})::hugeint) "  # noqa: S608
        f"from {_name(source.catalogue, schema, table)}"
    ).fetchone()
    rows, *sums = found if found else (0, None, None)
    return PublishedTable(
        schema_name=schema,
        table=table,
        rows=rows,
        columns=tuple(columns),
        content_hash=hashlib.sha256(f"{rows} {sums}".encode()).hexdigest()[:32],
    )


def content_hash(
    tables: Iterable[PublishedTable],
    definition_hash: str,
    inputs: Mapping[str, PublishedInput],
    extra: Mapping[str, object],
) -> str:
    """Hash of a whole version: equal means that publishing it again would change nothing."""
    content = {
        "tables": [table.model_dump(mode="json") for table in tables],
        "definition_hash": definition_hash,
        "inputs": {name: one.model_dump(mode="json") for name, one in sorted(inputs.items())},
        **extra,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def copied_tables(
    source: Source,
    publication: Publication,
    custom_fields: Mapping[str, FieldType],
    database: Path,
) -> tuple[PublishedTable, ...]:
    """Copy the tables of a publication into a new DuckDB file; return them with what was added.

    Rows come in whatever order: the content hash does not depend on it, and sorting every table by
    all its columns took a quarter of the time (100,000 accounts). Added are `accounts`
    (dim_accounts with custom fields as typed columns) and the one-row `publication` (BEY-4).
    """
    connection = source.connection
    with _new_copy(connection, database):
        for schema in sorted({table.schema_name for table in publication.tables} - {"main"}):
            connection.execute(f"create schema {COPY}.{quoted(schema)}")
        for table in publication.tables:
            origin = _name(source.catalogue, table.schema_name, table.table)
            target = _name(COPY, table.schema_name, table.table)
            connection.execute(f"create table {target} as from {origin}")
        _add_publication(connection, publication)
        _add_accounts(connection, publication, custom_fields)
        added = described_tables(Source(connection, COPY), ["main"])
    return tuple(sorted((*publication.tables, *added), key=lambda t: (t.schema_name, t.table)))


def write_parquet(
    connection: duckdb.DuckDBPyConnection, publication: Publication, database: Path, folder: Path
) -> list[Path]:
    """Write every table of a finished copy as Parquet; each file carries the stamps of BEY-4."""
    stamps = {
        "as_of": str(publication.as_of),
        "computed_at": publication.computed_at.isoformat(),
        "definition_hash": publication.definition_hash,
        "inputs_as_of": str(publication.inputs_as_of or ""),
        "version": publication.version,
    }
    metadata = ", ".join(f"{name}: {literal(value)}" for name, value in stamps.items())
    names = [table.table for table in publication.tables]
    written = []
    connection.execute(f"attach {literal(str(database))} as {COPY} (read_only)")
    try:
        for table in publication.tables:
            unique = names.count(table.table) == 1
            stem = table.table if unique else f"{table.schema_name}__{table.table}"
            file = folder / f"{stem}.parquet"
            connection.execute(
                f"copy {_name(COPY, table.schema_name, table.table)} to {literal(str(file))} "
                f"(format parquet, {_ENCODING}, kv_metadata {{{metadata}}})"
            )
            written.append(file)
    finally:
        with suppress(duckdb.Error):
            connection.execute(f"detach {COPY}")
    return written


def landed_inputs(connection: duckdb.DuckDBPyConnection) -> dict[str, PublishedInput]:
    """Newest active load per module, from `landing.loads` (BEY-4)."""
    return {
        module: PublishedInput(load_sequence=sequence, exported_on=exported_on)
        for module, sequence, exported_on in connection.execute(
            "select module, max(load_sequence), max(exported_on) from landing.loads "
            "where is_active group by module order by module"
        ).fetchall()
    }


def source_path(warehouse: Path | duckdb.DuckDBPyConnection) -> Path | None:
    """File of the warehouse; None when it is in memory."""
    if isinstance(warehouse, Path):
        return warehouse
    _, path, _ = _described_connection(warehouse)
    return Path(path) if path else None


def _described_connection(connection: duckdb.DuckDBPyConnection) -> tuple[str, str, str]:
    """Catalogue name, file and access mode of an open connection."""
    found = connection.execute(
        "select database_name, coalesce(path, ''), lower(current_setting('access_mode')) "
        "from duckdb_databases() where database_name = current_database()"
    ).fetchone()
    return found if found else ("", "", "")


@contextmanager
def _new_copy(connection: duckdb.DuckDBPyConnection, database: Path) -> Iterator[None]:
    version = literal(STORAGE_VERSION)
    connection.execute(f"attach {literal(str(database))} as {COPY} (storage_version {version})")
    try:
        yield
        connection.execute(f"checkpoint {COPY}")
    finally:
        # After a full disk the detach fails as well; the first error is the one to report.
        with suppress(duckdb.Error):
            connection.execute(f"detach {COPY}")


def _add_publication(connection: duckdb.DuckDBPyConnection, publication: Publication) -> None:
    inputs = {name: one.model_dump(mode="json") for name, one in publication.inputs.items()}
    connection.execute(
        f"create table {COPY}.main.publication as select "
        "?::varchar as version, ?::date as as_of, ?::timestamp as computed_at, "
        "?::varchar as definition_hash, ?::date as inputs_as_of, ?::varchar as inputs, "
        "?::varchar as currency",
        [
            publication.version,
            publication.as_of,
            publication.computed_at.replace(tzinfo=None),
            publication.definition_hash,
            publication.inputs_as_of,
            json.dumps(inputs, sort_keys=True),
            publication.currency,
        ],
    )


def _add_accounts(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    custom_fields: Mapping[str, FieldType],
) -> None:
    """Add `main.accounts`: a value that does not fit its declared type any more becomes null."""
    found = [t for t in publication.tables if (t.schema_name, t.table) == ("marts", "dim_accounts")]
    if not found:
        return
    names = [column.name for column in found[0].columns]
    chosen = [quoted(name) for name in names if name != "custom_fields"]
    if "custom_fields" in names:
        taken = {name.lower() for name in names}
        for name, kind in custom_fields.items():
            column = f"custom_{name}" if name.lower() in taken else name
            chosen.append(
                f"try_cast(custom_fields[{literal(name)}] as {kind.sql}) as {quoted(column)}"
            )
    connection.execute(
        f"create table {COPY}.main.accounts as select {', '.join(chosen)} "  # noqa: S608
        f"from {COPY}.marts.dim_accounts"
    )


def _name(catalogue: str, schema: str, table: str) -> str:
    return f"{quoted(catalogue)}.{quoted(schema)}.{quoted(table)}"
