"""The baseline of `benchmarks.refresh`: the same tables by bare SQL, in one DuckDB process.

It reads the records, writes them as landed Parquet, builds every relation from the SQL that dbt
compiled, and copies what is published to a second DuckDB file and to Parquet. It checks nothing,
hashes nothing, and nobody could read while it works. It reports the seconds of every part.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

PUBLISHED = ("marts", "history")


class Report:
    """Wall and CPU seconds of the parts, as they are done."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []

    @contextmanager
    def part(self, stage: str, name: str) -> Iterator[None]:
        """Measure one block as a part of a stage."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.parts.append(
            {
                "stage": stage,
                "name": name,
                "wall_seconds": time.perf_counter() - wall,
                "cpu_seconds": time.process_time() - cpu,
            }
        )


def main() -> None:
    """Build every relation of the plan file named on the command line."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(plan["folder"])
    report = Report()
    with duckdb.connect(plan["database"]) as connection:
        connection.execute("set preserve_insertion_order = false")
        for schema, name, query in plan["landed"]:
            landed = folder / f"{name}.parquet"
            with report.part("landing", name):
                connection.execute(
                    f"copy ({query}) to '{landed}' (format parquet, compression zstd)"
                )
                connection.execute(f"create or replace view {schema}.{name} as from '{landed}'")
        for schema, name, kind, stage, query in plan["statements"]:
            connection.execute(f"create schema if not exists {schema}")
            relation = "view" if kind == "view" else "table"
            with report.part(stage, name):
                connection.execute(f"create or replace {relation} {schema}.{name} as {query}")
        tables = [(s, n) for s, n, *_ in plan["statements"] if s in PUBLISHED]
        with report.part("publish", "published"):
            publish(connection, folder, tables)
    Path(plan["report"]).write_text(json.dumps(report.parts), "utf-8")


def publish(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[tuple[str, str]]
) -> None:
    """Copy tables to a fresh DuckDB file in the format of 1.5, and to Parquet."""
    connection.execute(
        f"attach '{folder / 'published.duckdb'}' as published (storage_version 'v1.5.0')"
    )
    for schema in {schema for schema, _ in tables}:
        connection.execute(f"create schema published.{schema}")
    for schema, name in tables:
        connection.execute(f"create table published.{schema}.{name} as from {schema}.{name}")
        file = folder / f"published_{name}.parquet"
        connection.execute(
            f"copy published.{schema}.{name} to '{file}' (format parquet, compression zstd)"
        )
    connection.execute("checkpoint published")


if __name__ == "__main__":
    main()
