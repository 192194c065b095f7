"""BEY-1 from the published copy: who, why in, why not, since when, and what would change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.catalogue import Place
from models.criteria import Node
from models.evaluation import Evaluator
from models.periods import Moment
from orchestration.commands.published_accounts import Account, PublishedAccounts
from tests.models.population import Population, catalogue, populate
from tests.models.test_criteria_property import subjects
from tests.models.trees import trees
from tests.orchestration.command_line import Spoken, quintile
from tests.orchestration.published_copy import installed

AS_OF = date(2024, 2, 29)
CATALOGUE = catalogue(frozenset({"other"}))
MEMBERS = ("A0", "A3", "A7")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("explain"))[0]


@pytest.fixture(scope="module")
def population() -> Population:
    """The rows of the property tests, lying where the published copy has them."""
    found = populate(seed=11, accounts=10)
    connection = found.connection
    connection.execute("create schema marts")
    names = {
        "accounts": "dim_accounts",
        "contacts": "dim_contacts",
        "deals": "fct_deals",
        "deal_lines": "fct_deal_lines",
        "responses": "fct_responses",
        "response_signals": "fct_response_signals",
        "recommendations": "seg_recommendations",
        "predictions": "seg_account_predictions",
        "account_labels": "seg_account_labels",
    }
    for table, published in names.items():
        connection.execute(f"create view marts.{published} as from {table}")
    # What a machine did is nothing the account did (ENG-13).
    connection.execute(
        "create view marts.fct_events as select *, false as is_machine from events "
        "union all select *, true from events"
    )
    rows = ", ".join(f"('other', '{account}')" for account in MEMBERS)
    connection.execute(
        f"create table marts.seg_members as from (values {rows}) t(segment_id, account_id)"
    )
    return found


def explain(place: Path, *arguments: str) -> Spoken:
    return quintile("explain", *arguments, "-c", place)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tree=trees(CATALOGUE, Place.SEGMENT), number=st.integers(0, 9))
def test_one_account_is_explained_as_the_oracle_means_it(
    population: Population, tree: Node, number: int
) -> None:
    account_id = f"A{number}"
    stub: Any = SimpleNamespace(
        catalogue=CATALOGUE, organization=SimpleNamespace(time_zone="America/Los_Angeles")
    )
    accounts = PublishedAccounts(population.connection, stub, AS_OF)
    account = Account(account_id, None, True, None, None, account_id)
    subject = replace(
        subjects(population)[account_id],
        segments=frozenset({"other"} if account_id in MEMBERS else ()),
    )
    meaning = Evaluator(
        Moment(AS_OF, "America/Los_Angeles"), CATALOGUE.scored_accounts, CATALOGUE.related
    )
    found = accounts.evaluated(account, tree, Place.SEGMENT)
    assert found.explanation.is_met is meaning.holds(tree, subject)


def test_a_near_miss_names_field_value_and_distance(place: Path) -> None:
    spoken = explain(place, "Acme Clinic", "large")
    assert spoken.code == 0
    assert "not a member; exited on 2026-03-01: data changed" in spoken.out
    assert "NO    employees is at least 100" in spoken.out
    assert "would enter if employees were at least 100 (is 96, 4 away)" in spoken.out


def test_a_member_knows_since_when_and_why(place: Path) -> None:
    document = quintile("explain", "A2", "large", "--json", "-c", place).json
    assert document["criteria_hold"] is True
    assert document["membership"]["entered_on"] == "2026-03-01"
    assert document["membership"]["cause"] == "data_changed"
    by_path = {condition["path"]: condition for condition in document["conditions"]}
    assert by_path["all[0]"]["actual"] == "250"
    assert by_path["all[0]"]["threshold"] == "100"
    assert by_path["all[1]"]["actual"] == "1"  # one won deal; the open one does not count


def test_a_static_segment_says_that_criteria_do_not_decide(place: Path) -> None:
    inside = explain(place, "A4", "kept").out
    assert "member since 2026-02-01" in inside
    assert "a static segment keeps its first members (SEG-7)" in inside
    outside = explain(place, "A2", "kept").out
    assert "not a member, and never was" in outside
    assert "The criteria hold today, but a static segment" in outside


def test_outside_the_scope_the_first_failing_step_is_named(place: Path) -> None:
    head = explain(place, "A3").out
    assert "first failing step: billing_country is not empty" in head
    conditions = explain(place, "Nowhere Ltd", "global").out
    assert "NO    billing_country is not empty  empty" in conditions
    assert "would satisfy the global criteria if billing_country had a value" in conditions
    unpublished = explain(place, "A3", "large").out
    assert "are not published" in unpublished
    assert "would enter" not in unpublished


def test_the_overview_shows_scores_between_their_cut_points(place: Path) -> None:
    out = explain(place, "A1").out
    recency = next(line for line in out.splitlines() if line.strip().startswith("recency"))
    assert recency.split()[1:3] == ["40", "2"]
    assert "fewer than 90 days (2025-12-01)" in recency
    assert "fewer than 30 days (2026-01-30)" in recency
    assert "at least 2" in next(line for line in out.splitlines() if "frequency" in line)
    labels = explain(place, "A2").out
    assert "firmographics.mid_size" in labels
    assert explain(place, "A4").out.count("unscored: no purchase") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Acme",), "2 accounts fit 'Acme'; give the id of one:\n  A1  Acme Clinic"),
        (("Acne Clinc",), "did you mean 'Acme Clinic'"),
        (("A1", "lage"), "did you mean 'large'?"),
        (("A1", "rfm.losst"), "did you mean 'rfm.lost'?"),
        (("A1' or 1=1 --",), "no account has the id or name"),
    ],
)
def test_what_cannot_be_found_is_answered_with_the_nearest(
    place: Path, arguments: tuple[str, ...], message: str
) -> None:
    spoken = explain(place, *arguments)
    assert spoken.code == 2
    assert message in spoken.err
    assert spoken.out == "" or "as of" in spoken.out


def test_a_changed_configuration_is_said(tmp_path: Path) -> None:
    configuration, _ = installed(tmp_path)
    assert "configuration has changed" not in explain(configuration, "A1").out
    text = configuration.read_text(encoding="utf-8").replace("at_least: 100", "at_least: 90")
    configuration.write_text(text, encoding="utf-8")
    spoken = explain(configuration, "A1", "large")
    assert "The configuration has changed since this copy was published" in spoken.out
    assert "ok    employees is at least 90" in spoken.out


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    configuration, _ = installed(tmp_path, published=False)
    spoken = explain(configuration, "A1")
    assert (spoken.code, spoken.out) == (1, "")
    assert "nothing is published yet" in spoken.err


def test_names_are_values_and_never_sql(tmp_path: Path) -> None:
    hostile = "x'); drop table marts.dim_accounts; --"
    insert = "insert into marts.dim_{} by name select $name as account_id, 'Odd' as account_name"
    with duckdb.connect() as connection:
        text = connection.execute("select $name", {"name": hostile}).fetchone()
    assert text == (hostile,)
    quoted = hostile.replace("'", "''")
    landed = insert.format("landed_accounts") + ", true as is_in_scope, $name as survivor_id"
    configuration, _ = installed(
        tmp_path,
        landed.replace("$name", f"'{quoted}'"),
        insert.format("accounts").replace("$name", f"'{quoted}'") + ", 5 as employees",
    )
    spoken = explain(configuration, hostile, "large")
    assert spoken.code == 0
    assert "(is 5, 95 away)" in spoken.out
