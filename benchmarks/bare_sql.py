"""The baseline of `benchmarks.refresh`: the compiled SQL of every table, in one DuckDB process."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Build every relation of the plan file named on the command line."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with duckdb.connect(plan["database"]) as connection:
        connection.execute("set preserve_insertion_order = false")
        for schema, name, kind, query in plan["statements"]:
            connection.execute(f"create schema if not exists {schema}")
            relation = "view" if kind == "view" else "table"
            connection.execute(f"create or replace {relation} {schema}.{name} as {query}")


if __name__ == "__main__":
    main()
