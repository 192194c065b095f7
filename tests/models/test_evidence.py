"""BEY-1: evidence leaf by leaf equals the meaning, and the nearest miss really flips it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.binding import bound
from models.catalogue import Place
from models.criteria import AllOf, AnyOf, FieldLeaf, Negation, Node, children_of, leaves
from models.criteria_parsing import parse_criteria
from models.evaluation import Evaluator
from models.evidence import evidence_criteria, leaf_statement
from models.nearest_miss import LeafOutcome, explain
from models.periods import Moment
from models.problems import dotted
from tests.models.documents import configured
from tests.models.population import Population, catalogue, populate
from tests.models.test_criteria_property import subjects
from tests.models.trees import trees

AS_OF = date(2024, 2, 29)
MOMENT = Moment(AS_OF, "America/Los_Angeles")
CATALOGUE = catalogue(frozenset({"other"}))
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def population() -> Population:
    found = populate(seed=3, accounts=12)
    found.connection.execute("create table members (segment_id varchar, account_id varchar)")
    found.connection.execute("insert into members select 'other', account_id from accounts limit 6")
    return found


def truth(node: Node, met: dict[str, bool], path: tuple[Any, ...] = ()) -> bool:
    """Outcome of a tree from the outcomes of its leaves."""
    if isinstance(node, AllOf):
        return all(truth(child, met, path + step) for step, child in children_of(node))
    if isinstance(node, AnyOf):
        return any(truth(child, met, path + step) for step, child in children_of(node))
    if isinstance(node, Negation):
        return not truth(node.child, met, (*path, "not"))
    return met[dotted(path) or "condition"]


@SLOW
@given(tree=trees(CATALOGUE, Place.SEGMENT))
def test_evidence_agrees_with_the_oracle(population: Population, tree: Node) -> None:
    statement = leaf_statement(tree, Place.SEGMENT, CATALOGUE, MOMENT, "duckdb")
    cursor = population.connection.execute(statement)
    names = [column[0] for column in cursor.description or ()]
    assert names == [
        "account_id",
        "position",
        "path",
        "description",
        "actual",
        "operator",
        "threshold",
        "is_met",
    ]
    rows = cursor.fetchall()
    assert len(rows) == 12 * sum(1 for _ in leaves(tree))
    meaning = Evaluator(MOMENT, CATALOGUE.scored_accounts, CATALOGUE.related)
    inside = {
        row[0] for row in population.connection.execute("select account_id from members").fetchall()
    }
    for account, subject in subjects(population).items():
        own = [row for row in rows if row[0] == account]
        whole = replace(subject, segments=frozenset({"other"} if account in inside else ()))
        for _, position, path, *_, is_met in own:
            leaf = next(itertools.islice(leaves(tree), position - 1, None))
            assert (dotted(leaf[0]) or "condition") == path
            assert meaning.holds(leaf[1], whole) is is_met
        outcomes = [LeafOutcome(row[2], row[4], row[7]) for row in own]
        assert explain(tree, outcomes, AS_OF).is_met is meaning.holds(tree, whole)
    spark = leaf_statement(tree, Place.SEGMENT, CATALOGUE, MOMENT, "spark", "it's")
    sqlglot.parse_one(spark, dialect="spark")


@SLOW
@given(tree=trees(CATALOGUE, Place.SCOPE), data=st.data())
def test_the_nearest_miss_flips_the_outcome_and_nothing_smaller_does(
    tree: Node, data: st.DataObject
) -> None:
    paths = [dotted(path) or "condition" for path, _ in leaves(tree)]
    assume(len(paths) <= 6)
    met = {path: data.draw(st.booleans()) for path in paths}
    outcomes = [LeafOutcome(path, None, is_met) for path, is_met in met.items()]
    found = explain(tree, outcomes, AS_OF)
    assert found.is_met is truth(tree, met)
    changed = [change.path for change in found.changes]
    flipped = {path: is_met != (path in changed) for path, is_met in met.items()}
    assert truth(tree, flipped) is not found.is_met
    for smaller in range(len(changed)):
        for others in itertools.combinations(paths, smaller):
            attempt = {path: is_met != (path in others) for path, is_met in met.items()}
            assert truth(tree, attempt) is found.is_met


def miss(raw: dict[str, Any], **actual: tuple[str | None, bool]) -> list[tuple[str, Any, str]]:
    tree = bound(parse_criteria(raw), CATALOGUE, Place.SEGMENT)
    outcomes = []
    for path, leaf in leaves(tree):
        assert isinstance(leaf, FieldLeaf)
        outcomes.append(LeafOutcome(dotted(path) or "condition", *actual[leaf.field]))
    return [(c.path, c.distance, c.unit) for c in explain(tree, outcomes, AS_OF).changes]


def test_the_smaller_distance_breaks_a_tie() -> None:
    raw = {
        "any": [
            {"field": "employees", "at_least": 1000},
            {"field": "contact_count", "at_least": 5},
        ]
    }
    found = miss(raw, employees=("990", False), contact_count=("3", False))
    assert found == [("any[1]", Decimal(2), "units")]


@pytest.mark.parametrize(
    ("leaf", "actual", "is_met", "distance"),
    [
        ({"in_last_days": 30}, "2024-01-30", False, 1),
        ({"in_last_days": 30}, "2024-01-31", True, 1),
        ({"in_last_days": 30}, "2024-03-02", False, 2),
        ({"before": "2024-01-01"}, "2024-01-01", False, 1),
        ({"before": "2024-01-01"}, "2023-12-30", True, 2),
        ({"in": "next_month"}, "2024-02-20", False, 10),
    ],
)
def test_distances_of_dates_are_days(
    leaf: dict[str, Any], actual: str, is_met: bool, distance: int
) -> None:
    raw = {"field": "contract_end_date", **leaf}
    assert miss(raw, contract_end_date=(actual, is_met)) == [
        ("condition", Decimal(distance), "days")
    ]


def test_texts_and_missing_values_have_no_distance() -> None:
    assert miss({"field": "industry", "equals": "x"}, industry=("y", False)) == [
        ("condition", None, "")
    ]
    assert miss({"field": "employees", "above": 5}, employees=(None, False)) == [
        ("condition", None, "")
    ]


def test_subjects_of_an_explanation() -> None:
    where = {"field": "tier", "equals": "A"}
    configuration = configured(
        global_criteria={"field": "billing_country", "is": "not_empty"},
        segments=[
            {"id": "parent", "name": "Parent", "where": where},
            {"id": "child", "name": "Child", "parent": "parent", "where": where},
        ],
    )
    found = {
        subject: [dotted(path) for path, _ in leaves(evidence_criteria(configuration, subject)[0])]
        for subject in ("global_criteria", "parent", "child", "rfm.lost", "firmographics.small")
    }
    assert found == {
        "global_criteria": [""],
        "parent": [""],
        "child": ["all[0]", "all[1]"],
        "rfm.lost": ["all[0]", "all[1]", "all[2]"],
        "firmographics.small": [""],
    }
    with pytest.raises(LookupError, match=r"did you mean 'rfm\.lost'\?"):
        evidence_criteria(configuration, "rfm.lots")
    with pytest.raises(LookupError, match="there are no global criteria"):
        evidence_criteria(configured(), "global_criteria")
