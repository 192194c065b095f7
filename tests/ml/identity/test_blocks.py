"""Blocks are the pairs that share a value, and never more than the bounds allow."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.identity.blocks import BlockingRule, Bounds, blocks

RULES = (BlockingRule("one", ("a",)), BlockingRule("two", ("a", "b")), BlockingRule("c", ("c",)))
VALUES = st.sampled_from([None, "x", "y", "z", ""])
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=14)


def frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object)


def pairs_of(codes: list[int]) -> set[tuple[int, int]]:
    return {
        (one, other)
        for one, other in combinations(range(len(codes)), 2)
        if codes[one] == codes[other] >= 0
    }


@given(rows=ROWS, largest=st.integers(2, 6))
@settings(max_examples=200, deadline=None)
def test_pairs_are_those_that_share_every_column(rows: list[Any], largest: int) -> None:
    found = blocks(frame(rows), RULES, Bounds(largest, 10_000), "things")
    total = 0
    for rule in RULES:
        places = ["abc".index(column) for column in rule.columns]
        keys = [tuple(row[place] for place in places) for row in rows]
        sizes = Counter(keys)
        expected = {
            (one, other)
            for one, other in combinations(range(len(rows)), 2)
            if keys[one] == keys[other] and None not in keys[one] and sizes[keys[one]] <= largest
        }
        assert pairs_of(found.codes[rule.block].tolist()) == expected
        total += len(expected)
        wide = any(size > largest and None not in key for key, size in sizes.items())
        named = [line for line in found.left_out if f"by {rule.name}:" in line]
        assert bool(named) == wide and all("identity.largest_block" in line for line in named)
    assert found.pair_count == total
    assert found.is_shared.tolist() == [any(found.codes.loc[n] >= 0) for n in range(len(rows))]


@given(rows=ROWS, most=st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_no_more_pairs_than_allowed_and_the_rest_is_told(rows: list[Any], most: int) -> None:
    whole = blocks(frame(rows), RULES, Bounds(100, 10_000), "things")
    found = blocks(frame(rows), RULES, Bounds(100, most), "things")
    assert found.pair_count <= most or not most
    assert bool(found.left_out) == (found.pair_count < whole.pair_count)
    assert all("identity.most_pairs" in line for line in found.left_out)
    for rule in RULES:
        assert pairs_of(found.codes[rule.block].tolist()) <= pairs_of(
            whole.codes[rule.block].tolist()
        )
