"""What is recommended, and to whom: worked examples, edges, and reruns (REC-4 to REC-15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.eligibility import ELIGIBLE, USUAL
from ml.evidence import EVIDENCE, strongest_source
from ml.examples import examples, slices
from ml.purchases import EVERY, Window, read_starts
from ml.recommending import REASON_NAMES, Learned, learn, recommend, shortage
from ml.scores import Links, Slice
from tests.ml.history import History, Purchase, window_of

BASIC, CORE, ADVANCED, CASE, PHONE, PACK = range(6)
TYPES = tuple(ELIGIBLE)


def shop(accounts: int = 260, seed: int = 5) -> History:
    """A chain that is climbed, a pair that is bought together, and a pack bought every 60 days."""
    stream = np.random.default_rng(seed)
    purchases = []
    for n in range(accounts):
        account, start = f"A{n:04}", int(stream.integers(30, 800))
        kind = n % 4
        if kind == 0:
            reached = int(stream.integers(1, 4))
            for step in range(reached):
                day = start - 70 * step
                purchases.append((account, day, (step,)))
        elif kind == 1:
            for day in range(start, -1, -60):
                purchases.append((account, day + int(stream.integers(-2, 3)), (PACK,)))
        elif kind == 2:
            purchases.append((account, start, (CASE, PHONE) if stream.random() < 0.85 else (CASE,)))
        else:
            purchases.append((account, start, (int(stream.integers(0, 6)),)))
    told = [
        Purchase(f"D{n:05}", account, max(day, 0), tuple(sorted(items)))
        for n, (account, day, items) in enumerate(purchases)
    ]
    ages = {f"N{n:03}": int(stream.integers(1, 700)) for n in range(60)}
    return History(6, told, ages=ages, cells={p.account: ("Care", "small") for p in told})


def windows(history: History) -> dict[int, Window]:
    return {number: window_of(history, number) for number in range(6)}


@pytest.fixture(scope="module")
def history() -> History:
    return shop()


@pytest.fixture(scope="module")
def learned(history: History) -> tuple[dict[int, Window], dict[str, Learned]]:
    found = windows(history)
    past = {number: window for number, window in found.items() if number}
    return found, {type_: learn(past, type_, 1.0) for type_ in TYPES}


def told(window: Window, type_: str, judge: object, asked: list[int] | None = None) -> pd.DataFrame:
    wanted = np.zeros(len(window.products), bool)
    wanted[asked or []] = True
    return pd.concat([recommend(part, type_, judge, wanted) for part in slices(window, 1.0)])


def position(history: History, account: str) -> int:
    return history.accounts.index(account)


def test_the_owner_of_core_is_offered_advanced_and_never_basic(
    history: History, learned: tuple[dict[int, Window], Mapping[str, Learned]]
) -> None:
    """REC-23: also an owner of Core that never bought Basic."""
    extra = Purchase("D99999", "Z", 40, (CORE,))
    added = History(6, [*history.purchases, extra], cells=history.cells, ages=history.ages)
    window = window_of(added, 0)
    rows = told(window, "next_purchase", learned[1]["next_purchase"].judge)
    mine = rows[rows["account"] == position(added, "Z")]
    assert mine["product_number"].iloc[0] == ADVANCED
    assert BASIC not in set(mine["product_number"])
    first = mine.iloc[0]
    assert first["source_product_number"] == CORE
    assert 0 < first["evidence_count"] <= first["evidence_base_count"]
    assert first["confidence"] == pytest.approx(
        first["evidence_count"] / first["evidence_base_count"]
    )


def test_another_product_of_the_last_basket_does_not_hide_the_next_step(
    learned: tuple[dict[int, Window], Mapping[str, Learned]], history: History
) -> None:
    """REC-23: Case is bought after Advanced, by those that have both; Advanced after Core."""
    usual = [
        Purchase(f"C{n}{day}", f"V{n}", day, items)
        for n in range(8)
        for day, items in ((200, (ADVANCED,)), (20, (CASE,)))
    ]
    extra = Purchase("D99999", "Z", 40, (CORE, CASE))
    told_more = [*history.purchases, *usual, extra]
    added = History(6, told_more, cells=history.cells, ages=history.ages)
    rows = told(window_of(added, 0), "next_purchase", learned[1]["next_purchase"].judge)
    mine = set(rows[rows["account"] == position(added, "Z")]["product_number"])
    assert ADVANCED in mine
    assert BASIC not in mine


def test_after_the_first_purchase_comes_a_step(history: History) -> None:
    """REC-4, REC-5: with `after_first`, and only with it, owners of one purchase get the next."""
    extra = Purchase("D99999", "Z", 40, (CORE,))
    added = History(6, [*history.purchases, extra], cells=history.cells, ages=history.ages)
    place = position(added, "Z")
    mine = {}
    for after_first in (False, True):
        found = {
            number: replace(window_of(added, number), after_first=after_first)
            for number in range(6)
        }
        judge = learn({n: w for n, w in found.items() if n}, "first_purchase", 1.0).judge
        rows = told(found[0], "first_purchase", judge)
        mine[after_first] = rows[rows["account"] == place]
        assert (rows["source_product_number"] >= 0).any() == after_first
    assert mine[False].empty
    assert mine[True]["product_number"].iloc[0] == ADVANCED
    assert mine[True]["source_product_number"].iloc[0] == CORE


def test_the_missing_half_of_a_bundle_is_offered(
    history: History, learned: tuple[dict[int, Window], Mapping[str, Learned]]
) -> None:
    """REC-24: to who owns one half or has it in an open deal, and not to who has both."""
    added = History(
        6,
        [*history.purchases, Purchase("D99998", "Y", 10, (CASE,)),
         Purchase("D99997", "X", 10, (CASE, PHONE))],
        cells=history.cells,
        ages={**history.ages, "W": 100},
        open_items={"W": frozenset({PHONE})},
    )  # fmt: skip
    rows = told(window_of(added, 0), "bundle", learned[1]["bundle"].judge)
    by_account = {n: set(found["product_number"]) for n, found in rows.groupby("account")}
    assert PHONE in by_account[position(added, "Y")]
    assert CASE in by_account[position(added, "W")]
    assert not {CASE, PHONE} & by_account.get(position(added, "X"), set())


def test_a_rhythm_gives_its_due_day(
    history: History, learned: tuple[dict[int, Window], Mapping[str, Learned]]
) -> None:
    """REC-6: last purchase plus the median gap of the account."""
    window = learned[0][0]
    rows = told(window, "repeat_purchase", learned[1]["repeat_purchase"].judge)
    packs = rows[(rows["product_number"] == PACK) & (rows["evidence_count"] >= 4)]
    last = window.accounts.last_days[packs["account"].to_numpy()]
    assert len(packs) > 20
    assert np.abs(packs["due_in_days"] - (60 - last)).max() <= 4
    assert packs["recommendation_probability"].mean() > 50


def test_a_product_that_a_label_names_is_told_wherever_it_ranks(
    learned: tuple[dict[int, Window], Mapping[str, Learned]], monkeypatch: pytest.MonkeyPatch
) -> None:
    window, judge = learned[0][0], learned[1]["cross_sell"].judge
    wanted = np.zeros(6, bool)
    wanted[BASIC] = True
    (part,) = slices(window, 1.0)
    best = recommend(part, "cross_sell", judge, wanted, best=1)
    monkeypatch.setattr("ml.examples.BEST_OF_SCORER", 1)  # fewer candidates than products
    narrow = recommend(part, "cross_sell", judge, wanted, best=1)
    offered = ELIGIBLE["cross_sell"](part)[:, BASIC].sum()
    assert (narrow["product_number"] == BASIC).sum() == offered > 0
    beyond = best[best["recommendation_rank"] > 1]
    assert len(beyond) and set(beyond["product_number"]) == {BASIC}
    without = recommend(part, "cross_sell", judge, np.zeros(6, bool), best=1)
    assert set(without["recommendation_rank"]) == {1}


@pytest.mark.parametrize("type_", TYPES)
def test_reruns_give_equal_rows(
    history: History, learned: tuple[dict[int, Window], Mapping[str, Learned]], type_: str
) -> None:
    again = windows(history)
    judge = learn({n: w for n, w in again.items() if n}, type_, 1.0).judge
    one = told(learned[0][0], type_, learned[1][type_].judge)
    pd.testing.assert_frame_equal(one, told(again[0], type_, judge), check_exact=True)
    assert len(one)
    assert one["recommendation_probability"].between(0, 100).all()
    ranks = one.groupby("account")["recommendation_rank"]
    assert (ranks.min() == 1).all() and (ranks.max() <= 10).all()
    assert one["reason_1"].between(0, len(REASON_NAMES) - 1).all()


def test_unsold_products_and_what_is_owned_are_not_offered(history: History) -> None:
    """REC-11, REC-5, REC-7; an owned product comes again where it is repeatable."""
    unsold = History(6, history.purchases, unsold=frozenset({ADVANCED}), repeatable=frozenset({1}))
    window = window_of(unsold, 0)
    (part,) = slices(window, 1.0)
    for type_, eligible in ELIGIBLE.items():
        found = eligible(part)
        assert not found[:, ADVANCED].any(), type_
        owned = found & part.is_owned
        if type_ in ("first_purchase", "cross_sell", "bundle"):
            assert not owned.any(), type_
        if type_ == "next_purchase":
            assert owned[:, CORE].any()
            assert not np.delete(owned, CORE, axis=1).any()
        if type_ == "repeat_purchase":
            assert found[part.purchases >= 2].sum() and not (found & ~part.is_owned).any()


@pytest.mark.parametrize(
    ("purchases", "unsold", "reason"),
    [
        ([], (), "no won deal has a product"),
        ([Purchase("D", "A", 3, ())] * 3, (), "no won deal has a product"),
        ([Purchase(f"D{n}", f"A{n}", n, (0, 1)) for n in range(19)], (), "not enough data"),
        ([Purchase(f"D{n}", f"A{n}", n, (0,)) for n in range(30)], (), "only one product"),
        ([Purchase(f"D{n}", f"A{n}", n, (0, 1)) for n in range(30)], (0, 1, 2), "no product is"),
        ([Purchase(f"D{n}", f"A{n}", 5, (0, 1)) for n in range(30)], (), None),
    ],
)
def test_too_little_says_why(
    purchases: list[Purchase], unsold: tuple[int, ...], reason: str | None
) -> None:
    """REC-15: nothing, no products, 19 baskets, one product, none for sale; all on one day."""
    history = History(3, purchases, unsold=frozenset(unsold))
    found = shortage(window_of(history, 0))
    assert found is None if reason is None else reason in str(found)


def test_without_a_past_the_usual_order_and_rates_are_used() -> None:
    """Thirty accounts that all bought in the last week: there is no window to choose from."""
    history = History(4, [Purchase(f"D{n}", f"A{n:02}", 100 + n % 7, (n % 4,)) for n in range(30)])
    past = {1: window_of(history, 1)}
    for type_ in TYPES:
        result = learn(past, type_, 1.0)
        assert result.judge.choice.order == USUAL[type_]
        assert result.judge.choice.probability == "rate"
        assert "only 0 accounts" in result.judge.choice.reason
        assert (result.judge.rates <= 0.25).all()  # one of four products, not one of two


def test_an_industry_of_any_name_is_one_cell() -> None:
    """REC-12: a star is a name like any other."""
    rows = [("*", np.nan, 40), ("*", 0.0, 40), ("Care", np.nan, 50), ("Care", 1.0, 50)]
    table = pd.DataFrame(rows, columns=["industry", "product_number", "account_count"])
    starts = read_starts(table.assign(size_label_id="small"), 2)
    assert starts.totals[starts.cells["*", "small"]] == 40
    assert starts.totals[starts.cells["*", EVERY]] == 40
    assert starts.totals[0] == 90


LINKS = st.lists(st.lists(st.sampled_from([0.0, 0.2, 0.2, 0.7]), min_size=4, max_size=4),
                 min_size=4, max_size=4)  # fmt: skip
OWNED = st.lists(st.frozensets(st.integers(0, 3), max_size=3), min_size=1, max_size=5)


@given(links=LINKS, owned=OWNED, data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_strongest_link_and_its_source_are_those_of_a_loop(
    links: list[list[float]], owned: list[frozenset[int]], data: st.DataObject
) -> None:
    purchases = [
        Purchase(f"D{n}", f"A{n}", 5, tuple(sorted(items))) for n, items in enumerate(owned)
    ]
    window = window_of(History(4, purchases), 0)
    part = Slice(Links(window, 1.0), 0, len(owned))
    matrix = np.array(links, np.float32)
    is_source = window.holdings.purchases > 0
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, len(owned) - 1), st.integers(0, 3)), min_size=1)
    )
    account, product = (np.array(column) for column in zip(*pairs, strict=True))
    strongest = part.strongest(matrix, is_source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.scores.LINKED_PAIRS", 8)  # two entries at a time, or one account
        assert np.array_equal(part.strongest(matrix, is_source), strongest)
    source = strongest_source(part, matrix, is_source, account, product)
    for n, (a, p) in enumerate(pairs):
        found = [(-links[i][p], i) for i in sorted(owned[a]) if links[i][p] > 0]
        assert source[n] == (min(found)[1] if found else -1)
        assert strongest[a, p] == pytest.approx(-min(found)[0] if found else 0)


@pytest.mark.parametrize("type_", TYPES)
def test_parts_of_any_size_give_the_same_examples(
    history: History, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = window_of(history, 1)
    whole = examples(window, type_, 1.0, 10**9)
    monkeypatch.setattr("ml.examples.SLICED_PAIRS", 7 * 6)
    parts = examples(window, type_, 1.0, 10**9)
    for name in ("account", "product", "is_bought", "bought"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    np.testing.assert_allclose(whole.rows, parts.rows, rtol=1e-5, atol=1e-6)


def test_evidence_counts_what_happened(history: History) -> None:
    """The numbers of a cross-sell rule are counted once more, by account."""
    window = window_of(history, 0)
    (part,) = slices(window, 1.0)
    account, product = np.nonzero(ELIGIBLE["cross_sell"](part))
    found = EVIDENCE["cross_sell"](part, account, product)
    chosen = int(np.argmax(found.count))
    one, other = int(found.source[chosen]), int(product[chosen])
    firsts = []
    for name in history.accounts:
        baskets = history.of(name, 0)
        place = {item: n for n, b in reversed(list(enumerate(baskets))) for item in b.items}
        firsts.append(place)
    owners = [place for place in firsts if one in place]
    both = [place for place in owners if other in place]
    later = [place for place in both if place[other] > place[one]]
    assert (found.count[chosen], found.base[chosen]) == (len(later), len(owners))
    assert found.confidence[chosen] == pytest.approx(len(both) / len(owners))
