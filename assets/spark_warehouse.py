"""The warehouse of the Spark engine: what Spark is handed, and what is taken back from it.

Spark reads Parquet and writes tables of its own; it is never given rows by this process and never
returns any but reports. Configuration and landed loads go in as views over Parquet, history as
tables, and what is published comes back as Parquet that executors wrote. `Storage` says how the
cluster names the home folder. Add here what moves between the two engines; never a rule.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.environment import environment
from assets.spark_server import DISTRIBUTION_VARIABLE, chosen_settings

STORAGE_VARIABLE = "QUINTILE_SPARK_STORAGE"
CATALOGUE_VARIABLE = "QUINTILE_SPARK_CATALOG"
REMOTE_VARIABLE = "SPARK_REMOTE"

_SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Small tables stay in few tasks; large ones are still split by their size.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
}


@dataclass(frozen=True)
class Storage:
    """The home folder as this machine sees it, and as the cluster does.

    Attributes:
        home: Folder on this machine.
        address: The same folder for Spark, such as `file:/mnt/lake/abm` or `s3a://lake/abm`.
    """

    home: Path
    address: str

    @classmethod
    def of(cls, home: Path) -> Storage:
        """What $QUINTILE_SPARK_STORAGE says; by default every worker sees the same path."""
        return cls(home, os.environ.get(STORAGE_VARIABLE, "").rstrip("/") or f"file:{home}")

    def address_of(self, path: Path) -> str:
        """Address of a path under the home folder."""
        return f"{self.address}/{path.relative_to(self.home).as_posix()}"

    def named(self, path: Path) -> str:
        """The same, quoted for `parquet.…`."""
        return _quoted(self.address_of(path))


class SparkWarehouse:
    """Tables of one Spark catalogue, through a session that dbt shares in this process."""

    def __init__(self, session: Any, storage: Storage) -> None:
        self._session = session
        self._storage = storage

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query with a small result: a report, never accounts."""
        return [tuple(row) for row in self._session.sql(query).collect()]

    def create_schema(self, schema: str) -> None:
        """Make a schema unless it exists."""
        self._session.sql(f"create schema if not exists {_quoted(schema)}")

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table or view exists."""
        return bool(self._session.catalog.tableExists(f"{_quoted(schema)}.{_quoted(table)}"))

    def drop_table(self, schema: str, table: str) -> None:
        """Drop a table if it exists."""
        self._session.sql(f"drop table if exists {_quoted(schema)}.{_quoted(table)}")

    def replace_view(
        self, schema: str, table: str, columns: Mapping[str, str], files: Sequence[Path]
    ) -> None:
        """Point a view at Parquet files; a column that a file lacks is null there.

        `columns` maps names to DuckDB types. Without files the view is empty but has its columns.
        """
        parts = [_selected(columns, names, f" from parquet.{self._storage.named(file)}")
                 for file, names in ((file, _column_names(file)) for file in files)]  # fmt: skip
        query = " union all ".join(parts) or _selected(columns, set(), " where false")
        name = f"{_quoted(schema)}.{_quoted(table)}"
        self._session.sql(f"create or replace view {name} as {query}")

    def replace_external_table(
        self, schema: str, table: str, columns: Mapping[str, str], folder: Path
    ) -> None:
        """Point a table at a folder of Parquet files whose columns are known.

        A view over files is resolved anew for every reader, which opens the files each time.
        """
        name = f"{_quoted(schema)}.{_quoted(table)}"
        declared = ", ".join(f"{_quoted(n)} {spark_type(k)}" for n, k in columns.items())
        self.drop_table(schema, table)
        self._session.sql(
            f"create table {name} ({declared}) using parquet "
            f"location {_text(self._storage.address_of(folder))}"
        )

    def replace_table(
        self, schema: str, table: str, columns: Mapping[str, str], file: Path, partition: str
    ) -> None:
        """Replace a table by the content of a Parquet file, partitioned by one column."""
        name = f"{_quoted(schema)}.{_quoted(table)}"
        chosen = _selected(
            columns, _column_names(file), f" from parquet.{self._storage.named(file)}"
        )
        self.drop_table(schema, table)
        self._session.sql(
            f"create table {name} using parquet partitioned by ({_quoted(partition)}) as {chosen}"
        )

    def row_counts(self, tables: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Number of rows of every table named, in one query."""
        wanted = list(tables)
        if not wanted:
            return {}
        counts = " union all ".join(
            f"select {number} as number, count(*) as row_count from {_quoted(s)}.{_quoted(t)}"  # noqa: S608
            for number, (s, t) in enumerate(wanted)
        )
        return {wanted[number]: count for number, count in self.rows(counts)}

    def write_parquet(self, schema: str, table: str, columns: Sequence[str], folder: Path) -> None:
        """Let the executors write a table as Parquet files into a folder under the home folder."""
        chosen = ", ".join(_quoted(column) for column in columns)
        frame = self._session.sql(
            f"select {chosen} from {_quoted(schema)}.{_quoted(table)}"  # noqa: S608
        )
        target = self._storage.address_of(folder)
        frame.write.mode("overwrite").option("compression", "zstd").parquet(target)

    def drop_leftovers(self, warehouse: Path, schemas: Iterable[str]) -> list[str]:
        """Remove folders of tables that the catalogue does not know: a killed run leaves them.

        Spark refuses to create a table over them. Only for a catalogue whose files are in
        `warehouse`; returns what was removed.
        """
        removed = []
        for schema in schemas:
            folder = warehouse / f"{schema}.db"
            if not folder.is_dir():
                continue
            self.create_schema(schema)
            known = {row[1] for row in self.rows(f"show tables in {_quoted(schema)}")}
            for leftover in sorted(folder.iterdir()):
                if leftover.name not in known:
                    shutil.rmtree(leftover, ignore_errors=True)
                    removed.append(f"{schema}.{leftover.name}")
        return removed


