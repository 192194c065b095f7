"""The label registry: what may be written, and rules against their plain meaning (LBL)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.binding import bound
from models.catalogue import Place
from models.configuration import definition_hash, label_rules_hash, segment_hash
from models.criteria_parsing import parse_criteria
from models.dated_cautions import dated_cautions
from models.evaluation import Evaluator, Subject
from models.evidence import evidence_criteria
from models.periods import Moment
from models.registry import RuleLabel, label_rule
from models.segment_compilation import compile_registry
from models.tables import configuration_tables
from tests.models.documents import configured, problems
from tests.models.population import ZONES, Population, catalogue, populate
from tests.models.test_criteria_property import MANY
from tests.models.trees import business_dates, trees

CATALOGUE = catalogue()
COMMON = {
    "name": "Big", "description": "Is big.", "owner": "Marketing", "valid_from": "2024-01-31",
}  # fmt: skip
BIG = {"field": "employees", "at_least": 100}
ASKED = [
    {"id": "purchase", "name": "Buys"},
    {"id": "renewal", "name": "Renews", "deals": {"field": "pipeline", "equals": "Renewals"}},
]
MEAN = [{"prediction": "purchase", "weight": 0.4}, {"prediction": "renewal", "weight": 0.6}]
VOTES = [{"prediction": "purchase", "at_least": 50}, {"prediction": "renewal", "at_least": 60}]


def label(kind: str = "rule", **parts: Any) -> dict[str, Any]:
    given_parts = parts or {"where": BIG}
    return {"id": "big", "kind": kind, **COMMON, **given_parts}


@pytest.fixture(scope="module")
def population() -> Population:
    return populate(accounts=40)


@MANY
@given(
    pairs=st.lists(
        st.tuples(trees(CATALOGUE, Place.SEGMENT), st.none() | trees(CATALOGUE, Place.SEGMENT)),
        min_size=3,
        max_size=8,
    ),
    as_of=business_dates(),
    zone=st.sampled_from(ZONES),
)
def test_a_rule_holds_where_its_condition_does_and_what_withdraws_it_does_not(
    population: Population, pairs: list[Any], as_of: date, zone: str
) -> None:
    """LBL-4, LBL-5: the compiled rules on DuckDB against where and not unless, in plain Python."""
    moment = Moment(as_of, zone)
    evaluator = Evaluator(moment, CATALOGUE.scored_accounts, CATALOGUE.related)
    rules, expected = [], set()
    for number, (where, unless) in enumerate(pairs):
        rule = label_rule(RuleLabel.model_construct(where=where, unless=unless))
        assert rule is not None
        rules.append((f"l{number}", bound(rule, CATALOGUE, Place.SEGMENT)))
        given_by = bound(where, CATALOGUE, Place.SEGMENT)
        taken_by = None if unless is None else bound(unless, CATALOGUE, Place.SEGMENT)
        related = population.related()
        for row in population.rows["accounts"]:
            account = row["account_id"]
            subject = Subject(row, related[account], population.labels[account])
            if evaluator.holds(given_by, subject) and not (
                taken_by is not None and evaluator.holds(taken_by, subject)
            ):
                expected.add((f"l{number}", account))
    statement = compile_registry(rules, CATALOGUE, moment, "duckdb")
    found = population.connection.execute(statement).fetchall()
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (label(where={"segment": "s"}), "no segment"),
        (label(where={"label": "registry.other"}), "no label"),
        (label(where=BIG, unless={"field": "sector", "is": "empty"}), "no field 'sector'"),
        (label("model", prediction="purchas", at_least=50), "did you mean 'purchase'"),
        (label("model", prediction="purchase", at_least=101), "less than or equal to 100"),
        (label("ensemble", models=MEAN[:1], at_least=50), "at least 2"),
        (label("ensemble", models=[MEAN[0], MEAN[0]], at_least=50), "names a question twice"),
        (label("ensemble", models=[MEAN[0], {**MEAN[1], "weight": 0.5}], at_least=50), "to 0.9"),
        (label("ensemble", models=MEAN), "either at_least"),
        (label("ensemble", models=VOTES, vote="majority", at_least=5), "either at_least"),
        (label("ensemble", models=MEAN, vote="majority"), "a vote needs at_least"),
        (label("ensemble", models=VOTES, at_least=50), "needs a weight"),
        ({**label(), "review_by": "2024-01-30"}, "is before valid_from"),
        ({**label(), "owner": ""}, "at least 1 item"),
    ],
)
def test_what_cannot_be_meant_is_refused(written: dict[str, Any], message: str) -> None:
    segment = {"id": "s", "name": "S", "where": BIG}
    other = {**label(), "id": "other", "name": "Other"}
    found = problems(labels=[written, other], predictions=ASKED, segments=[segment])
    assert any(message in text for text in found.values()), found


def test_ids_and_names_are_used_once() -> None:
    found = problems(labels=[label(), {**label(), "name": "BIG"}])
    assert "used twice" in found["labels[1].id"]
    assert "used twice" in found["labels[1].name"]


def test_a_label_is_reviewed_after_180_days_and_told_in_words() -> None:
    """LBL-4: the registry with every label; a changed rule is another definition."""
    labels = [
        label(where=BIG, unless={"label": "rfm.lost"}),
        {**label("model", prediction="renewal", at_least=60), "id": "m", "name": "M"},
        {**label("ensemble", models=VOTES, vote="majority"), "id": "v", "name": "V"},
    ]
    configuration = configured(labels=labels, predictions=ASKED)
    tables = {t.name: t for t in configuration_tables(configuration, date(2024, 6, 30), "duckdb")}
    registry = tables["label_registry"]
    rows = [dict(zip(registry.columns, row, strict=True)) for row in registry.rows]
    ours = [row for row in rows if row["technique"] == "registry"]
    assert [row["review_by"] for row in ours] == [date(2024, 7, 29)] * 3
    assert [row["definition"] for row in ours] == [
        "employees is at least 100 and not (has label rfm.lost)",
        "any of predictions where prediction_id equals renewal and prediction_probability is at "
        "least 60",
        "more than half of: purchase at 50, renewal at 60",
    ]
    assert len(rows) == len(tables["labels"].rows) + 3
    assert len(tables["ensemble_members"].rows) == 2
    edited = [label(where={**BIG, "at_least": 101}, unless={"label": "rfm.lost"}), *labels[1:]]
    other = configured(labels=edited, predictions=ASKED)
    assert definition_hash(other) != definition_hash(configuration)


def test_what_gives_a_label_of_any_technique_is_told_in_words() -> None:
    """LBL-4: also of voices (VOC-15 to VOC-19) and recommendations (REC-18 to REC-21)."""
    asked = [{"competitor": "any"}, {"intent": "query", "at_least": 5}]
    said = {
        "complains": {"all": [{"intent": "complaint", "above": 30}, {"sentiment": "negative"}]},
        "happy": {"any": [{"sentiment": "positive", "at_least": 60}, {"not": {"any": asked}}]},
        "price": {"keywords": ["cost", "price"], "sentiment": "negative", "min_count": 2},
        "rival": {"competitor": ["Asana"], "above": 2},
    }
    types = {
        "cross_sell": {"products": ["P1", "P2"], "probability": 60},
        "bundle": {"bundles": [["P1", "P2"]], "probability": 12.5},
    }
    every = {"next_purchase": {"probability": 30}, "bundle": {"probability": 30}}
    offers = [
        {"id": "hot", "name": "Hot", "combine": "all", "types": types},
        {"id": "cold", "name": "Cold", "kind": "cold", "types": every},
    ]
    techniques = {
        "voice_of_customer": {
            "competitors": [{"name": "Asana"}],
            "labels": [{"id": id_, "name": id_, "where": where} for id_, where in said.items()],
        },
        "recommendations": {"labels": offers},
        "engagement": {"labels": "default"},
        "rfm": {},
        "firmographics": {},
    }
    tables = configuration_tables(configured(techniques=techniques), date(2024, 6, 30), "duckdb")
    (registry,) = (table for table in tables if table.name == "label_registry")
    columns = list(registry.columns)
    told = {row[0]: row[columns.index("definition")] for row in registry.rows}
    assert all(told.values()), told
    assert told["engagement.low"] == "engagement score from 20 to below 40"
    assert told["engagement.very_high"] == "engagement score from 80 to 100"
    assert {label: words for label, words in told.items() if label.startswith(("v", "rec"))} == {
        "voice_of_customer.complains": "more than 30 % of responses have the intent complaint and "
        "negative responses have the largest share",
        "voice_of_customer.happy": "at least 60 % of responses are positive or not (responses "
        "that mention a competitor: at least 1 or at least 5 % of responses have the intent query)",
        "voice_of_customer.price": "negative responses with any of: cost, price: at least 2",
        "voice_of_customer.rival": "responses that mention any of: Asana: more than 2",
        "recommendations.hot": "all of: cross sell of P1 or P2 at least 60 %, "
        "bundle of P1 with P2 at least 12.5 %",
        "recommendations.cold": "every probability that there is: next purchase of any product at "
        "most 30 %, bundle of any two products at most 30 %",
    }


def test_segments_ask_for_registered_labels_and_evidence_tells_their_rule() -> None:
    """LBL-7: labels are what segments are made of; BEY-1: leaf by leaf."""
    segment = {"id": "s", "name": "S", "where": {"label": "registry.big"}}
    configuration = configured(labels=[label()], segments=[segment])
    node, place = evidence_criteria(configuration, "registry.big")
    assert place is Place.SEGMENT
    assert node == bound(parse_criteria(BIG), configuration.catalogue, Place.SEGMENT)
    assert "segments[0].where.label" in problems(segments=[segment])


def test_holidays_of_every_year_and_of_one() -> None:
    """LBL-6: 29 February only where there is one."""
    holidays = [
        {"name": "Leap day", "month": 2, "day": 29},
        {"name": "Moving", "date": "2025-11-27"},
        {"name": "Christmas", "month": 12, "day": 25},
    ]
    configuration = configured(organization={"name": "Z", "currency": "USD", "holidays": holidays})
    tables = {t.name: t for t in configuration_tables(configuration, date(2026, 6, 30), "duckdb")}
    days = [day for day, _ in tables["holidays"].rows]
    assert days == [
        date(2024, 2, 29), date(2025, 11, 27), *(date(year, 12, 25) for year in range(2023, 2028)),
    ]  # fmt: skip
    found = problems(
        organization={"name": "Z", "currency": "USD", "holidays": [{"name": "Half", "month": 5}]}
    )
    assert "month and day, or date" in " ".join(found.values())


MOVING = [
    {"name": "Easter 2025", "date": "2025-04-20"},
    {"name": "Easter 2026", "date": "2026-04-05"},
    {"name": "Jubilee", "date": "2026-05-01"},
    {"name": "Christmas", "month": 12, "day": 25},
]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2026, 12, 31), [(2, "'Jubilee' has no date in 2025")]),
        (date(2026, 12, 30),
         [(0, "'Easter' has no date in 2024"), (2, "'Jubilee' has no date in 2024"),
          (2, "'Jubilee' has no date in 2025")]),
        (date(2027, 12, 31),
         [(0, "'Easter' has no date in 2027"), (2, "'Jubilee' has no date in 2027")]),
    ],
)  # fmt: skip
def test_a_moving_holiday_without_a_date_is_told_with_its_year(
    as_of: date, expected: list[tuple[int, str]]
) -> None:
    """LBL-6: in every year of which the 24 months until as_of hold a day."""
    organization = {"name": "Z", "currency": "USD", "holidays": MOVING}
    found = dated_cautions(configured(organization=organization), as_of)
    told = [(caution.path[-1], caution.message.split(",")[0]) for caution in found]
    assert told == expected


@pytest.mark.parametrize(
    "where",
    [
        BIG,
        {"field": "contract_end_date", "in_next_days": 30},
        {"any_of": "deals", "where": {"field": "closing_date", "in_last_days": 9}},
        {"label": "rfm.lost"},
        {"field": "recency_score", "at_least": 4},
    ],
)
def test_a_segment_moves_by_what_its_registered_label_reads(where: dict[str, Any]) -> None:
    """BEY-2: through a label the causes are those of its rule asked directly."""

    def uses(asked: dict[str, Any], labels: list[dict[str, Any]]) -> list[Any]:
        segment = {"id": "s", "name": "S", "where": asked}
        configuration = configured(segments=[segment], labels=labels)
        tables = configuration_tables(configuration, date(2024, 6, 30), "duckdb")
        (found,) = (table for table in tables if table.name == "segments")
        return [
            value
            for name, value in zip(found.columns, found.rows[0], strict=True)
            if name.startswith("uses_")
        ]

    assert uses({"label": "registry.big"}, [label(where=where)]) == uses(where, [])


def test_the_rules_of_its_labels_are_part_of_what_a_segment_means() -> None:
    """BEY-2: each part that decides who has the label, through ensembles to their questions."""
    ensemble = {**label("ensemble", models=MEAN, at_least=50), "id": "many", "name": "Many"}
    asked = {"any": [{"not": {"label": "registry.big"}}, {"label": "registry.many"}]}

    def hashed(
        rule: dict[str, Any], many: dict[str, Any] = ensemble, questions: Any = ASKED
    ) -> tuple[str, str | None]:
        segment = {"id": "s", "name": "S", "where": asked}
        configuration = configured(segments=[segment], labels=[rule, many], predictions=questions)
        (found,) = configuration.segments
        return segment_hash(found), label_rules_hash(found, configuration)

    first = hashed(label())
    told = {"name": "Huge", "description": "Is huge.", "owner": "Sales", "version": "2"}
    assert hashed({**label(), **told, "review_by": "2026-01-31"}) == first
    renamed = [{**ASKED[0], "name": "Buys soon", "description": "Soon."}, ASKED[1]]
    assert hashed(label(), questions=renamed) == first
    other = [
        hashed(label(where={**BIG, "at_least": 101})),
        hashed(label(where=BIG, unless={"label": "rfm.lost"})),
        hashed({**label(), "valid_from": "2024-02-29"}),
        hashed(label(), {**ensemble, "at_least": 51}),
        hashed(label(), questions=[{**ASKED[0], "horizon_days": 30}, ASKED[1]]),
        hashed(label(), questions=[ASKED[0], {"id": "renewal", "name": "Renews"}]),
    ]
    assert {own for own, _ in other} == {first[0]}  # as an earlier version stored it
    assert len({rules for _, rules in (first, *other)}) == 7
    plain = configured(segments=[{"id": "s", "name": "S", "where": {"label": "rfm.lost"}}])
    assert label_rules_hash(plain.segments[0], plain) is None
