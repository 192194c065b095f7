"""Limits and labels of all five techniques (TEC-8, SPEC 23, F53; vectors 2, 3, 4, 8, 9, 12)."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.checking import configuration_cautions
from models.problems import dotted
from models.rfm import DEFAULT_LABELS, METRICS, Rfm
from models.score_steps import score_steps
from models.tables import configuration_tables
from tests.models.documents import base, configured, problems


def label_of(scores: tuple[int, int, int]) -> list[str]:
    return [
        label.id
        for label in DEFAULT_LABELS
        if all(
            low <= score <= high
            for metric, score in zip(METRICS, scores, strict=True)
            for low, high in (getattr(label, metric),)
        )
    ]


def test_vector_2_default_rfm_labels_cover_37_of_125_and_never_twice() -> None:
    found = [label_of(triple) for triple in itertools.product(range(1, 6), repeat=3)]
    assert max(len(labels) for labels in found) == 1
    counts = {label.id: found.count([label.id]) for label in DEFAULT_LABELS}
    assert list(counts.values()) == [8, 8, 2, 2, 8, 4, 4, 1]
    assert found.count([]) == 88


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((1, 5, 5), ["cannot_lose"]),
        ((1, 4, 4), ["cannot_lose"]),
        ((5, 5, 5), ["most_important"]),
        ((5, 1, 1), ["new"]),
        ((3, 2, 1), ["promising"]),
        ((2, 1, 3), ["about_to_sleep"]),
        ((1, 1, 1), ["lost"]),
        ((5, 2, 2), []),
    ],
)
def test_vector_3_score_triples(scores: tuple[int, int, int], expected: list[str]) -> None:
    assert label_of(scores) == expected


SEED_RULES: dict[str, Any] = {
    "frequency": {"method": "manual", "scores": {5: {"above": 8}, 4: {"between": [5, 10]}}},
    "monetary": {"method": "manual", "scores": {5: {"above": 1500}, 4: {"between": [800, 1200]}}},
}


def score(rfm: Rfm, metric: Any, goodness: str) -> int:
    """Score as dbt reads config.rfm_thresholds."""
    value = Decimal(goodness)
    reached = [
        step.score
        for step in score_steps(rfm, metric)
        if value > step.threshold or (step.is_inclusive and value == step.threshold)
    ]
    return max(reached, default=1)


def test_vector_4_manual_scores_of_the_seeds() -> None:
    configuration = configured(techniques={"rfm": SEED_RULES})
    rfm = configuration.techniques.rfm
    assert rfm is not None
    frequency = [score(rfm, "frequency", str(n)) for n in (4, 5, 8, 9, 10, 11)]
    assert frequency == [1, 4, 4, 5, 5, 5]
    amounts = ("799", "800", "1200", "1300", "1500", "1500.01")
    assert [score(rfm, "monetary", amount) for amount in amounts] == [1, 4, 4, 4, 4, 5]
    assert [caution.code for caution in configuration_cautions(configuration)] == [
        "rfm_score_overlap",
        "rfm_score_gap",
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 5), (30, 5), (31, 4), (90, 4), (91, 3), (180, 3), (181, 2), (365, 2), (366, 1)],
)
def test_shipped_recency_scores(days: int, expected: int) -> None:
    """RFM-13."""
    assert score(Rfm.model_validate({"recency": {"method": "manual"}}), "recency", str(-days)) == (
        expected
    )


def test_shipped_scores_hide_no_gap_and_no_overlap() -> None:
    rfm = {"recency": {"method": "manual"}, "frequency": {"method": "manual"}}
    assert configuration_cautions(configured(techniques={"rfm": rfm})) == ()


def test_whole_numbers_leave_no_gap_where_amounts_do() -> None:
    scores = {5: {"at_least": 9}, 4: {"between": [5, 8]}}
    counted = {"frequency": {"method": "manual", "scores": scores}}
    measured = {"monetary": {"method": "manual", "scores": scores}}
    assert configuration_cautions(configured(techniques={"rfm": counted})) == ()
    cautions = configuration_cautions(configured(techniques={"rfm": measured}))
    assert [c.code for c in cautions] == ["rfm_score_gap"]


def test_a_higher_score_must_stand_for_better_values() -> None:
    scores = {5: {"between": [10, 20]}, 4: {"between": [15, 30]}}
    found = problems(techniques={"rfm": {"monetary": {"method": "manual", "scores": scores}}})
    assert "better values than score 5" in found["techniques.rfm.monetary.scores[4]"]


def test_manual_amounts_need_scores() -> None:
    found = problems(techniques={"rfm": {"monetary": {"method": "manual"}}})
    assert "needs scores" in found["techniques.rfm.monetary.scores"]


def test_labels_above_the_levels_are_refused() -> None:
    """RFM-7."""
    found = problems(techniques={"rfm": {"frequency": {"levels": 4}}})
    assert "levels: 4" in found["techniques.rfm.labels[0].frequency"]


def firmographic(count: int) -> dict[str, Any]:
    where = {"field": "employees", "above": 1}
    labels = [{"id": f"l{n}", "name": f"L {n}", "where": where} for n in range(count)]
    return {"firmographics": {"labels": labels}}


def recommendation(count: int) -> dict[str, Any]:
    types = {"next_purchase": {"probability": 50}, "cross_sell": {"probability": 50}}
    labels = [{"id": f"l{n}", "name": f"L {n}", "types": types} for n in range(count)]
    return {"recommendations": {"labels": labels}}


def engagement(count: int) -> dict[str, Any]:
    width = Decimal(100) / count
    labels = [
        {"id": f"l{n}", "name": f"L {n}", "range": [round(width * n, 2), round(width * (n + 1), 2)]}
        for n in range(count)
    ]
    return {"engagement": {"labels": labels}}


def rfm(count: int) -> dict[str, Any]:
    return {"rfm": {"labels": [{"id": f"l{n}", "name": f"L {n}"} for n in range(count)]}}


def voice(count: int) -> dict[str, Any]:
    where = {"intent": "purchase", "above": 90}
    labels = [{"id": f"l{n}", "name": f"L {n}", "where": where} for n in range(count)]
    return {"voice_of_customer": {"labels": labels}}


@pytest.mark.parametrize(
    ("make", "refused", "allowed"),
    [
        (firmographic, (0, 1, 6), (2, 5)),
        (recommendation, (0, 1, 6), (2, 5)),
        (engagement, (4, 11), (5, 10)),
        (rfm, (0, 9), (1, 8)),
        (voice, (0, 6), (1, 5)),
    ],
)
def test_vector_9_label_counts(
    make: Any, refused: tuple[int, ...], allowed: tuple[int, ...]
) -> None:
    for count in refused:
        found = problems(techniques=make(count))
        (path,) = found
        assert path.endswith(".labels")
        assert f"{count} labels" in found[path]
    for count in allowed:
        assert problems(techniques=make(count)) == {}


def test_a_single_limit_can_be_set() -> None:
    assert problems(limits={"min_engagement_labels": 4}, techniques=engagement(4)) == {}
    assert problems(limits={"max_rfm_labels": 9}, techniques=rfm(9)) == {}


def types_problem(types: dict[str, Any]) -> str:
    labels = [
        {"id": "a", "name": "A", "types": types},
        {"id": "b", "name": "B", "types": {"bundle": {"probability": 1}, **_CROSS}},
    ]
    return " ".join(problems(techniques={"recommendations": {"labels": labels}}).values())


_CROSS = {"cross_sell": {"probability": 50}}


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({"bundle": {"bundles": [["a", "b", "c"]], "probability": 5}, **_CROSS}, "exactly two"),
        ({"bundle": {"bundles": [["a", "a"]], "probability": 5}, **_CROSS}, "exactly two"),
        (
            {
                "bundle": {"bundles": [["a", "b"], ["c", "d"], ["e", "f"]], "probability": 5},
                **_CROSS,
            },
            "3 bundles, at most 2",
        ),
        (
            {"next_purchase": {"products": list("abcdefghijk"), "probability": 5}, **_CROSS},
            "11 products, at most 10",
        ),
        (_CROSS, "1 recommendation type(s), at least 2"),
    ],
)
def test_vector_8_recommendation_limits(types: dict[str, Any], expected: str) -> None:
    assert expected in types_problem(types)


def test_ten_products_and_two_bundles_are_allowed() -> None:
    bundles = {"bundle": {"bundles": [["a", "b"], ["c", "d"]], "probability": 5}}
    products = {"next_purchase": {"products": list("abcdefghij"), "probability": 5}}
    assert types_problem({**bundles, **products}) == ""


def segments(count: int) -> list[dict[str, Any]]:
    where = {"field": "industry", "is": "not_empty"}
    return [{"id": f"s{n}", "name": f"S {n}", "where": where} for n in range(count)]


def test_vector_12_segment_limits_by_preset() -> None:
    assert problems(limits="zoho_enterprise", segments=segments(5)) == {}
    found = problems(limits="zoho_enterprise", segments=segments(6))
    assert "6 segments; at most 5" in found["segments"]
    assert problems(limits="zoho_ultimate", segments=segments(15)) == {}
    assert "at most 15" in problems(limits="zoho_ultimate", segments=segments(16))["segments"]
    assert problems(segments=segments(200)) == {}, "no cap unless asked for (GLC-4)"


def test_presets_cap_accounts() -> None:
    """GLC-4."""
    assert configured().limits.max_accounts is None
    assert configured(limits="zoho_ultimate").limits.max_accounts == 500_000
    own = {"preset": "zoho_enterprise", "max_accounts": 7}
    limits = configured(limits=own).limits
    assert (limits.max_accounts, limits.max_segments) == (7, 5)


def test_engagement_ranges_may_not_overlap_and_gaps_are_cautions() -> None:
    """ENG-10."""
    labels = [
        {"id": f"l{n}", "name": f"L {n}", "range": r}
        for n, r in enumerate([[0, 20], [20, 40], [40, 60], [60, 80], [79, 100]])
    ]
    found = problems(techniques={"engagement": {"labels": labels}})
    assert "overlaps" in found["techniques.engagement.labels[4].range"]
    labels[4]["range"] = [85, 99]
    configuration = configured(techniques={"engagement": {"labels": labels}})
    codes = [caution.code for caution in configuration_cautions(configuration)]
    assert codes == ["engagement_gap", "engagement_gap", "no_events"]


def test_label_names_are_unique_ignoring_case() -> None:
    """TEC-11."""
    labels = [{"id": "a", "name": "Key"}, {"id": "b", "name": " KEY "}]
    assert (
        "used twice"
        in problems(techniques={"rfm": {"labels": labels}})["techniques.rfm.labels[1].name"]
    )
    reserved = [{"id": "unlabelled", "name": "None"}]
    assert (
        "reserved"
        in problems(techniques={"rfm": {"labels": reserved}})["techniques.rfm.labels[0].id"]
    )


@pytest.mark.parametrize("count", [200, 201])
def test_chosen_export_fields(count: int) -> None:
    """SPEC 23: at most 200 chosen fields."""
    custom = {f"f{n}": f"F {n}" for n in range(201)}
    modules = configured().modules.model_dump(by_alias=True, mode="json", exclude_none=True)
    modules["accounts"]["custom"] = custom
    exports = [{"segment": "s0", "fields": list(custom)[:count]}]
    found = problems(modules=modules, segments=segments(1), exports=exports)
    assert found == ({} if count == 200 else {"exports[0].fields": found["exports[0].fields"]})
    assert count == 200 or "201 fields; at most 200" in found["exports[0].fields"]


def test_thresholds_reach_the_configuration_table() -> None:
    configuration = configured(techniques={"rfm": SEED_RULES})
    tables = {t.name: t for t in configuration_tables(configuration, date(2024, 1, 1), "duckdb")}
    assert tables["rfm_thresholds"].rows == (
        ("frequency", 4, Decimal(5), True),
        ("frequency", 5, Decimal(8), False),
        ("monetary", 4, Decimal(800), True),
        ("monetary", 5, Decimal(1500), False),
    )


def test_words_that_are_written_for_a_feed_are_known_to_its_channel() -> None:
    """INT-4: constants and the right side of replacements; what a source says is seen in a run."""
    fields = {
        "event": {"column": "Type", "replace": {"OPEN": "opened", "SPAM": "complained_of"}},
        "occurred_at": "At",
        "direction": {"value": "Incoming"},
        "bounce_type": {"column": "Bounce", "replace": {"HARD": "hard", "BLOCK": "blocked"}},
    }
    modules = base()["modules"]
    modules["events"] = {"mails": {"from": "crm.mails", "channel": "email", "fields": fields}}
    found = {dotted(c.path): str(c) for c in configuration_cautions(configured(modules=modules))}
    assert set(found) == {
        "modules.events.mails.fields.event",
        "modules.events.mails.fields.bounce_type",
    }
    assert "'complained_of'" in found["modules.events.mails.fields.event"]
    assert "did you mean 'complained'?" in found["modules.events.mails.fields.event"]
    assert "'blocked'" in found["modules.events.mails.fields.bounce_type"]