@contextmanager
def spark_warehouse(address: str, storage: Storage) -> Iterator[SparkWarehouse]:
    """Open a session on a Spark Connect server for one block; dbt finds it by SPARK_REMOTE.

    Args:
        address: `sc://host:port`.
        storage: How the cluster names the home folder.
    """
    told = {
        REMOTE_VARIABLE: address,
        # Without it the client looks for a distribution that it does not need, and exits.
        DISTRIBUTION_VARIABLE: os.environ.get(DISTRIBUTION_VARIABLE, "none"),
    }
    with environment(told), warnings.catch_warnings():
        # About pandas 3, which never sees a row here, and about static settings that dbt repeats.
        warnings.filterwarnings("ignore", module="pyspark")
        from pyspark.sql import SparkSession

        session = SparkSession.builder.remote(address).getOrCreate()
        try:
            for name, value in {**_SETTINGS, **_changeable(session, chosen_settings())}.items():
                session.conf.set(name, value)
            catalogue = os.environ.get(CATALOGUE_VARIABLE, "")
            if catalogue:
                session.catalog.setCurrentCatalog(catalogue)
            yield SparkWarehouse(session, storage)
        finally:
            session.stop()


def _changeable(session: Any, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings that a session may change; the others belong to the server's start."""
    return {name: value for name, value in settings.items() if session.conf.isModifiable(name)}


def _column_names(file: Path) -> set[str]:
    import pyarrow.parquet

    return set(pyarrow.parquet.read_schema(file).names)


def _selected(columns: Mapping[str, str], present: set[str], source: str) -> str:
    chosen = (
        f"cast({_quoted(name) if name in present else 'null'} as {spark_type(kind)}) "
        f"as {_quoted(name)}"
        for name, kind in columns.items()
    )
    return f"select {', '.join(chosen)}{source}"


def spark_type(kind: str) -> str:
    """Name of a DuckDB type in Spark; types not named here are spelled alike."""
    known = {"VARCHAR": "string", "MAP(VARCHAR, VARCHAR)": "map<string, string>"}
    return known.get(kind.upper(), kind.lower())


def _text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(identifier: str) -> str:
    """Quote an identifier of the catalogue; values never come this way."""
    return "`" + identifier.replace("`", "``") + "`"
