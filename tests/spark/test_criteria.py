"""GLC-8, GLC-9, F51: 1,000 random trees have on Spark the members that plain Python gives them.

The population reaches Spark as Parquet, the way landed files do. A statement carries many trees as
labels, in one scan: Spark plans longer than it works on eighty accounts.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.spark_server import connect_server
from assets.spark_warehouse import SparkWarehouse, Storage, spark_warehouse
from models.binding import bound
from models.catalogue import Place
from models.compilation import compile_labels
from models.criteria import Negation, Node, depth
from models.criteria_parsing import HARD_DEPTH, parse_criteria
from models.expressions import column, lowered
from models.limits import Limits
from models.periods import Moment
from models.text import fold
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
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trees")


@pytest.fixture(scope="module")
def spark(distribution: Path, population: Population, home: Path) -> Iterator[SparkWarehouse]:
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
    assert_members_equal_the_oracle(spark, population, trees, Moment(as_of, zone))


def test_the_deepest_tree_that_is_read_works(spark: SparkWarehouse, population: Population) -> None:
    """Neither the client nor the server's parser runs out of stack (limits.max_criteria_depth)."""
    written: dict[str, Any] = {"field": "industry", "equals": "retail"}
    for level in range(2, HARD_DEPTH):  # the outermost level negates
        other = {"field": "annual_revenue", "equals": level}
        written = [{"not": written}, {"all": [written, {"not": other}]}, {"any": [other, written]}][
            level % 3
        ]
    limits = Limits(max_criteria_depth=HARD_DEPTH)
    tree = bound(parse_criteria(written), CATALOGUE, Place.SCOPE, limits=limits)
    both = [tree, Negation(tree)]
    moment = Moment(date(2024, 2, 29))
    found = assert_members_equal_the_oracle(spark, population, both, moment)
    assert depth(both[1]) == HARD_DEPTH
    assert all(found.values()), "a tree that nobody meets would prove nothing"


def test_spark_folds_every_code_point_as_we_do(spark: SparkWarehouse, home: Path) -> None:
    """GLC-8: within a word and at its end; letters younger than this Python's Unicode apart."""
    points = [chr(c) for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    texts = [text for point in points for text in (f"a{point}b", f"a{point}.")]
    folded = [fold(text) for text in texts]
    (home / "texts").mkdir()
    table = pyarrow.table({"text": texts, "folded": folded})
    pyarrow.parquet.write_table(table, home / "texts" / "part.parquet")
    columns = dict.fromkeys(table.column_names, "VARCHAR")
    spark.replace_external_table("crm", "texts", columns, home / "texts")
    text = lowered(column("text"), "spark").sql(dialect="spark")
    wrong = spark.rows(f"select text from texts where {text} <> folded")
    assert [t for (t,) in wrong if unicodedata.category(t[1]) != "Cn"] == []
    counted = spark.rows(f"select count(*), count_if(text <> {text}) from texts")
    moved = sum(before != after for before, after in zip(texts, folded, strict=True))
    assert counted == [(len(texts), moved + len(wrong))]


def assert_members_equal_the_oracle(
    spark: SparkWarehouse, population: Population, trees: list[Node], moment: Moment
) -> dict[str, set[str]]:
    """Members of each tree on Spark, which are those that plain Python gives it."""
    labels = [(f"t{n}", tree) for n, tree in enumerate(trees)]
    found: dict[str, set[str]] = {name: set() for name, _ in labels}
    for account_id, label_id in spark.rows(compile_labels(labels, CATALOGUE, moment, "spark")):
        found[label_id].add(account_id)
    meaning = evaluator(moment)
    everyone = subjects(population)
    for name, tree in labels:
        expected = {account for account, s in everyone.items() if meaning.holds(tree, s)}
        assert found[name] == expected, tree
    return found
