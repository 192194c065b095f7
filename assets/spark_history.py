"""Whose the tables of a Spark catalogue are, and which history a run on Spark goes on with.

The published copy is what everybody has seen, so Spark's own history counts only while it is that
very history; otherwise it is replaced. A mark on the catalogue tells, and is taken away while a run
works. Never put here what history holds.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from assets.home import Home
from assets.published import (
    NothingPublishedError,
    PublishedCopyError,
    PublishedTable,
    current,
)
from assets.published_content import Source, described_tables
from assets.spark_settings import SparkUnavailableError
from assets.spark_warehouse import SparkWarehouse
from assets.warehouse_recovery import HISTORY_SCHEMA

COMPLETED = "run_history"
"""Table of history with a row for every completed run."""

OWNER = "quintile_installation"
"""Property of the schema `history`: the installation whose tables the catalogue holds."""

MARK = "quintile.history"
"""Property of the table of completed runs: what its schema held when the last run was whole."""


def claim_catalogue(home: Home, spark: SparkWarehouse) -> None:
    """Make the catalogue this installation's, or refuse when it is another's.

    Raises:
        SparkUnavailableError: another installation's tables are in the schemas.
    """
    own = installation(home.root)
    spark.create_schema(HISTORY_SCHEMA, **{OWNER: own})
    owner = spark.schema_property(HISTORY_SCHEMA, OWNER)
    if owner is None:  # made by a version that did not say whose it is
        spark.set_schema_property(HISTORY_SCHEMA, OWNER, own)
    elif owner != own:
        raise SparkUnavailableError(
            f"The Spark catalogue holds the tables of another installation ({owner}; this home "
            f"folder is {own}). Give this one a catalogue of its own: QUINTILE_SPARK_CATALOG=name. "
            "If the other one is gone, drop its schemas config, landing, staging, intermediate, "
            "marts and history on the cluster, with cascade, and run again."
        )


def installation(root: Path) -> str:
    """Random name of an installation, kept in its home folder and made when it is asked first."""
    file = root / "installation"
    if not file.exists():
        root.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.new")
        new.write_text(uuid.uuid4().hex, encoding="utf-8")
        new.replace(file)
    return file.read_text(encoding="utf-8").strip()


def restore_history(published: Path, spark: SparkWarehouse) -> dict[str, int]:
    """Replace Spark's history unless it is the published one; take the mark away in any case.

    It is another one when the cluster's tables were lost, when the other engine made the last run,
    or went back to an earlier date, and after a run that was killed or never published.

    Returns:
        Rows restored per table; empty when nothing had to be done or nothing is published.
    """
    try:
        publication = current(published)
    except (NothingPublishedError, PublishedCopyError):
        _unmark(spark)
        return {}
    saved = [t for t in publication.tables if t.schema_name == HISTORY_SCHEMA]
    names = {table.table for table in saved}
    known = spark.tables(HISTORY_SCHEMA)
    is_published = names <= known and _mark(spark) == identity(saved)
    _unmark(spark)
    if is_published or not saved:
        return {}
    # Written last, because it is what tells a whole history from one that a kill cut short.
    spark.drop_table(HISTORY_SCHEMA, COMPLETED)
    for table in sorted(saved, key=lambda t: t.table == COMPLETED):
        columns = {column.name: column.type for column in table.columns}
        file = publication.parquet / f"{table.table}.parquet"
        spark.replace_table(HISTORY_SCHEMA, table.table, columns, file, "as_of")
    return {table.table: table.rows for table in saved}


def mark_history(connection: duckdb.DuckDBPyConnection, stem: str, spark: SparkWarehouse) -> None:
    """Note what the history is that was taken back, so that it is known when it was published.

    Args:
        connection: The pipeline's DuckDB file, which sees what Spark wrote.
        stem: Catalogue name of that file.
        spark: Where the history came from.
    """
    taken = described_tables(Source(connection, stem), [HISTORY_SCHEMA])
    spark.set_table_property(HISTORY_SCHEMA, COMPLETED, MARK, identity(taken))


def identity(tables: Iterable[PublishedTable]) -> str:
    """Hash of the tables of a history, empty ones too; rows count, their order does not."""
    parts: Sequence[str] = sorted(f"{t.table} {t.rows} {t.content_hash}" for t in tables)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _mark(spark: SparkWarehouse) -> str | None:
    return spark.table_property(HISTORY_SCHEMA, COMPLETED, MARK)


def _unmark(spark: SparkWarehouse) -> None:
    if spark.has_table(HISTORY_SCHEMA, COMPLETED):
        spark.set_table_property(HISTORY_SCHEMA, COMPLETED, MARK, None)
