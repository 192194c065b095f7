"""The warehouse of the Spark engine: what Spark is handed, and what is taken back from it.

Spark reads Parquet and writes tables of its own; it is never given rows by this process and never
returns any but reports. Configuration and landed loads go in as tables over Parquet where it lies,
history as tables of Spark's own, and what is published comes back as Parquet that executors wrote:
links to the files of its tables, or, where this machine does not see those, files written for it.
`Storage` says how the cluster names the home folder. Add here what moves between the two engines;
never a rule, nor how a session is opened (`spark_session`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.spark_session import spark_session

STORAGE_VARIABLE = "QUINTILE_SPARK_STORAGE"

FILES = "__files_"
"""Between the name of a landed relation and the number of one of its sets of columns."""
FILE = "landed_in"
"""Partition column of such a table: a number for every file."""
MOST_PARTITIONS = 200
"""Partitions named in one statement."""

_GLOB = re.compile(r"([*?\[\]{}\\])")


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
        """The same, quoted for `parquet.…`, which reads patterns."""
        return _quoted(_GLOB.sub(r"\\\1", self.address_of(path)))

    def path_of(self, address: str) -> Path | None:
        """Folder of this machine behind an address of the cluster; None when it is not here."""
        if address.startswith(f"{self.address}/"):
            found = self.home / address.removeprefix(f"{self.address}/")
        elif address.startswith("file:/"):
            found = Path("/" + address.removeprefix("file:").lstrip("/"))
        else:
            return None
        return found if found.is_dir() else None


class SparkWarehouse:
    """Tables of one Spark catalogue, through a session that dbt shares in this process."""

    def __init__(self, session: Any, storage: Storage) -> None:
        self._session = session
        self._storage = storage

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query with a small result: a report, never accounts."""
        return [tuple(row) for row in self._session.sql(query).collect()]

    def first_rows(self, query: str, most: int) -> tuple[list[str], list[list[Any]]]:
        """Names of the columns of a query, and its first rows."""
        frame = self._session.sql(query)
        return list(frame.columns), [list(row) for row in frame.limit(most).collect()]

    def create_schema(self, schema: str, **properties: str) -> None:
        """Make a schema, with properties, unless it exists."""
        named = ", ".join(f"{_text(n)} = {_text(value)}" for n, value in properties.items())
        told = f" with dbproperties ({named})" if named else ""
        self._session.sql(f"create schema if not exists {_quoted(schema)}{told}")

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table or view exists."""
        return bool(self._session.catalog.tableExists(f"{_quoted(schema)}.{_quoted(table)}"))

    def drop_table(self, schema: str, table: str) -> None:
        """Drop a table if it exists."""
        self._session.sql(f"drop table if exists {_quoted(schema)}.{_quoted(table)}")

    def tables(self, schema: str) -> set[str]:
        """Names of the tables and views of a schema."""
        return {row[1] for row in self.rows(f"show tables in {_quoted(schema)}")}

    def schema_property(self, schema: str, name: str) -> str | None:
        """Value of a property of a schema; None when it has none."""
        described = dict(self.rows(f"describe schema extended {_quoted(schema)}"))
        found = re.search(rf"\({re.escape(name)},([^,()]*)\)", described.get("Properties", ""))
        return found[1].strip() if found else None

    def set_schema_property(self, schema: str, name: str, value: str) -> None:
        """Set a property of a schema."""
        self._session.sql(
            f"alter schema {_quoted(schema)} set dbproperties ({_text(name)} = {_text(value)})"
        )

    def table_property(self, schema: str, table: str, name: str) -> str | None:
        """Value of a property of a table; None when it has none or does not exist."""
        if not self.has_table(schema, table):
            return None
        listed = self.rows(f"show tblproperties {_quoted(schema)}.{_quoted(table)}")
        return {key: str(value) for key, value in listed}.get(name)

    def set_table_property(self, schema: str, table: str, name: str, value: str | None) -> None:
        """Set a property of a table, or take it away."""
        change = (
            f"unset tblproperties if exists ({_text(name)})"
            if value is None
            else f"set tblproperties ({_text(name)} = {_text(value)})"
        )
        self._session.sql(f"alter table {_quoted(schema)}.{_quoted(table)} {change}")

    def drop_landed(self, schema: str) -> None:
        """Drop what `replace_landed` made behind its views; the files stay where they are."""
        for table in sorted(self.tables(schema)):
            if FILES in table:
                self.drop_table(schema, table)

    def replace_landed(
        self, schema: str, table: str, columns: Mapping[str, str], files: Sequence[Path]
    ) -> None:
        """Point a view at Parquet files; a column that a file lacks is null there.

        `columns` maps names to DuckDB types. Without files the view is empty but has its columns.
        Files of equal columns are partitions of one table, so that the view's text, which a
        catalogue bounds (Derby: 32,700 characters), does not grow with every load.
        """
        alike: dict[tuple[str, frozenset[tuple[str, str]]], list[Path]] = {}
        for file in files:
            alike.setdefault((file.name, _file_columns(file)), []).append(file)
        parts = []
        for number, ((kind, found), members) in enumerate(alike.items(), start=1):
            behind = f"{table}{FILES}{number}"
            self._create_partitioned(schema, behind, members)
            # A folder holds files of several kinds; those of others are left out unopened.
            origin = f" from {_quoted(schema)}.{_quoted(behind)} where _metadata.file_name = "
            parts.append(_selected(columns, {n for n, _ in found}, origin + _text(kind)))
        query = " union all ".join(parts) or _selected(columns, set(), " where false")
        name = f"{_quoted(schema)}.{_quoted(table)}"
        self._session.sql(f"create or replace view {name} as {query}")

    def _create_partitioned(self, schema: str, table: str, files: Sequence[Path]) -> None:
        """Make a table whose partitions are files of equal name and columns, each in its folder."""
        name = f"{_quoted(schema)}.{_quoted(table)}"
        origin = f"parquet.{self._storage.named(files[0])}"
        found = self._session.sql(f"select * from {origin}").schema  # noqa: S608
        declared = "".join(f"{_quoted(f.name)} {f.dataType.simpleString()}, " for f in found.fields)
        self._session.sql(
            f"create table {name} ({declared}{FILE} int) using parquet partitioned by ({FILE}) "
            f"location {_text(self._storage.address_of(files[0].parent.parent))}"
        )
        places = [
            f"partition ({FILE} = {number}) location {_text(self._storage.address_of(file.parent))}"
            for number, file in enumerate(files)
        ]
        for first in range(0, len(places), MOST_PARTITIONS):
            some = " ".join(places[first : first + MOST_PARTITIONS])
            self._session.sql(f"alter table {name} add {some}")

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

    def link_files(self, schema: str, table: str, rows: int, folder: Path) -> bool:
        """Take the Parquet files of a table into a folder by hard links.

        They stay what they are whatever Spark does to the table next. Only files under the home
        folder are taken: elsewhere a folder of that name may be another machine's, or another
        table's.

        Args:
            schema: Schema of the table.
            table: Its name.
            rows: Rows that it has, which its files must have as well.
            folder: Folder to take them into; what it held is removed.

        Returns:
            False, with no folder made, where that cannot be: the table has partitions or is kept
            in another format, or this machine does not see its files or cannot link them.
        """
        shutil.rmtree(folder, ignore_errors=True)
        described = self.rows(f"describe table extended {_quoted(schema)}.{_quoted(table)}")
        files = self._files_here({str(row[0]): str(row[1]) for row in described})
        if not files or _row_count(files) != rows:
            return False
        try:
            folder.mkdir(parents=True)
            for file in files:
                (folder / file.name).hardlink_to(file)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            return False
        return True

    def _files_here(self, described: Mapping[str, str]) -> list[Path]:
        """Parquet files of an undivided table, as this machine sees them; none if it does not."""
        place = self._storage.path_of(described.get("Location", ""))
        home = self._storage.home.resolve()
        is_ours = place is not None and place.resolve().is_relative_to(home)
        is_whole = described.get("Provider") == "parquet" and not any(
            title.startswith("# Partition") for title in described
        )
        if place is None or not is_ours or not is_whole:
            return []
        # Spark passes over names that begin like this: they are not, or not yet, of the table.
        return sorted(f for f in place.glob("*.parquet") if not f.name.startswith(("_", ".")))

    def drop_leftovers(self, schemas: Iterable[str]) -> list[str]:
        """Remove folders of tables that the catalogue does not know: a killed run leaves them.

        Spark refuses to create a table over them. Only where this machine sees the folder of the
        schema; returns what was removed.
        """
        removed = []
        for schema in schemas:
            self.create_schema(schema)
            described = dict(self.rows(f"describe schema {_quoted(schema)}"))
            folder = self._storage.path_of(str(described.get("Location", "")))
            known = self.tables(schema) if folder else set()
            for leftover in sorted(folder.iterdir()) if folder else ():
                if leftover.name not in known:
                    shutil.rmtree(leftover, ignore_errors=True)
                    removed.append(f"{schema}.{leftover.name}")
        return removed


def _row_count(files: Iterable[Path]) -> int:
    """Rows that the footers of Parquet files tell; -1 where one cannot be read."""
    from pyarrow import ArrowException, parquet

    try:
        return sum(parquet.read_metadata(file).num_rows for file in files)
    except (ArrowException, OSError):
        return -1


@contextmanager
def spark_warehouse(
    address: str, storage: Storage, noted: Path | None = None
) -> Iterator[SparkWarehouse]:
    """Open a session on a Spark Connect server for one block; dbt finds it by SPARK_REMOTE.

    Args:
        address: `sc://host:port`.
        storage: How the cluster names the home folder.
        noted: Where the session's id is kept while the block lasts (`spark_session`).
    """
    with spark_session(address, noted) as session:
        yield SparkWarehouse(session, storage)


def _column_names(file: Path) -> set[str]:
    return {name for name, _ in _file_columns(file)}


def _file_columns(file: Path) -> frozenset[tuple[str, str]]:
    """Names and types of the columns of a Parquet file."""
    import pyarrow.parquet

    return frozenset((field.name, str(field.type)) for field in pyarrow.parquet.read_schema(file))


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
