"""The engines whose writers are killed: how each tells its statements, and what a run is told.

A new engine is one more row of ENGINES: the stages start runs by its `arguments` and `settings`,
and landed files and published copies, which every engine makes alike, are judged for all. Only the
tables before they are published are looked up in DuckDB's file (`judgement._warehouse`). Never put
here a stage, nor what must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.stop_points import Watch


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        name: As `--engine` says it.
        tell: Makes a process that is watched tell the engine's statements.
        arguments: Added to `quintile run`.
        settings: Added to the configuration of the resource `refresh`, where steps run alone.
        modules: Imported before the first fork.
    """

    name: str
    tell: Callable[[Watch], None]
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()


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


ENGINES = {
    "duckdb": Engine("duckdb", _tell_duckdb, modules=("duckdb", "dbt.adapters.duckdb")),
}
NOT_YET = {
    "spark": "its writer is not connected to this command: add a row to ENGINES in "
    "tests/faults/engines.py that tells its statements and starts `quintile run --engine spark`.",
}


class UnknownEngineError(ValueError):
    """No such engine, or one whose writer cannot be killed yet; the message says which can."""


def engine_of(name: str) -> Engine:
    """The engine of a name.

    Raises:
        UnknownEngineError: it is not known, or not connected yet.
    """
    if name in ENGINES:
        return ENGINES[name]
    reason = NOT_YET.get(name, "there is no such engine.")
    raise UnknownEngineError(f"--engine {name}: {reason} Allowed: {', '.join(ENGINES)}.")
