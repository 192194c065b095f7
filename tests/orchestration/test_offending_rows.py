"""Rows of failed dbt tests: from the engine that ran them, never from another's tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.spark_findings import SUFFIX
from orchestration.commands.offending_rows import OffendingRows, offending_rows
from orchestration.commands.run_states import RunState


def failed(*queries: Path) -> RunState:
    told = "\n".join(f"test x: Got 1\n  1 rows; the query: {query}" for query in queries)
    now = datetime(2026, 11, 7, tzinfo=UTC)
    return RunState("r", "refresh_segments", "FAILURE", None, now, now, now, {"dbt": told}, [])


def test_rows_of_spark_are_those_that_it_left(tmp_path: Path) -> None:
    """DuckDB has no such table, or yesterday's of that name."""
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table deals as select 'of DuckDB' as deal_id")
    on_duckdb, on_spark, gone = (tmp_path / f"{name}.sql" for name in ("duckdb", "spark", "gone"))
    for query in (on_duckdb, on_spark, gone):
        query.write_text("select * from deals")
    kept = {"header": ["deal_id"], "rows": [["of Spark"]]}
    on_spark.with_suffix(SUFFIX).write_text(json.dumps(kept))
    gone.with_suffix(SUFFIX).write_text(json.dumps({"header": [], "rows": []}))
    found = offending_rows(warehouse, failed(on_duckdb, on_spark, gone))
    assert sorted(found, key=lambda rows: rows.about) == [
        OffendingRows("duckdb", str(on_duckdb), ["deal_id"], [["of DuckDB"]]),
        OffendingRows("spark", str(on_spark), ["deal_id"], [["of Spark"]]),
    ]
