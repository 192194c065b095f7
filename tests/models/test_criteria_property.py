"""GLC-8, GLC-9, F51: what DuckDB says of a tree is what the plain-Python meaning says."""

from __future__ import annotations

import os
from datetime import date

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.binding import bound
from models.catalogue import Place
from models.compilation import (
    compile_contribution,
    compile_labels,
    compile_row_filter,
    compile_scope,
)
from models.criteria import AllOf, Node
from models.criteria_parsing import parse_criteria
from models.evaluation import Evaluator, Subject
from models.periods import Moment
from tests.models.population import ZONES, Population, catalogue, populate
from tests.models.trees import business_dates, field_leaves, nested, trees

TREES_PER_EXAMPLE = 25
TREES = 100_000 if os.environ.get("QUINTILE_NIGHTLY") == "1" else 1_000
CATALOGUE = catalogue()
DEAL_FIELDS = list(CATALOGUE.related["deals"].values())
MANY = settings(
    max_examples=TREES // TREES_PER_EXAMPLE,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def population() -> Population:
    return populate()


def subjects(population: Population) -> dict[str, Subject]:
    related = population.related()
    return {
        row["account_id"]: Subject(
            row, related[row["account_id"]], population.labels[row["account_id"]]
        )
        for row in population.rows["accounts"]
    }


def evaluator(moment: Moment) -> Evaluator:
    return Evaluator(moment, CATALOGUE.scored_accounts, CATALOGUE.related)


@MANY
@given(
    trees=st.lists(
        trees(CATALOGUE, Place.SCOPE), min_size=TREES_PER_EXAMPLE, max_size=TREES_PER_EXAMPLE
    ),
    as_of=business_dates(),
    zone=st.sampled_from(ZONES),
)
def test_members_equal_the_oracle_and_the_spark_text_parses(
    population: Population, trees: list[Node], as_of: date, zone: str
) -> None:
    moment = Moment(as_of, zone)
    labels = [(f"t{n}", tree) for n, tree in enumerate(trees)]
    statement = compile_labels(labels, CATALOGUE, moment, "duckdb")
    found: dict[str, set[str]] = {name: set() for name, _ in labels}
    for account_id, label_id in population.connection.execute(statement).fetchall():
        found[label_id].add(account_id)
    meaning = evaluator(moment)
    everyone = subjects(population)
    for name, tree in labels:
        expected = {account for account, s in everyone.items() if meaning.holds(tree, s)}
        assert found[name] == expected, tree
    spark = compile_labels(labels, CATALOGUE, moment, "spark")
    assert sqlglot.parse_one(spark, dialect="spark").sql("spark") == spark
    assert "${" not in spark


@settings(MANY, max_examples=60)
@given(
    steps=st.lists(trees(CATALOGUE, Place.SCOPE), min_size=1, max_size=4),
    as_of=business_dates(),
    zone=st.sampled_from(ZONES),
)
def test_first_failed_step_is_the_first_child_that_fails(
    population: Population, steps: list[Node], as_of: date, zone: str
) -> None:
    moment = Moment(as_of, zone)
    statement = compile_scope(AllOf(tuple(steps)), CATALOGUE, moment, "duckdb")
    meaning = evaluator(moment)
    expected = {
        account: next((n for n, s in enumerate(steps, 1) if not meaning.holds(s, subject)), None)
        for account, subject in subjects(population).items()
    }
    assert dict(population.connection.execute(statement).fetchall()) == expected


@settings(MANY, max_examples=60)
@given(
    raw=nested(field_leaves(list(CATALOGUE.related["deals"].values())), 6), as_of=business_dates()
)
def test_contribution_marks_the_deals_that_satisfy_it(
    population: Population, raw: dict[str, object], as_of: date
) -> None:
    tree = bound(parse_criteria(raw), CATALOGUE, Place.RELATED, "deals")
    moment = Moment(as_of)
    statement = compile_contribution(tree, CATALOGUE, moment, "duckdb")
    meaning = Evaluator(moment, CATALOGUE.related["deals"])
    expected = {
        row["deal_id"]: meaning.holds(tree, Subject(row)) for row in population.rows["deals"]
    }
    marked = f"select deal_id, is_chosen from ({statement})"
    assert dict(population.connection.execute(marked).fetchall()) == expected


def test_without_global_criteria_everybody_passes(population: Population) -> None:
    statement = compile_scope(None, CATALOGUE, Moment(date(2024, 1, 1)), "duckdb")
    rows = population.connection.execute(statement).fetchall()
    assert len(rows) == 80
    assert {step for _, step in rows} == {None}


def test_row_filter_is_an_expression_over_the_rows_of_its_module(population: Population) -> None:
    raw = {"any": [{"field": "stage", "equals": " WON"}, {"field": "seats", "above": 5}]}
    tree = bound(parse_criteria(raw), CATALOGUE, Place.ROWS, "deals")
    moment = Moment(date(2024, 1, 1))
    text = compile_row_filter(parse_criteria(raw), "deals", CATALOGUE, moment, "duckdb")
    count = population.connection.execute(f"select count(*) from deals where {text}").fetchone()
    meaning = Evaluator(moment, CATALOGUE.rows["deals"])
    expected = sum(meaning.holds(tree, Subject(row)) for row in population.rows["deals"])
    assert count == (expected,)
    assert expected > 0


def test_the_trees_find_something_and_not_everything(population: Population) -> None:
    """Guards the property test: data and trees that never meet would prove nothing."""
    raw = {"field": "industry", "equals": "retail"}
    tree = bound(parse_criteria(raw), CATALOGUE, Place.SCOPE)
    meaning = evaluator(Moment(date(2024, 1, 1)))
    members = sum(meaning.holds(tree, s) for s in subjects(population).values())
    assert 0 < members < 80
