"""GLC-8, GLC-9, F51: 1,000 random trees have on Spark the members that plain Python gives them.

The population reaches Spark as Parquet, the way landed files do. A statement carries many trees,
because Spark plans it longer than it works on eighty accounts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.spark_server import connect_server
from assets.spark_warehouse import SparkWarehouse, Storage, spark_warehouse
from models.catalogue import Place
from models.compilation import compile_labels
from models.criteria import Node
from models.periods import Moment
from tests.models.population import MODULE_NAMES, ZONES, Population, populate
from tests.models.test_criteria_property import CATALOGUE, evaluator, subjects
from tests.models.trees import business_dates, trees

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.timeout(1500)]

TREES_PER_STATEMENT = 50
TREES = 10_000 if os.environ.get("QUINTILE_NIGHTLY") == "1" else 1_000


@pytest.fixture(scope="module")
def population() -> Population:
    return populate()


@pytest.fixture(scope="module")
def spark(
    distribution: Path, population: Population, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SparkWarehouse]:
    home = tmp_path_factory.mktemp("trees")
    with (
        connect_server("local[2]", home / "spark") as address,
        spark_warehouse(address, Storage.of(home)) as warehouse,
    ):
        warehouse.create_schema("crm")
        for table in (*MODULE_NAMES, "account_labels"):
            folder = home / table
            folder.mkdir()
            population.connection.execute(
                f"copy {table} to '{folder}/part.parquet' (format parquet)"
            )
            columns = dict(
                population.connection.execute(
                    "select column_name, data_type from duckdb_columns() where table_name = ?",
                    [table],
                ).fetchall()
            )
            warehouse.replace_external_table("crm", table, columns, folder)
        warehouse.rows("use crm")
        yield warehouse


@settings(
    max_examples=TREES // TREES_PER_STATEMENT,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    trees=st.lists(
        trees(CATALOGUE, Place.SCOPE), min_size=TREES_PER_STATEMENT, max_size=TREES_PER_STATEMENT
    ),
    as_of=business_dates(),
    zone=st.sampled_from(ZONES),
)
def test_members_equal_the_oracle(
    spark: SparkWarehouse, population: Population, trees: list[Node], as_of: date, zone: str
) -> None:
    moment = Moment(as_of, zone)
    labels = [(f"t{n}", tree) for n, tree in enumerate(trees)]
    found: dict[str, set[str]] = {name: set() for name, _ in labels}
    for account_id, label_id in spark.rows(compile_labels(labels, CATALOGUE, moment, "spark")):
        found[label_id].add(account_id)
    meaning = evaluator(moment)
    everyone = subjects(population)
    for name, tree in labels:
        expected = {account for account, s in everyone.items() if meaning.holds(tree, s)}
        assert found[name] == expected, tree
