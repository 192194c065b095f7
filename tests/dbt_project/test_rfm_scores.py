"""RFM scores of SQL against oracles in Python (RFM-8 to RFM-29).

Populations are put where `int_accounts__rfm_measured` would be, and the very texts that dbt sent to
the engine run on them; one dbt build serves all cases.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.warehouse import DEFAULT_RFM_LABELS, Configuration, Dbt, Load, fill, query

pytestmark = pytest.mark.xdist_group("dbt")

AS_OF = date(2024, 6, 30)
METRICS = ("recency", "frequency", "monetary")
Value = int | Decimal


def rank_form(values: Sequence[Value], levels: int) -> list[int]:
    """The formula of RFM-17 as written: w strictly worse values among n, integer arithmetic."""
    best, worst, size = max(values), min(values), len(values)
    return [
        levels
        if value == best and best != worst
        else sum(other < value for other in values) * levels // size + 1
        for value in values
    ]


def range_form(values: Sequence[Value], levels: int) -> list[int]:
    """Bins of equal width (RFM-20); equal values score 1 (RFM-19)."""
    best, worst = Fraction(max(values)), Fraction(min(values))
    if best == worst:
        return [1] * len(values)
    return [
        min(levels, int((Fraction(value) - worst) / (best - worst) * levels) + 1)
        for value in values
    ]


class Scorer:
    """Scores populations with the compiled dbt models."""

    def __init__(self, path: Path, dbt: Dbt) -> None:
        self._warehouse = duckdb.connect(str(path))
        self._texts = {
            name: dbt.compiled(name)
            for name in ("int_rfm__summarized", "int_rfm__cut_points", "int_accounts__rfm_scored")
        }

    def scores(
        self,
        values: Sequence[Value],
        levels: int,
        method: str,
        thresholds: Sequence[tuple[int, Value, bool]] = (),
    ) -> dict[str, list[int]]:
        """Scores by metric; every metric gets the same values, recency as minus days."""
        self._warehouse.execute("begin")
        try:
            self._set("config.rfm_metrics", [(m, levels, method, None) for m in METRICS])
            self._set("config.rfm_thresholds", [(m, *row) for m in METRICS for row in thresholds])
            rows = [
                (f"{number:05}", AS_OF, int(-value), value, value)
                for number, value in enumerate(values)
            ]
            self._set("intermediate.int_accounts__rfm_measured", rows)
            for name, text in self._texts.items():
                self._warehouse.execute(f"create or replace table intermediate.{name} as {text}")
            found = self._warehouse.execute(
                "select recency_score, frequency_score, monetary_score"
                " from intermediate.int_accounts__rfm_scored order by account_id"
            ).fetchall()
        finally:
            self._warehouse.execute("rollback")
        return {metric: [row[i] for row in found] for i, metric in enumerate(METRICS)}

    def _set(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._warehouse.execute(f"delete from {table}")
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            self._warehouse.executemany(f"insert into {table} values ({marks})", rows)


def triple_account(recency: int, frequency: int, monetary: int) -> tuple[str, list[dict[str, Any]]]:
    """An account that scores exactly this triple under TRIPLE_THRESHOLDS, and its deals."""
    account_id = f"{recency}{frequency}{monetary}"
    amounts = [1] * (frequency - 1) + [1000 * monetary]
    return account_id, [
        {
            "deal_id": f"{account_id}-{number}",
            "account_id": account_id,
            "stage": "closed won",
            "amount": amount,
            "closing_date": AS_OF - timedelta(days=10 * (6 - recency)),
            "created_at": datetime.fromisoformat("2020-01-01"),
        }
        for number, amount in enumerate(amounts)
    ]


TRIPLES = list(itertools.product(range(1, 6), repeat=3))
TRIPLE_THRESHOLDS = tuple(
    {"metric": metric, "score": score, "threshold": threshold, "is_inclusive": True}
    for score in range(2, 6)
    for metric, threshold in (
        ("recency", -10 * (6 - score)),
        ("frequency", score),
        ("monetary", 1000 * score),
    )
)


@pytest.fixture(scope="module")
def triples(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one account for each of the 125 triples, and one without a purchase."""
    path = tmp_path_factory.mktemp("triples") / "warehouse.duckdb"
    built = [triple_account(*triple) for triple in TRIPLES]
    created = {"created_at": datetime.fromisoformat("2020-01-01"), "account_name": "A"}
    accounts = [{"account_id": name, **created} for name, _ in built]
    accounts.append({"account_id": "quiet", **created})
    deals = [deal for _, deals in built for deal in deals]
    configuration = Configuration(
        as_of=AS_OF,
        metrics=tuple(
            {"metric": m, "levels": 5, "method": "manual", "field": None} for m in METRICS
        ),
        thresholds=TRIPLE_THRESHOLDS,
    )
    fill(path, [Load("accounts", accounts), Load("deals", deals)], configuration)
    dbt(path, "run")
    return path


