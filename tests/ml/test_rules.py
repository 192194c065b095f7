"""Association rules: exact on a known data set, equal either way, bounded (REC-7, REC-10)."""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.rules import (
    MiningBounds,
    TooMuchToMineError,
    association_rules,
    counted_itemsets,
    estimated_itemsets,
    least_support,
    mined_itemsets,
)
from tests.real_data import real_data

BOUNDS = MiningBounds(most_itemsets=10**12, most_megabytes=4_000)


@pytest.fixture(scope="module")
def groceries() -> tuple[pd.DataFrame, list[str], int]:
    with (real_data("groceries") / "groceries.csv").open(encoding="utf-8") as file:
        baskets = [{name.strip() for name in row if name.strip()} for row in csv.reader(file)]
    names = sorted(set().union(*baskets))
    rows = [(n, names.index(item)) for n, basket in enumerate(baskets) for item in basket]
    return pd.DataFrame(rows, columns=["transaction", "item"]), names, len(baskets)


def test_groceries_give_the_published_rules(
    groceries: tuple[pd.DataFrame, list[str], int],
) -> None:
    baskets, names, size = groceries
    assert (size, len(names)) == (9_835, 169)
    itemsets = mined_itemsets(baskets, size, 0.006, 10, BOUNDS)
    rules = association_rules(itemsets, size, least_confidence=0.25, most_antecedents=9)
    by_length = rules["antecedents"].map(len).value_counts().to_dict()
    assert by_length == {1: 150, 2: 297, 3: 16}
    top = rules.loc[rules["lift"].idxmax()]
    assert [names[item] for item in top["antecedents"]] == ["herbs"]
    assert names[top["consequent"]] == "root vegetables"
    assert (top["support"], top["confidence"], top["lift"]) == pytest.approx(
        (0.007015760, 0.4312500, 3.956477), abs=5e-7
    )
    assert (top["count"], top["antecedent_count"]) == (69, 160)
    itemsets = mined_itemsets(baskets, size, 0.001, 10, BOUNDS)
    rules = association_rules(itemsets, size, least_confidence=0.5, most_antecedents=9)
    assert len(rules) == 5_668
    assert rules["lift"].max() == pytest.approx(18.995654, abs=5e-7)


def test_counted_pairs_give_the_rules_that_mining_gives(
    groceries: tuple[pd.DataFrame, list[str], int],
) -> None:
    baskets, names, size = groceries
    table = np.zeros((size, len(names)))
    table[baskets["transaction"], baskets["item"]] = 1
    pairs = table.T @ table
    counted = counted_itemsets(np.diag(pairs), pairs, size, 0.006)
    mined = mined_itemsets(baskets, size, 0.006, 2, BOUNDS)
    rules = [association_rules(found, size, least_confidence=0.25) for found in (counted, mined)]
    pd.testing.assert_frame_equal(*rules)
    assert len(rules[0]) == 150


BASKETS = st.lists(st.frozensets(st.integers(0, 6), max_size=5), min_size=1, max_size=14)


@given(baskets=BASKETS, least=st.integers(1, 4), longest=st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_itemsets_are_those_that_counting_finds(
    baskets: list[frozenset[int]], least: int, longest: int
) -> None:
    rows = [(n, item) for n, basket in enumerate(baskets) for item in basket]
    frame = pd.DataFrame(rows, columns=["transaction", "item"]).astype(int)
    size, support = len(baskets), min(1.0, least / len(baskets))
    found = mined_itemsets(frame, size, support, longest, BOUNDS)
    told = {items: round(share * size) for items, share in zip(found["itemsets"], found["support"],
                                                               strict=True)}  # fmt: skip
    expected = {}
    for length in range(1, longest + 1):
        for items in itertools.combinations(range(7), length):
            count = sum(set(items) <= basket for basket in baskets)
            if count >= max(1, min(least, size)):
                expected[frozenset(items)] = count
    assert told == expected
    table = np.array([[item in basket for item in range(7)] for basket in baskets if basket], bool)
    if len(table):
        assert estimated_itemsets(table, min(least, size), longest) >= len(expected)


@given(baskets=BASKETS)
@settings(max_examples=60, deadline=None)
def test_measures_of_a_rule_are_their_definitions(baskets: list[frozenset[int]]) -> None:
    rows = [(n, item) for n, basket in enumerate(baskets) for item in basket]
    frame = pd.DataFrame(rows, columns=["transaction", "item"]).astype(int)
    size = len(baskets)
    itemsets = mined_itemsets(frame, size, 1 / size, 3, BOUNDS)
    rules = association_rules(itemsets, size, least_confidence=0.2)
    for rule in rules.itertuples():
        left, right = set(rule.antecedents), {rule.consequent}
        with_left = sum(left <= basket for basket in baskets)
        with_right = sum(right <= basket for basket in baskets)
        both = sum(left | right <= basket for basket in baskets)
        assert (rule.count, rule.antecedent_count) == (both, with_left)
        assert rule.confidence == pytest.approx(both / with_left) and rule.confidence >= 0.2
        assert rule.lift == pytest.approx(both * size / with_left / with_right)
        assert rule.leverage == pytest.approx(both / size - with_left * with_right / size**2)
        expected = np.inf if both == with_left else (1 - with_right / size) / (1 - rule.confidence)
        assert rule.conviction == pytest.approx(expected)
    order = [(-rule.confidence, -rule.lift, -rule.count) for rule in rules.itertuples()]
    assert order == sorted(order)


def test_what_would_not_fit_is_refused_with_its_setting() -> None:
    """Thirty baskets of two thousand products each: every subset would be frequent."""
    wide = pd.DataFrame(
        [(n, item) for n in range(30) for item in range(2_000)], columns=["transaction", "item"]
    )
    with pytest.raises(TooMuchToMineError, match=r"most_itemsets \(500,000\).*max_antecedents"):
        mined_itemsets(wide, 30, 0.01, 3, MiningBounds())
    many = pd.DataFrame({"transaction": np.arange(1_000_000), "item": np.arange(1_000_000)})
    with pytest.raises(TooMuchToMineError, match=r"mining_megabytes \(2,000\).*min_support"):
        mined_itemsets(many, 1_000_000, 1e-6, 2, MiningBounds())
    assert len(mined_itemsets(many, 1_000_000, 0.01, 2, MiningBounds())) == 0


def test_default_support_never_asks_for_less_than_three_transactions() -> None:
    assert least_support(30) == 0.1
    assert least_support(10_000) == 0.01


def test_nothing_in_common_gives_no_rules() -> None:
    alone = pd.DataFrame({"transaction": [0, 1, 2], "item": [0, 1, 2]})
    itemsets = mined_itemsets(alone, 3, 0.1, 2, BOUNDS)
    assert len(itemsets) == 3
    rules = association_rules(itemsets, 3, least_confidence=0.1)
    assert len(rules) == 0 and "conviction" in rules
