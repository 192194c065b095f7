"""The engines whose writers are killed: how each tells its statements, and what a run is told.

A new engine is one more row of ENGINES: the stages start runs by its `arguments` and `settings`,
and landed files and published copies, which every engine makes alike, are judged for all. Tables
before they are published are looked up in DuckDB's file, where marts and history are whatever
engine made them. Never put here a stage, nor what must hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.stop_points import Watch
from tests.spark.small_data import SETTINGS


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        name: As `--engine` says it.
        tell: Makes a process that is watched tell the engine's statements.
        arguments: Added to `quintile run`.
        settings: Added to the configuration of the resource `refresh`, where steps run alone.
        modules: Imported before the first fork.
        variables: Of the environment of every run.
        needs: Raises when this machine cannot run it.
        last: The last of the prepared homes that its stages begin with.
    """

    name: str
    tell: Callable[[Watch], None]
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    needs: Callable[[], object] = lambda: None
    last: str = "published"


def _tell_duckdb(watch: Watch) -> None:
    """Every statement that any library of this process gives to DuckDB."""
    import duckdb

    connection: Any = duckdb.DuckDBPyConnection

    def told(name: str) -> None:
        original = getattr(connection, name)

        def call(self: Any, *arguments: Any, **options: Any) -> Any:
            statement = arguments[0] if arguments else options.get("query", name)
            watch.statement("duckdb", statement if isinstance(statement, str) else name)
            return original(self, *arguments, **options)

        setattr(connection, name, call)

    for name in ("execute", "executemany", "sql", "query", "commit"):
        told(name)


def _tell_spark(watch: Watch) -> None:
    """Every statement and every write that goes through the Connect session, dbt's too.

    A statement that only reads is no point; DuckDB's are told as well, because it is handed from
    and taken back into its file.
    """
    from pyspark.sql.connect.readwriter import DataFrameWriter
    from pyspark.sql.connect.session import SparkSession

    _tell_duckdb(watch)
    sql, parquet = SparkSession.sql, DataFrameWriter.parquet

    def told_sql(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        watch.statement("spark", query)
        return sql(self, query, *arguments, **options)

    def told_parquet(self: Any, path: str, *arguments: Any, **options: Any) -> Any:
        watch.happens("spark", f"write {path.rpartition('/exchange/')[2]}")
        return parquet(self, path, *arguments, **options)

    SparkSession.sql, DataFrameWriter.parquet = told_sql, told_parquet


def _spark_is_there() -> None:
    from assets.spark_settings import require_client, spark_distribution

    require_client()
    # The client looks for a distribution when it is imported, and exits without one.
    os.environ["SPARK_HOME"] = str(spark_distribution())


MASTER = "local[2]"
"""A server of each run's own: the kill of a run takes it along in the middle of its work, which is
the harder case, and what a person has who types `--engine spark`."""

ENGINES = {
    "duckdb": Engine("duckdb", _tell_duckdb, modules=("duckdb", "dbt.adapters.duckdb")),
    "spark": Engine(
        "spark",
        _tell_spark,
        arguments=("--engine", "spark", "--master", MASTER),
        settings={"engine": "spark", "spark_master": MASTER},
        modules=("duckdb", "dbt.adapters.duckdb", "dbt.adapters.spark", "pyspark.sql.connect"),
        variables={"QUINTILE_SPARK_SETTINGS": SETTINGS},
        needs=_spark_is_there,
        last="landed",
    ),
}
ALL = "all"


class UnknownEngineError(ValueError):
    """No such engine, or one that this machine cannot run; the message says why."""


def engines_of(name: str) -> list[Engine]:
    """The engine of a name, or all of them.

    Raises:
        UnknownEngineError: it is not known, or what it needs is missing here.
    """
    if name not in (ALL, *ENGINES):
        allowed = ", ".join((*ENGINES, ALL))
        raise UnknownEngineError(f"--engine {name}: there is no such engine. Allowed: {allowed}.")
    found = [engine for engine in ENGINES.values() if name in (ALL, engine.name)]
    for engine in found:
        try:
            engine.needs()
        except RuntimeError as missing:
            raise UnknownEngineError(f"--engine {name}: {missing}") from missing
    return found
