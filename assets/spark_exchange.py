"""What passes between the pipeline's own DuckDB file and Spark, before and after dbt runs there.

The DuckDB file stays what it is with either engine: it holds `config` and `landing`, and after a
run on Spark the schemas `marts` and `history` are views over Parquet that Spark's executors wrote.
So publishing, checks and metadata never ask which engine computed. Add here what one engine must be
told of the other; never how either is spoken to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.home import Home
from assets.landing import LandedFiles
from assets.learned_tables import UNFINISHED
from assets.spark_history import claim_catalogue, mark_history, restore_history
from assets.spark_server import connect_server
from assets.spark_settings import CONNECT
from assets.spark_warehouse import SparkWarehouse, Storage, spark_warehouse
from assets.warehouse import drop_relation, literal, pattern_literal, quoted, warehouse

Relation = tuple[str, str]
"""Schema and name."""

Columns = Mapping[str, str]
"""Name to DuckDB type, in order."""

GIVEN, LEARNED = ("config", "landing"), "ml"
"""Schemas whose tables Spark is given: what was configured and landed, and what was learned."""

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
        schemas: Every schema in which dbt makes tables.
        counted: Tables whose rows are counted afterwards.
        published: Relations to bring back, with the columns of their contracts: what is built now.
        has_history: Whether a table of history is among them.
        has_all_history: Whether every one is.
    """

    home: Home
    master: str
    run_id: str
    landed: tuple[LandedFiles, ...]
    schemas: tuple[str, ...]
    counted: tuple[Relation, ...]
    published: Mapping[Relation, Columns]
    has_history: bool
    has_all_history: bool

    @property
    def exchange(self) -> Path:
        """Folder of this run's exchange."""
        return self.home.spark / "exchange" / self.run_id


@contextmanager
def building_on_spark(
    build: SparkBuild, counts: dict[Relation, int], say: Callable[[str], None]
) -> Iterator[SparkWarehouse]:
    """Hand over what dbt reads, let the block build, and take the results back.

    Args:
        build: What to hand over and take back.
        counts: Filled with the row count of every relation that was built.
        say: Told what happens.

    Raises:
        SparkUnavailableError: Spark cannot be reached or started, ended while it was at work, or
            holds the tables of another installation.
    """
    storage = Storage.of(build.home.root)
    build.home.spark.mkdir(parents=True, exist_ok=True)
    noted = build.home.spark / "session" if build.master.startswith(CONNECT) else None
    with (
        # History is built last: after any other build the next one follows in this process.
        connect_server(build.master, build.home.spark, say, keep=not build.has_history) as address,
        spark_warehouse(address, storage, noted) as spark,
    ):
        claim_catalogue(build.home, spark)
        for name in spark.drop_leftovers(build.schemas):
            say(f"removed what a killed run left of {name}")
        _hand_over(build, spark)
        if build.has_history:
            for table, rows in restore_history(build.home.published, spark).items():
                say(f"restored {rows} rows of {table} from the published copy")
        yield spark
        counts |= spark.row_counts(build.counted)
        _take_back(build, spark, counts)


def _hand_over(build: SparkBuild, spark: SparkWarehouse) -> None:
    """Give Spark what was configured, learned and landed, as Parquet where it lies.

    What the first build of a run was given, the next one has: only what was learned is new.
    """
    folder = build.exchange / "given"
    complete = folder / "complete"
    if complete.exists():
        _give_tables(build, spark, [LEARNED], folder)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schemas = [*GIVEN, LEARNED]
    for schema in schemas:
        spark.create_schema(schema)
    spark.drop_landed("landing")
    _give_tables(build, spark, schemas, folder)
    for landed in build.landed:
        spark.replace_landed("landing", landed.name, landed.columns, landed.files)
    complete.touch()


def _give_tables(
    build: SparkBuild, spark: SparkWarehouse, schemas: Sequence[str], folder: Path
) -> None:
    """Write the tables of some schemas as Parquet into a folder, and tell Spark of them."""
    with warehouse(build.home.warehouse, read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where list_contains(?, schema_name) and not suffix(table_name, ?) order by all",
            [list(schemas), UNFINISHED],
        ).fetchall():
            given = folder / f"{schema}.{table}"
            given.mkdir(exist_ok=True)
            origin, file = f"{quoted(schema)}.{quoted(table)}", given / "part.parquet"
            connection.execute(f"copy {origin} to {literal(str(file))} (format parquet)")
            columns = _columns(connection, schema, table)
            spark.replace_external_table(schema, table, columns, given)


def _take_back(build: SparkBuild, spark: SparkWarehouse, counts: Mapping[Relation, int]) -> None:
    """Keep what is published as files, then point the DuckDB file at them in one transaction.

    Files that this machine sees are linked; others are written once more, where it sees them.
    """
    folder = build.exchange / "made"

    def written(relation: Relation) -> Path:
        target = folder / relation[0] / relation[1]
        rows = counts.get(relation)
        if rows is None or not spark.link_files(*relation, rows, target):
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
            files = pattern_literal(folders[schema, table], "*.parquet")
            connection.execute(f"create schema if not exists {quoted(schema)}")
            drop_relation(connection, schema, table)
            connection.execute(
                f"create view {quoted(schema)}.{quoted(table)} as "  # noqa: S608
                f"select {chosen} from read_parquet({files})"
            )
        connection.execute("commit")
        if build.has_all_history:
            mark_history(connection, build.home.warehouse.stem, spark)
        _remove_unread(build, connection)


def _remove_unread(build: SparkBuild, connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the folders of earlier runs, except what a view still reads of a run in parts."""
    texts = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    for other in build.exchange.parent.iterdir():
        is_read = any(f"/exchange/{other.name}/" in text for (text,) in texts)
        if other != build.exchange and not is_read:
            shutil.rmtree(other, ignore_errors=True)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
    )
