"""What passes between the pipeline's own DuckDB file and Spark, before and after dbt runs there.

The DuckDB file stays what it is with either engine: it holds `config` and `landing`, and after a
run on Spark the schemas `marts` and `history` are views over Parquet that Spark's executors wrote.
So publishing, checks and metadata never ask which engine computed. Add here what one engine must be
told of the other; never how either is spoken to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.home import Home
from assets.landing import LandedFiles
from assets.published import NothingPublishedError, PublishedCopyError, current
from assets.spark_server import connect_server, warehouse_folder
from assets.spark_warehouse import SparkWarehouse, Storage, spark_warehouse
from assets.warehouse import drop_relation, literal, quoted, warehouse
from assets.warehouse_recovery import HISTORY_SCHEMA

Relation = tuple[str, str]
"""Schema and name."""

Columns = Mapping[str, str]
"""Name to DuckDB type, in order."""

COMPLETED = "run_history"
"""Table of history with a row for every completed run."""

WRITERS = 4
"""Tables that Spark writes at the same time: most are too small to keep a cluster busy."""


@dataclass(frozen=True)
class SparkBuild:
    """One run on Spark.

    Attributes:
        home: Home folder; the cluster reads and writes under it.
        master: Where Spark runs.
        run_id: Names the folder of this run's exchange.
        landed: What landed.
        built: Every relation that dbt makes, by schema.
        published: Relations to bring back, with the columns of their contracts.
    """

    home: Home
    master: str
    run_id: str
    landed: tuple[LandedFiles, ...]
    built: tuple[Relation, ...]
    published: Mapping[Relation, Columns]

    @property
    def exchange(self) -> Path:
        """Folder of this run's exchange."""
        return self.home.spark / "exchange" / self.run_id


@contextmanager
def building_on_spark(
    build: SparkBuild, counts: dict[Relation, int], say: Callable[[str], None]
) -> Iterator[None]:
    """Hand over what dbt reads, let the block build, and take the results back.

    Args:
        build: What to hand over and take back.
        counts: Filled with the row count of every relation that was built.
        say: Told what happens.

    Raises:
        SparkUnavailableError: Spark cannot be reached or started.
    """
    storage = Storage.of(build.home.root)
    with (
        connect_server(build.master, build.home.spark, say) as address,
        spark_warehouse(address, storage) as spark,
    ):
        schemas = sorted({schema for schema, _ in build.built})
        for name in spark.drop_leftovers(warehouse_folder(build.home.spark), schemas):
            say(f"removed what a killed run left of {name}")
        _hand_over(build, spark)
        for table, rows in _restore_history(build, spark).items():
            say(f"restored {rows} rows of {table} from the published copy")
        yield
        counts |= spark.row_counts(build.built)
        _take_back(build, spark)


def _hand_over(build: SparkBuild, spark: SparkWarehouse) -> None:
    """Give Spark the tables of `config` and the landed loads, as Parquet where they lie."""
    folder = build.exchange / "given"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for schema in ("config", "landing"):
        spark.create_schema(schema)
    with warehouse(build.home.warehouse, read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('config', 'landing') order by all"
        ).fetchall():
            given = folder / f"{schema}.{table}"
            given.mkdir(exist_ok=True)
            origin, file = f"{quoted(schema)}.{quoted(table)}", given / "part.parquet"
            connection.execute(f"copy {origin} to {literal(str(file))} (format parquet)")
            columns = _columns(connection, schema, table)
            spark.replace_external_table(schema, table, columns, given)
    for landed in build.landed:
        spark.replace_view("landing", landed.name, landed.columns, landed.files)


def _restore_history(build: SparkBuild, spark: SparkWarehouse) -> dict[str, int]:
    """Replace Spark's history when the published copy knows completed runs that it does not.

    So it is when the cluster's tables were lost, or when the other engine made the last run.
    """
    spark.create_schema(HISTORY_SCHEMA)
    try:
        publication = current(build.home.published)
    except (NothingPublishedError, PublishedCopyError):
        return {}
    saved = [t for t in publication.tables if t.schema_name == HISTORY_SCHEMA]
    if not saved or _completed(publication.parquet) <= _completed_there(spark):
        return {}
    # Written last, because it is what tells a whole history from one that a kill cut short.
    spark.drop_table(HISTORY_SCHEMA, COMPLETED)
    for table in sorted(saved, key=lambda t: t.table == COMPLETED):
        columns = {column.name: column.type for column in table.columns}
        file = publication.parquet / f"{table.table}.parquet"
        spark.replace_table(HISTORY_SCHEMA, table.table, columns, file, "as_of")
    return {table.table: table.rows for table in saved if table.rows}


def _completed(parquet: Path) -> set[tuple[object, ...]]:
    """Completed runs of the published copy: business date, definition, remembered rows."""
    file = parquet / f"{COMPLETED}.parquet"
    with duckdb.connect() as connection:
        return set(
            connection.execute(
                "select as_of, definition_hash, remembered_row_count "  # noqa: S608
                f"from read_parquet({literal(str(file))})"
            ).fetchall()
        )


def _completed_there(spark: SparkWarehouse) -> set[tuple[object, ...]]:
    if not spark.has_table(HISTORY_SCHEMA, COMPLETED):
        return set()
    return set(
        spark.rows("select as_of, definition_hash, remembered_row_count from history.run_history")
    )


def _take_back(build: SparkBuild, spark: SparkWarehouse) -> None:
    """Let Spark write what is published, then point the DuckDB file at it in one transaction."""
    folder = build.exchange / "made"

    def written(relation: Relation) -> Path:
        target = folder / relation[0] / relation[1]
        spark.write_parquet(*relation, list(build.published[relation]), target)
        return target

    relations = list(build.published)
    with ThreadPoolExecutor(WRITERS) as writers:
        folders = dict(zip(relations, writers.map(written, relations), strict=True))
    with warehouse(build.home.warehouse) as connection:
        connection.execute("begin")
        for (schema, table), columns in build.published.items():
            chosen = ", ".join(
                f"cast({quoted(n)} as {k}) as {quoted(n)}" for n, k in columns.items()
            )
            files = literal(str(folders[schema, table] / "*.parquet"))
            connection.execute(f"create schema if not exists {quoted(schema)}")
            drop_relation(connection, schema, table)
            connection.execute(
                f"create view {quoted(schema)}.{quoted(table)} as "  # noqa: S608
                f"select {chosen} from read_parquet({files})"
            )
        connection.execute("commit")
    for other in build.exchange.parent.iterdir():
        if other != build.exchange:
            shutil.rmtree(other, ignore_errors=True)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
    )
