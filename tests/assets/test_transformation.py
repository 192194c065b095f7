"""What a build refuses, what of it is taken back from Spark, and what of that stays readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.refresh import Refresh
from assets.spark_exchange import SparkBuild, _take_back
from assets.spark_warehouse import SparkWarehouse
from assets.transformation import refuse_other_configuration, spark_build
from assets.warehouse import warehouse
from tests.end_to_end.installation import ROOT

DAY, NEXT = date(2026, 10, 31), date(2026, 11, 7)


@pytest.fixture
def refresh(tmp_path: Path) -> Refresh:
    return Refresh(
        configuration_path=str(ROOT / "examples" / "zylker" / "abm.yaml"),
        home_path=str(tmp_path / "home"), business_date=str(DAY), engine="spark",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("compiled", "said"),
    [
        (f"select date '{NEXT}' as as_of, 'spark' as engine", f"for {NEXT} on spark"),
        (f"select date '{DAY}' as as_of, 'duckdb' as engine", f"for {DAY} on duckdb"),
        (f"select date '{DAY}' as as_of", "for nothing"),
        (None, "for nothing"),
    ],
    ids=["another day", "another engine", "an older version", "not at all"],
)
def test_a_configuration_compiled_for_something_else_is_refused(
    refresh: Refresh, compiled: str | None, said: str
) -> None:
    """Criteria are compiled for a day and an engine; they would be wrong on another, in silence."""
    if compiled:
        with warehouse(refresh.home.warehouse) as connection:
            connection.execute(f"create schema config; create table config.run as {compiled}")
    with pytest.raises(dg.Failure) as refused:
        refuse_other_configuration(refresh)
    assert said in str(refused.value.description)
    assert f"this run is for {DAY} on spark" in str(refused.value.description)


def test_the_configuration_of_the_run_is_accepted(refresh: Refresh) -> None:
    with warehouse(refresh.home.warehouse) as connection:
        connection.execute(
            f"create schema config; create table config.run as "
            f"select date '{DAY}' as as_of, 'spark' as engine"
        )
    refuse_other_configuration(refresh)


def test_only_what_is_built_comes_back_and_only_tables_are_counted(refresh: Refresh) -> None:
    part = spark_build(
        refresh, {"dim_accounts", "run_history", "int_deals__contributed", "int_runs__begun"}
    )
    assert set(part.published) == {("marts", "dim_accounts"), ("history", "run_history")}
    types = part.published["marts", "dim_accounts"]
    assert duckdb.sql(f"select cast(null as {types['custom_fields']}) as a").types[0].id == "map"
    assert ("intermediate", "int_runs__begun") in part.counted
    assert ("intermediate", "int_deals__contributed") not in part.counted, "a view"
    assert not part.has_all_history
    assert {"staging", "intermediate", "marts", "history"} <= set(part.schemas)
    whole = spark_build(refresh, {name for _, name in part.counted} | {
        "account_state_history", "rfm_cut_point_history", "segment_event_history",
        "segment_revision_history", "sales_readiness_history", "handoff_history",
    })  # fmt: skip
    assert whole.has_all_history


class Written(SparkWarehouse):
    """Writes a row that says which run it is of, where executors would write a table."""

    def __init__(self, run: str) -> None:
        self.run = run

    def link_files(self, schema: str, table: str, rows: int, folder: Path) -> bool:
        return False

    def write_parquet(self, schema: str, table: str, columns: Sequence[str], folder: Path) -> None:
        folder.mkdir(parents=True)
        with duckdb.connect() as connection:
            rows = connection.sql(f"select '{self.run}' as run")
            rows.write_parquet(str(folder / "part.parquet"))


def test_a_build_in_parts_leaves_the_other_tables_readable(refresh: Refresh) -> None:
    marts = {("marts", name): {"run": "VARCHAR"} for name in ("dim_accounts", "dim_products")}
    whole = SparkBuild(
        refresh.home, "local", "first", (), (), (), marts, has_history=False, has_all_history=False
    )
    part = {("marts", "dim_products"): {"run": "VARCHAR"}}
    for build in (whole, replace(whole, run_id="second", published=part)):
        _take_back(build, Written(build.run_id), {})
    with warehouse(refresh.home.warehouse, read_only=True) as connection:
        assert connection.sql("from marts.dim_accounts").fetchall() == [("first",)]
        assert connection.sql("from marts.dim_products").fetchall() == [("second",)]
    _take_back(replace(whole, run_id="third"), Written("third"), {})
    assert [folder.name for folder in (refresh.home.spark / "exchange").iterdir()] == ["third"]
