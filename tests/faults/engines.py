"""The engines whose writers are killed: how each tells its statements, and what a run is told.

A new engine is one more row of ENGINES. It needs nothing else: the stages start runs by `arguments`
and `resources`, and the judgement looks at landed files and published copies, which every engine
makes alike. Never put here a stage, nor what must hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.stop_points import Watch


@dataclass(frozen=True)
class Engine:
    """One engine: its name, and how a process that is watched tells the engine's statements.

    `arguments` are added to `quintile run`; `modules` are imported before the first fork.
    """

    name: str
    tell: Callable[[Watch], None]
    arguments: tuple[str, ...] = ()
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
