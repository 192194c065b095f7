"""What SQL counts of voices against plain loops over the same signals.

The very texts that dbt sent to the engine run on drawn responses (DSH-12 to DSH-18, VOC-22, VOC-23).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.warehouse import Configuration, Dbt, Load, fill

pytestmark = pytest.mark.xdist_group("dbt")

AS_OF = date(2026, 3, 31)
SENTIMENTS = ("positive", "negative", "neutral")
MODELS = (
    "int_promoters__compared", "rpt_voice_slices", "rpt_keyword_sentiments", "rpt_keywords",
    "rpt_competitor_deals",
)  # fmt: skip
SIGNALS = (
    "response_key varchar, account_id varchar, contact_id varchar, channel varchar, "
    "occurred_on date, kind varchar, signal varchar, signal_sentiment varchar, "
    "is_analysed boolean, is_in_window boolean, is_in_trend boolean, is_in_scope boolean"
)
BASES = {"responses": "key", "contacts": "contact", "accounts": "account"}


@dataclass(frozen=True)
class Response:
    """What one customer wrote and what was heard in it; days are before the business date."""

    key: str
    account: str | None
    contact: str | None
    channel: str
    days: int
    sentiment: str
    signals: tuple[tuple[str, str, str], ...]
    """Kind, signal, what is said of it."""

    @property
    def is_in_window(self) -> bool:
        return self.days < 90

    @property
    def is_in_trend(self) -> bool:
        return self.days < 45

    @property
    def is_in_scope(self) -> bool:
        return self.account in ("A0", "A1")

    @property
    def said(self) -> tuple[tuple[str, str, str], ...]:
        return (("sentiment", self.sentiment, self.sentiment), *self.signals)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for signal in self.said:
            yield (self.key, self.account, self.contact, self.channel,
                   AS_OF - timedelta(days=self.days), *signal, True, self.is_in_window,
                   self.is_in_trend, self.is_in_scope)  # fmt: skip


@pytest.fixture(scope="module")
def texts(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("voices") / "warehouse.duckdb"
    fill(path, [Load("accounts", [])], Configuration(as_of=AS_OF))
    dbt(path, "run", "--select", "+path:models/marts/voice")
    # dbt names the database by its file; here the tables are in memory.
    return {name: dbt.compiled(name).replace('"warehouse".', "") for name in MODELS}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for schema in ("config", "intermediate", "marts"):
            opened.execute(f"create schema {schema}")
        opened.execute("create table config.run as select cast(? as date) as as_of", [AS_OF])
        opened.execute("create table config.voice_settings (mention_days bigint)")
        opened.execute(f"create table marts.fct_response_signals ({SIGNALS})")
        opened.execute(
            "create view intermediate.int_response_signals__heard as "
            "from marts.fct_response_signals"
        )
        opened.execute(
            "create table marts.fct_deals (deal_id varchar, account_id varchar, "
            "deal_name varchar, state varchar, closed_on date, base_amount decimal(28, 10), "
            "loss_reason varchar, is_refund boolean, is_closed_in_future boolean)"
        )
        yield opened


def put(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    connection.execute(f"truncate {table}")
    if rows:
        connection.executemany(
            f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows
        )


def hear(connection: duckdb.DuckDBPyConnection, responses: list[Response]) -> None:
    put(connection, "marts.fct_response_signals", [row for r in responses for row in r.rows()])


def share(part: int, whole: int) -> Decimal:
    quotient = Fraction(part, whole)
    exact = Decimal(quotient.numerator) / Decimal(quotient.denominator)
    return exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)


DAYS = st.one_of(st.integers(0, 120), st.sampled_from([0, 1, 44, 45, 89, 90, 91, 100, 101]))
"""Also where windows and the 90 days after a mention end."""
SAID = st.tuples(
    st.sampled_from(["intent", "keyword", "competitor"]),
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from(SENTIMENTS),
)


@st.composite
def responses(draw: st.DrawFn) -> list[Response]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        account, contact = draw(
            st.sampled_from(
                [("A0", "C0"), ("A0", "C1"), ("A0", None), ("A1", "C2"), ("A1", "C0"),
                 ("OUT", "C3"), (None, None)]
            )
        )  # fmt: skip
        signals = draw(st.lists(SAID, max_size=4, unique_by=lambda said: said[:2]))
        found.append(
            Response(
                f"R{number}", account, contact, draw(st.sampled_from(["email", "ticket"])),
                draw(DAYS), draw(st.sampled_from(SENTIMENTS)), tuple(signals),
            )
        )  # fmt: skip
    return found


@given(said=responses())
@settings(max_examples=150, deadline=None)
def test_slices_are_unique_numbers_told_apart_from_their_sum(
    texts: dict[str, str], connection: duckdb.DuckDBPyConnection, said: list[Response]
) -> None:
    """SPEC 24, vector 14: each slice <= unique <= sum of the slices, on every basis (CON-13)."""
    hear(connection, said)
    seen = [r for r in said if r.is_in_window and r.is_in_scope]
    expected = {}
    for basis, attribute in BASES.items():
        counted = [(getattr(r, attribute), r) for r in seen if getattr(r, attribute) is not None]
        sample = len({one for one, _ in counted})
        for kind in ("sentiment", "intent"):
            slices: dict[str, set[str]] = defaultdict(set)
            for one, response in counted:
                for told, signal, _ in response.said:
                    if told == kind:
                        slices[signal].add(one)
            unique = len(set().union(*slices.values()))
            for signal, members in slices.items():
                expected[kind, basis, signal] = (len(members), unique, sample,
                                                 share(len(members), sample))  # fmt: skip
    found = connection.execute(
        "select kind, basis, signal, slice_count, unique_count, sample_count, slice_share "
        f"from ({texts['rpt_voice_slices']})"
    ).fetchall()
    assert {row[:3]: row[3:] for row in found} == expected
    assert len(found) == len(expected)
    sums: Counter[tuple[str, str]] = Counter()
    uniques = {}
    for kind, basis, _, slice_count, unique_count, sample_count, _ in found:
        assert slice_count <= unique_count <= sample_count
        sums[kind, basis] += slice_count
        uniques[kind, basis] = unique_count
    assert all(uniques[which] <= total for which, total in sums.items())


def state_of(opinions: list[Response]) -> str | None:
    """Promoter or detractor by what was said now and before (VOC-22)."""
    now = {r.sentiment for r in opinions if r.is_in_trend}
    before = {r.sentiment for r in opinions if not r.is_in_trend}
    names = {"positive": "promoter", "negative": "detractor"}
    if len(now) != 1 or len(before) > 1:
        return None
    (name,) = (names[one] for one in now)
    if not before:
        return f"new_{name}"
    return f"stays_{name}" if now == before else f"{names[before.pop()]}_to_{name}"


@given(said=responses())
@settings(max_examples=150, deadline=None)
def test_promoters_are_told_by_what_was_said_now_and_before(
    texts: dict[str, str], connection: duckdb.DuckDBPyConnection, said: list[Response]
) -> None:
    hear(connection, said)
    opinions: dict[tuple[str, str | None], list[Response]] = defaultdict(list)
    for response in said:
        if response.account is not None and response.sentiment != "neutral":
            opinions[response.account, None].append(response)
            if response.contact is not None:
                opinions[response.account, response.contact].append(response)
    found = connection.execute(
        "select account_id, contact_id, promoter_state, "
        "positive_count + earlier_positive_count, negative_count + earlier_negative_count, "
        f"last_opinion_on from ({texts['int_promoters__compared']})"
    ).fetchall()
    assert {row[:2]: row[2:] for row in found} == {
        speaker: (
            state_of(own),
            sum(r.sentiment == "positive" for r in own),
            sum(r.sentiment == "negative" for r in own),
            AS_OF - timedelta(days=min(r.days for r in own)),
        )
        for speaker, own in opinions.items()
    }


@given(said=responses())
@settings(max_examples=100, deadline=None)
def test_keywords_are_weighed_and_ordered(
    texts: dict[str, str], connection: duckdb.DuckDBPyConnection, said: list[Response]
) -> None:
    """DSH-16, DSH-17."""
    hear(connection, said)
    uttered = [
        (word, feeling, response)
        for response in said
        if response.is_in_window and response.is_in_scope
        for kind, word, feeling in response.signals
        if kind == "keyword"
    ]
    cloud = Counter((word, feeling) for word, feeling, _ in uttered)
    largest = max(cloud.values(), default=0)
    connection.execute(
        "create or replace table marts.rpt_keyword_sentiments as "
        f"from ({texts['rpt_keyword_sentiments']})"
    )
    found = connection.execute(
        "select keyword, sentiment, response_count, weight from marts.rpt_keyword_sentiments "
        "order by keyword_rank"
    ).fetchall()
    ordered = sorted(cloud, key=lambda which: (-cloud[which], *which))
    assert found == [(*w, cloud[w], share(cloud[w], largest)) for w in ordered]

    total = Counter(word for word, _, _ in uttered)
    bad = Counter(word for word, feeling, _ in uttered if feeling == "negative")
    channels: dict[str, set[str]] = defaultdict(set)
    for word, _, response in uttered:
        channels[word].add(response.channel)

    def severity(word: str) -> str:
        part = Fraction(bad[word], total[word])
        return "High" if part >= Fraction(1, 2) else "Medium" if part >= Fraction(1, 5) else "Low"

    levels = ("High", "Medium", "Low")
    words = sorted(total, key=lambda word: (levels.index(severity(word)), -total[word], word))
    table = connection.execute(
        "select keyword, severity, response_count, negative_count, channels "
        f"from ({texts['rpt_keywords']}) order by position"
    ).fetchall()
    assert table == [
        (word, severity(word), total[word], bad[word], ", ".join(sorted(channels[word])))
        for word in words
    ]


DEALS = st.lists(
    st.tuples(
        st.sampled_from(["A0", "A1", "OUT"]),
        st.sampled_from(["won", "lost", "open"]),
        st.sampled_from([-1, 0, 1, 10, 60]),
        st.sampled_from([10, -10]),
    ),
    max_size=8,
)


@given(said=responses(), deals=DEALS, longest=st.sampled_from([90, 44, 1]))
@settings(max_examples=150, deadline=None)
def test_deals_follow_the_mentions_of_their_account(
    texts: dict[str, str],
    connection: duckdb.DuckDBPyConnection,
    said: list[Response],
    deals: list[tuple[str, str, int, int]],
    longest: int,
) -> None:
    """VOC-23: so many days before a deal closed, whole history, both ends included."""
    hear(connection, said)
    put(connection, "config.voice_settings", [(longest,)])
    rows = [
        (f"D{n}", account, None, state, AS_OF - timedelta(days=days), amount, None,
         amount < 0, days < 0)
        for n, (account, state, days, amount) in enumerate(deals)
    ]  # fmt: skip
    put(connection, "marts.fct_deals", rows)
    expected: dict[tuple[str, str], list[Response]] = defaultdict(list)
    for n, (account, state, days, amount) in enumerate(deals):
        if state == "open" or amount < 0 or days < 0:
            continue
        for response in said:
            if response.is_in_scope and response.account == account:
                for kind, name, _ in response.signals:
                    if kind == "competitor" and 0 <= response.days - days <= longest:
                        expected[f"D{n}", name].append(response)
    found = connection.execute(
        "select deal_id, competitor, mention_count, response_key "
        f"from ({texts['rpt_competitor_deals']})"
    ).fetchall()
    assert {row[:2]: row[2:] for row in found} == {
        which: (len(mentions), min(mentions, key=lambda r: (r.days, r.key)).key)
        for which, mentions in expected.items()
    }
    assert len(found) == len(expected)
