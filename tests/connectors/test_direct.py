"""A typed column read directly says what its plain spelling would have said (F38, EDG-2)."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.direct import direct_value
from connectors.extracts import Extract
from connectors.parsing import cleaned, parsed, remark
from connectors.plain_texts import with_proven_texts
from connectors.plan import FieldPlan
from connectors.time_zones import _steady_days, local_to_utc, steady_time, unclear_local_time
from models.fields import Field, FieldType, Need
from models.formats import ValueFormats
from models.mapping import ResolvedField

TEXT = "VARCHAR"
QUICK = settings(max_examples=25, deadline=None)
ZONES = [
    "UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe",
    "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Europe/Moscow",
]  # fmt: skip

DAYS = st.dates(date(1800, 1, 1), date(2300, 1, 1)).map(str) | st.sampled_from(
    ["1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01", "infinity", "0044-03-15 (BC)"]
)
TIMES = st.datetimes(datetime(1890, 1, 1), datetime(2210, 1, 1)).map(str) | st.sampled_from(
    [
        "1899-12-31 23:59:59",
        "1900-01-01 00:00:00",
        "2199-12-31 23:59:59.999999",
        "infinity",
        "2200-01-01 00:00:00",
        "2026-03-08 02:30:00",
        "2025-11-02 01:30:00",
        "2011-12-30 12:00:00",
    ]
)
KINDS: dict[str, st.SearchStrategy[str]] = {
    "DATE": DAYS,
    "TIMESTAMP": TIMES,
    "TIMESTAMP_S": TIMES.map(lambda text: text.split(".")[0]),
    "TIMESTAMP_MS": TIMES,
    "TIMESTAMP WITH TIME ZONE": TIMES,
    "BOOLEAN": st.sampled_from(["true", "false"]),
    "TINYINT": st.integers(-128, 127).map(str),
    "BIGINT": st.integers(-(2**63), 2**63 - 1).map(str) | st.integers(-200, 200).map(str),
    "UBIGINT": st.integers(0, 2**64 - 1).map(str),
    "HUGEINT": st.integers(-(2**126), 2**126).map(str),
}


def _decimals(precision: int, scale: int) -> st.SearchStrategy[str]:
    largest = 10**precision - 1
    numbers = st.integers(-largest, largest) | st.integers(
        -min(largest, 10**7), min(largest, 10**7)
    )
    sign = {True: "-", False: ""}
    return numbers.map(
        lambda n: f"{sign[n < 0]}{abs(n) // 10**scale}.{abs(n) % 10**scale:0{max(scale, 1)}d}"
    )


for _precision, _scale in [(9, 0), (18, 2), (18, 4), (18, 6), (38, 10), (38, 12), (38, 18), (5, 5)]:
    KINDS[f"DECIMAL({_precision},{_scale})"] = _decimals(_precision, _scale)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


def _plan(kind: FieldType, formats: ValueFormats, need: Need = Need.OPTIONAL) -> FieldPlan:
    resolved = ResolvedField("x", kind, "column", need, column="x", formats=formats)
    return FieldPlan(resolved, Field("x", kind, "", need))


def _direct(
    connection: duckdb.DuckDBPyConnection, kind: str, plan: FieldPlan, texts: list[str]
) -> list[tuple[Any, ...]] | None:
    direct = direct_value("x", kind, plan)
    if direct is None:
        return None
    told = f"x is not null and ({direct.changed}{' or v is null' if direct.can_fail else ''})"
    return connection.execute(
        f"select v, case when {told} then cast(x as varchar) end from ("
        f"select n, x, {direct.value} as v from (select n, cast(t as {kind}) as x from texts))"
        " order by n"
    ).fetchall()


@pytest.mark.parametrize(("kind", "field"), list(product(KINDS, FieldType)))
@given(data=st.data())
@QUICK
def test_direct_values_are_those_of_their_spelling(
    connection: duckdb.DuckDBPyConnection, kind: str, field: FieldType, data: st.DataObject
) -> None:
    plan = _plan(
        field,
        ValueFormats(
            time_zone=data.draw(st.sampled_from(ZONES)),
            date_formats=("%d/%m/%Y",),
            true_values=data.draw(st.sampled_from([("true", "1"), ("ja",), ("false",)])),
            decimal=",",
        ),
        data.draw(st.sampled_from([Need.KEY, Need.OPTIONAL])),
    )
    if direct_value("x", kind, plan) is None:
        return
    texts = data.draw(st.lists(KINDS[kind], min_size=1, max_size=30))
    connection.execute("create or replace temp table texts (n integer, t varchar)")
    connection.execute("insert into texts select unnest(range(len(?))), unnest(?)", [texts, texts])
    by_text = connection.execute(
        f"select v, {remark('x', 'v', plan, is_marked=True)} from ("
        f"select n, x, {parsed('x', plan, is_marked=True)} as v from ("
        f"select n, chr(31) || cast(cast(t as {kind}) as varchar) as x from texts)) order by n"
    ).fetchall()
    assert _direct(connection, kind, plan, texts) == by_text


ODD = [
    "",
    " ",
    "a ",
    " a",
    "Müller",
    "e\u0301",
    "a'b",
    "\\",
    "\t",
    "a\x01",
    "\x7f",
    "\u200bA",
    "a\0b",
    "a\0é",
    "\0é",
    "\u3000",
]
CLEAN = ["Müller", "a'b", "\\", "a\x01", "\u200bA", "\x7f"]
"""Of the odd ones those that only a key must not hold."""
WORDS = st.text("ABC 19-_.:,", min_size=1, max_size=9) | st.sampled_from(["A-1", *ODD, "x" * 30])


@pytest.mark.parametrize("need", [Need.KEY, Need.OPTIONAL])
@given(texts=st.lists(st.none() | WORDS, min_size=1, max_size=12), nulls=st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_proven_column_lands_as_the_exact_way_reads_it(
    connection: duckdb.DuckDBPyConnection, need: Need, texts: list[str | None], nulls: bool
) -> None:
    formats = ValueFormats(time_zone="UTC", null_values=("", "A-1") if nulls else ("",))
    plan = _plan(FieldType.TEXT, formats, need)
    connection.execute("create or replace temp table texts (n integer, c0 varchar)")
    connection.execute("insert into texts select unnest(range(len(?))), unnest(?)", [texts, texts])
    extract = Extract("from texts", {"x": "c0"}, ("x",), lambda *_: {}, typed={"x": ("c0", TEXT)})
    _, kind = with_proven_texts(connection, extract).typed["x"]
    exact = connection.execute(
        f"select v, {remark('x', 'v', plan, is_marked=False)} from (select n, x,"
        f" {parsed('x', plan, is_marked=False)} as v from (select n,"
        f" {cleaned('c0', plan, is_marked=False)} as x from texts)) order by n"
    ).fetchall()
    is_peculiar = [
        not re.fullmatch("[A-C19](-[A-C19])?", text) and (plan.is_key_like or text not in CLEAN)
        for text in texts
        if text is not None
    ]
    if direct_value("x", kind, plan) is not None:
        assert exact == [(text, None) for text in texts]
    elif not any(is_peculiar) and not nulls:
        pytest.fail("texts without any peculiarity were not seen to be proper")


def test_the_usual_types_have_a_direct_way() -> None:
    formats = ValueFormats(time_zone="Europe/Berlin")
    usual = {
        FieldType.DATE: ["DATE", "TIMESTAMP"],
        FieldType.TIMESTAMP: ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"],
        FieldType.AMOUNT: ["DECIMAL(18,2)", "BIGINT", "DECIMAL(38,18)"],
        FieldType.RATE: ["DECIMAL(18,6)"],
        FieldType.INTEGER: ["BIGINT", "INTEGER", "DECIMAL(18,0)"],
        FieldType.BOOLEAN: ["BOOLEAN"],
        FieldType.TEXT: ["BIGINT", "DECIMAL(18,0)"],
    }
    for field, kinds in usual.items():
        for kind in kinds:
            assert direct_value("x", kind, _plan(field, formats)) is not None, (field, kind)


CHANGING = [
    *ZONES, "America/Argentina/San_Luis", "Antarctica/Troll", "EET", "WET", "Asia/Kathmandu",
]  # fmt: skip


@pytest.mark.parametrize("zone", CHANGING)
def test_the_short_way_to_utc_is_the_calendar_s(
    connection: duckdb.DuckDBPyConnection, zone: str
) -> None:
    value = local_to_utc("t", zone)
    unclear = f"coalesce({unclear_local_time('t', value, zone)}, false)"
    differing = connection.execute(
        f"select t from (select timestamp '1995-01-01' + to_minutes(30 * n) as t"
        " from range(48 * 366 * 45) numbers(n))"
        f" where {steady_time('t', zone, '{utc}', value)} is distinct from {value}"
        f" or {steady_time('t', zone, 'false', unclear)} is distinct from {unclear}"
    ).fetchall()
    assert differing == []


@pytest.mark.parametrize("zone", [zone for zone in CHANGING if zone not in ("UTC", "Asia/Kolkata")])
def test_unclear_times_are_those_the_calendar_skips_or_repeats(
    connection: duckdb.DuckDBPyConnection, zone: str
) -> None:
    value = local_to_utc("t", zone)
    again = " or ".join(
        f"timezone('{zone}', timezone('UTC', utc) - to_minutes({minutes})) = t"
        for minutes in (20, 30, 60, 120, 180)
    )
    differing = connection.execute(
        f"select t from (select t, {value} as utc, {unclear_local_time('t', value, zone)} as told"
        " from (select timestamp '1967-01-01' + to_minutes(30 * n) as t"
        " from range(48 * 366 * 24) numbers(n)))"
        f" where told is distinct from (timezone('{zone}', timezone('UTC', utc)) <> t or {again})"
    ).fetchall()
    assert differing == []


def test_most_of_the_year_is_steady_where_clocks_change_by_rule() -> None:
    spans = _steady_days("America/Los_Angeles")
    assert sum(last - first for first, last, _ in spans) > 320
    noon = datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("America/Los_Angeles"))
    offsets = [offset for first, last, offset in spans if first <= 182 <= last]
    assert [timedelta(microseconds=o) for o in offsets] == [noon.utcoffset()]
    assert noon.astimezone(UTC).hour == 19
