"""SEG-7 to SEG-15, BEY-5: the segment statement against the rules written out in Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.binding import bound
from models.catalogue import Place
from models.criteria_parsing import parse_criteria
from models.evaluation import Evaluator
from models.periods import Moment
from models.segment_compilation import compile_segments
from models.segments import Segment, find_cycle, in_dependency_order, segment_problems
from tests.models.population import Population, catalogue, populate
from tests.models.test_criteria_property import subjects
from tests.models.trees import trees

MOMENT = Moment(date(2024, 2, 29), "America/Los_Angeles")
NATURES = ("static", "semi_dynamic", "dynamic")
GONE = "an account that left the scope"


@pytest.fixture(scope="module")
def population() -> Population:
    found = populate(seed=11, accounts=30)
    found.connection.execute("create table prior_members (segment_id varchar, account_id varchar)")
    found.connection.execute(
        "create table segment_revisions "
        "(segment_id varchar, is_created boolean, is_revised boolean)"
    )
    return found


@st.composite
def chains(draw: st.DrawFn) -> list[Segment]:
    """Draw segments that refer to earlier ones, then shuffle them."""
    segments: list[Segment] = []
    for n in range(draw(st.integers(1, 5))):
        earlier = frozenset(segment.id for segment in segments)
        parents = [None, *(segment.id for segment in segments if segment.parent is None)]
        tree = draw(trees(catalogue(earlier), Place.SEGMENT))
        written = {"id": f"s{n}", "name": f"S {n}", "nature": draw(st.sampled_from(NATURES))}
        written["parent"] = draw(st.sampled_from(parents))  # type: ignore[assignment]
        segments.append(Segment.model_validate({**written, "where": tree}))
    return draw(st.permutations(segments))


def expected_rows(
    segments: list[Segment],
    population: Population,
    prior: dict[str, set[str]],
    revisions: dict[str, tuple[bool, bool]],
) -> set[tuple[str, str, bool, bool]]:
    fields = catalogue(frozenset(prior))
    meaning = Evaluator(MOMENT, fields.scored_accounts, fields.related)
    members: dict[str, set[str]] = {}
    rows: set[tuple[str, str, bool, bool]] = set()
    for segment in sorted(segments, key=lambda s: s.id):
        matching = set()
        for account, subject in subjects(population).items():
            inside = frozenset(name for name, found in members.items() if account in found)
            allowed = segment.parent is None or account in members[segment.parent]
            if allowed and meaning.holds(segment.where, replace(subject, segments=inside)):
                matching.add(account)
        is_created, is_revised = revisions[segment.id]
        if is_created:
            now = matching
        elif segment.nature == "static" or not is_revised:
            now = prior[segment.id]
        else:
            now = matching | (prior[segment.id] if segment.nature == "semi_dynamic" else set())
        if segment.nature == "dynamic" and segment.parent is not None:
            now = now & members[segment.parent]
        members[segment.id] = now
        for account in matching | prior[segment.id]:
            rows.add((segment.id, account, account in matching, account in now))
    return rows


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(segments=chains(), data=st.data())
def test_members_follow_nature_revision_and_parent(
    population: Population, segments: list[Segment], data: st.DataObject
) -> None:
    accounts = [*subjects(population), GONE]
    prior = {s.id: set(data.draw(st.lists(st.sampled_from(accounts)))) for s in segments}
    flags = st.sampled_from(((True, True), (False, True), (False, False)))
    revisions = {s.id: data.draw(flags) for s in segments}
    store = population.connection
    store.execute("delete from prior_members")
    store.execute("delete from segment_revisions")
    for segment_id, found in prior.items():
        for account in found:
            store.execute("insert into prior_members values (?, ?)", [segment_id, account])
        store.execute(
            "insert into segment_revisions values (?, ?, ?)", [segment_id, *revisions[segment_id]]
        )
    fields = catalogue(frozenset(prior))
    rows = store.execute(compile_segments(segments, fields, MOMENT, "duckdb")).fetchall()
    assert len(rows) == len(set(rows))
    assert set(rows) == expected_rows(segments, population, prior, revisions)
    sqlglot.parse_one(compile_segments(segments, fields, MOMENT, "spark"), dialect="spark")


def segment(segment_id: str, where: dict[str, Any], **others: Any) -> Segment:
    return Segment.model_validate({"id": segment_id, "name": segment_id, "where": where, **others})


def test_test_vector_11_natures_over_time(population: Population) -> None:
    """An account matches, stops matching, matches again (SPEC 24, vector 11)."""
    account = sorted(subjects(population))[0]
    yes = {"field": "account_id", "equals": account}
    no = {"all": [yes, {"not": yes}]}
    fields = catalogue()
    seen: dict[str, list[bool]] = {}
    for nature in NATURES:
        prior: set[str] = set()
        for day, where in enumerate((yes, no, yes)):
            tree = bound(parse_criteria(where), fields, Place.SEGMENT)
            found = segment("s", {"field": "account_id", "is": "empty"}, nature=nature)
            found = found.model_copy(update={"where": tree})
            store = population.connection
            store.execute("delete from prior_members")
            store.execute("delete from segment_revisions")
            store.execute("insert into segment_revisions values ('s', ?, true)", [day == 0])
            for member in prior:
                store.execute("insert into prior_members values ('s', ?)", [member])
            rows = store.execute(compile_segments([found], fields, MOMENT, "duckdb")).fetchall()
            prior = {row[1] for row in rows if row[3]}
            seen.setdefault(nature, []).append(account in prior)
    assert seen == {
        "static": [True, True, True],
        "semi_dynamic": [True, True, True],
        "dynamic": [True, False, True],
    }


def test_a_circle_is_refused_with_its_path() -> None:
    ring = (
        segment("a", {"segment": "b"}),
        segment("b", {"all": [{"segment": "c"}]}),
        segment("c", {"field": "industry", "is": "empty"}, parent="a"),
        segment("d", {"segment": "a"}),
    )
    assert find_cycle(ring) == ("a", "b", "c", "a")
    assert any("a -> b -> c -> a" in problem.message for problem in segment_problems(ring))
    with pytest.raises(ValueError, match="a -> b -> c -> a"):
        in_dependency_order(ring)


def test_a_segment_may_not_read_itself() -> None:
    assert find_cycle((segment("a", {"segment": "a"}),)) == ("a", "a")


def test_children_have_depth_one() -> None:
    family = (
        segment("a", {"field": "industry", "is": "empty"}),
        segment("b", {"field": "industry", "is": "empty"}, parent="a"),
        segment("c", {"field": "industry", "is": "empty"}, parent="b"),
    )
    problems = segment_problems(family)
    assert [p.path for p in problems] == [("segments", 2, "parent")]


def test_a_long_chain_is_put_in_order() -> None:
    """Written last to first, three hundred deep: neither the stack nor time runs out."""
    chain = [segment("s0", {"field": "industry", "is": "empty"})]
    chain += [segment(f"s{n}", {"segment": f"s{n - 1}"}) for n in range(1, 300)]
    ordered = in_dependency_order(tuple(reversed(chain)))
    assert [s.id for s in ordered] == [f"s{n}" for n in range(300)]
    assert find_cycle(tuple(chain)) == ()
