"""The figures of the report card against their definitions (BEY-10)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.measures import brier_skill, calibration, places, places_among, rank_quality

PAIR = st.tuples(st.integers(0, 4), st.integers(0, 14))
LISTS = st.dictionaries(PAIR, st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=45)


@given(pairs=LISTS, missed=st.lists(st.integers(0, 3), min_size=5, max_size=5))
@settings(max_examples=200, deadline=None)
def test_ranking_quality_is_its_definition(
    pairs: dict[tuple[int, int], tuple[int, bool]], missed: list[int]
) -> None:
    """`missed` are eligible products that were bought and no candidates."""
    account = np.array([a for a, _ in pairs])
    product = np.array([p for _, p in pairs])
    score = np.array([s for s, _ in pairs.values()], np.float32)
    bought = np.array([b for _, b in pairs.values()])
    total = np.bincount(account, bought, minlength=5).astype(int) + missed
    place = places(account, score, product)
    quality = rank_quality(account[bought], place[bought], total)
    dense, is_eligible = np.zeros((5, 15), np.float32), np.zeros((5, 15), bool)
    dense[account, product], is_eligible[account, product] = score, True
    assert places_among(dense, is_eligible, account, product).tolist() == place.tolist()
    expected = []
    for one in range(5):
        ranked = sorted(
            ((-s, p, b) for (a, p), (s, b) in pairs.items() if a == one), key=lambda x: x[:2]
        )
        hits = [b for _, _, b in ranked][:10]
        for n, (_, p, _) in enumerate(ranked, start=1):
            assert place[list(pairs).index((one, p))] == n
        if total[one]:
            found = [sum(hits[: n + 1]) / (n + 1) for n, hit in enumerate(hits) if hit]
            expected.append(
                (float(any(hits[:5])), sum(hits) / total[one], sum(found) / min(total[one], 10))
            )
    told = list(zip(quality.hits, quality.recall, quality.precision, strict=True))
    assert len(quality) == len(expected)
    for one, other in zip(told, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_calibration_is_the_distance_of_said_and_true() -> None:
    said = np.repeat([0.1, 0.5, 0.9], 100).astype(np.float32)
    true = np.concatenate([np.arange(100) < n for n in (10, 60, 90)])
    told = calibration(said, true, groups=3)
    assert told.error == pytest.approx(0.1 / 3, abs=1e-6)
    assert told.true.tolist() == [0.1, 0.6, 0.9]
    assert told.size.tolist() == [100, 100, 100]


def test_chance_alone_is_what_true_probabilities_show() -> None:
    stream = np.random.default_rng(3)
    said = stream.uniform(0.02, 0.5, 400).astype(np.float32)
    errors = []
    for _ in range(300):
        told = calibration(said, stream.random(400) < said)
        errors.append(told.error)
    assert told.error_by_chance == pytest.approx(np.mean(errors), rel=0.1)


def test_skill_is_nothing_for_the_mean_and_one_for_the_truth() -> None:
    true = np.array([True, False, False, False])
    assert brier_skill(np.full(4, 0.25, np.float32), true) == pytest.approx(0)
    assert brier_skill(true.astype(np.float32), true) == 1
    assert brier_skill(np.zeros(4, np.float32), np.zeros(4, bool)) == 0