@pytest.fixture(scope="module")
def scorer(triples: Path, dbt: Dbt) -> Scorer:
    return Scorer(triples, dbt)


def test_every_triple_has_the_label_of_its_pattern_or_none(triples: Path) -> None:
    rows = query(
        triples,
        "select recency_score, frequency_score, monetary_score, rfm_label_id, rfm_label_name,"
        " account_id from marts.seg_account_rfm where is_scored",
    )
    counts: Counter[str] = Counter()
    for recency, frequency, monetary, label_id, label_name, account_id in rows:
        assert account_id == f"{recency}{frequency}{monetary}"
        matching = [
            name
            for name, r, f, m in DEFAULT_RFM_LABELS
            if r[0] <= recency <= r[1] and f[0] <= frequency <= f[1] and m[0] <= monetary <= m[1]
        ]
        assert len(matching) <= 1
        assert label_id == (f"rfm.{matching[0]}" if matching else None)
        assert matching or label_name == "Unlabelled"
        counts.update(matching)
    assert len(rows) == 125
    # The figures of vector 2, in the order of the labels.
    assert [counts[name] for name, *_ in DEFAULT_RFM_LABELS] == [8, 8, 2, 2, 8, 4, 4, 1]


def test_an_account_without_purchase_is_unscored_and_not_unlabelled(triples: Path) -> None:
    row = query(
        triples,
        "select rfm_label_id, rfm_label_name, recency_score from marts.dim_accounts"
        " where account_id = 'quiet'",
    )
    assert row == [(None, "Unscored", None)]
    buckets = query(
        triples,
        "select label_name, account_count from marts.rpt_labels"
        " where label_id in ('rfm.unlabelled', 'rfm.unscored') order by label_name",
    )
    assert buckets == [("Unlabelled", 88), ("Unscored", 1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        (list(range(10)), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        ([1, 1, 1, 1, 1, 1, 2, 2, 3, 9], [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]),
        ([100, 250, 250, 900, 1200, 5000, 5000], [1, 1, 1, 3, 3, 5, 5]),
        ([7], [1]),
        ([4, 4, 4], [1, 1, 1]),
    ],
)
def test_percentile_check_values(scorer: Scorer, values: list[int], expected: list[int]) -> None:
    for scores in scorer.scores(values, 5, "percentile").values():
        assert scores == expected


whole = st.integers(-40, 40)
money = st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)
populations = st.one_of(
    st.lists(whole, min_size=1, max_size=60),
    st.lists(st.sampled_from([1, 1, 1, 2, 50]), min_size=1, max_size=80),
    st.lists(money, min_size=1, max_size=40),
)


@given(populations, st.integers(2, 5), st.sampled_from(["percentile", "range"]))
@settings(max_examples=120, deadline=None)
def test_automatic_scores_agree_with_the_oracle(
    scorer: Scorer, values: list[Value], levels: int, method: str
) -> None:
    oracle = rank_form if method == "percentile" else range_form
    found = scorer.scores(values, levels, method)
    assert found["frequency"] == oracle(values, levels)
    assert found["monetary"] == oracle(values, levels)
    days = [int(-value) for value in values]
    assert found["recency"] == oracle([-day for day in days], levels)


steps = st.lists(
    st.tuples(st.integers(2, 5), st.integers(-20, 20), st.booleans()), min_size=1, max_size=6
)


@given(st.lists(whole, min_size=1, max_size=30), steps)
@settings(max_examples=60, deadline=None)
def test_manual_scores_take_the_highest_step_reached(
    scorer: Scorer, values: list[int], thresholds: list[tuple[int, int, bool]]
) -> None:
    expected = [
        max(
            [1]
            + [
                score
                for score, threshold, inclusive in thresholds
                if value > threshold or (inclusive and value == threshold)
            ]
        )
        for value in values
    ]
    for scores in scorer.scores(values, 5, "manual", thresholds).values():
        assert scores == expected


def test_manual_examples_of_the_seed_texts(scorer: Scorer) -> None:
    """Vector 4: more than 8 -> 5 and 5 to 10 -> 4; above 1500 -> 5 and 800 to 1200 -> 4."""
    frequency = scorer.scores([4, 5, 8, 9, 10, 11], 5, "manual", [(5, 8, False), (4, 5, True)])
    assert frequency["frequency"] == [1, 4, 4, 5, 5, 5]
    values = [Decimal(text) for text in ("799", "800", "1200", "1300", "1500", "1500.01")]
    monetary = scorer.scores(values, 5, "manual", [(5, 1500, False), (4, 800, True)])
    assert monetary["monetary"] == [1, 4, 4, 4, 4, 5]


def test_scores_do_not_depend_on_the_order_of_rows(scorer: Scorer) -> None:
    values = [5, 1, 3, 3, 9, 2, 2, 7]
    forwards = scorer.scores(values, 4, "percentile")["monetary"]
    backwards = scorer.scores(values[::-1], 4, "percentile")["monetary"]
    assert forwards == backwards[::-1]
