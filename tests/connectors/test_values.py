"""Texts to values, against oracles in plain Python: decimal, strptime, zoneinfo (F36, F37, F44)."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.parsing import NATIVE, cleaned, parsed, remark
from connectors.plan import FieldPlan
from models.fields import Field, FieldType, Need
from models.formats import ValueFormats
from models.mapping import ResolvedField

QUICK = settings(max_examples=120, deadline=None)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


def read(
    connection: duckdb.DuckDBPyConnection,
    kind: FieldType,
    texts: Sequence[str | None],
    formats: ValueFormats | None = None,
    *,
    need: Need = Need.OPTIONAL,
    replacements: dict[str, str] | None = None,
) -> list[tuple[Any, str | None]]:
    """Value and remark of each text, by the SQL that landing runs."""
    field = Field("x", kind, "", need)
    plan = FieldPlan(
        ResolvedField(
            "x", kind, "column", need, column="x", formats=formats or ValueFormats(),
            replacements=replacements or {},
        ),
        field,
    )  # fmt: skip
    connection.execute("create or replace temp table texts (n integer, x varchar)")
    connection.executemany("insert into texts values (?, ?)", list(enumerate(texts)))
    return connection.execute(
        f"select value, {remark('t', 'value', plan, is_marked=True)} from (select n, t,"
        f" {parsed('t', plan, is_marked=True)} as value from (select n,"
        f" {cleaned('x', plan, is_marked=True)} as t from texts)) order by n"
    ).fetchall()


MARKS = st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")])


def spelled(value: Decimal, decimal: str, thousands: str, is_grouped: bool) -> str:
    whole, _, fraction = f"{abs(value):f}".partition(".")
    if thousands and is_grouped:
        whole = f"{int(whole):,}".replace(",", thousands)
    return ("-" if value < 0 else "") + whole + (decimal + fraction if fraction else "")


@given(
    st.lists(st.decimals(-(10**13), 10**13, places=6, allow_nan=False), min_size=1, max_size=20),
    MARKS,
    st.booleans(),
)
@QUICK
def test_amounts_are_exact_and_round_once(
    connection: duckdb.DuckDBPyConnection,
    values: list[Decimal],
    marks: tuple[str, str],
    is_grouped: bool,
) -> None:
    decimal, thousands = marks
    formats = ValueFormats(decimal=decimal, thousands=thousands)
    texts = [spelled(value, decimal, thousands, is_grouped) for value in values]
    found = read(connection, FieldType.AMOUNT, texts, formats)
    rounded = [v.quantize(Decimal("0.0001"), ROUND_HALF_UP) for v in values]
    assert [value for value, _ in found] == rounded
    expected = [t if v != r else None for t, v, r in zip(texts, values, rounded, strict=True)]
    assert [told for _, told in found] == expected


@given(st.lists(st.text("0123456789.,-+ 'eEx_%()", min_size=1, max_size=9), min_size=1), MARKS)
@QUICK
def test_no_text_is_taken_for_a_number_by_mercy(
    connection: duckdb.DuckDBPyConnection, texts: list[str], marks: tuple[str, str]
) -> None:
    decimal, thousands = marks
    for text, (value, told) in zip(
        texts,
        read(connection, FieldType.AMOUNT, texts, ValueFormats(decimal, thousands)),
        strict=True,
    ):
        plain = text.strip()
        if thousands:
            grouped = rf"[0-9]{{1,3}}(\{thousands}[0-9]{{3}})+"
            match = re.fullmatch(rf"[+-]?{grouped}(\{decimal}[0-9]+)?", plain)
            plain = plain.replace(thousands, "") if match else plain
        is_number = re.fullmatch(rf"[+-]?([0-9]+(\{decimal}[0-9]+)?|\{decimal}[0-9]+)", plain)
        if is_number:
            number = Decimal(plain.replace(decimal, "."))
            assert value == number.quantize(Decimal("0.0001"), ROUND_HALF_UP)
        else:
            assert value is None
            assert told == (text.strip() or None)


DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y", "%d %b %Y", "%d-%m-%y"]


@given(
    st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=20),
    st.sampled_from(DATE_FORMATS),
)
@QUICK
def test_declared_dates_read_back(
    connection: duckdb.DuckDBPyConnection, days: list[date], date_format: str
) -> None:
    texts = [day.strftime(date_format) for day in days]
    found = read(connection, FieldType.DATE, texts, ValueFormats(date_formats=(date_format,)))
    assert found == [(day, None) for day in days]


@given(
    st.lists(
        st.text("0123456789-/. :TZ+", min_size=1, max_size=12)
        | st.from_regex(r"\A(1|2|19|20)?[0-9]{2}[-/.]?[0-3]?[0-9][-/.]?[0-9]{1,4}\Z")
        | st.from_regex(r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9](:[0-6][0-9]){0,2})?\Z"),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["iso", "%d/%m/%Y", "%Y%m%d"]),
)
@QUICK
def test_no_text_is_taken_for_a_date_by_mercy(
    connection: duckdb.DuckDBPyConnection, texts: list[str], date_format: str
) -> None:
    formats = ValueFormats(date_formats=(date_format,))
    for text, (value, _) in zip(
        texts, read(connection, FieldType.DATE, texts, formats), strict=True
    ):
        if value is None:
            continue
        stripped = text.strip()
        if date_format == "iso":
            assert value == datetime.fromisoformat(stripped).date()
            assert value.isoformat() == stripped[:10]
        else:
            assert value == datetime.strptime(stripped, date_format).replace(tzinfo=UTC).date()
        assert 1900 <= value.year <= 2199


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        ({"date_formats": ("excel_serial",)}, "45000", date(2023, 3, 15)),
        ({"date_formats": ("excel_serial",)}, "45000.75", date(2023, 3, 15)),
        ({"date_formats": ("excel_serial",)}, "60", None),
        ({"date_formats": ("epoch_seconds",)}, "1700000000", date(2023, 11, 14)),
        ({"date_formats": ("epoch_milliseconds",)}, "1700000000000", date(2023, 11, 14)),
        ({"date_formats": ("epoch_seconds",), "time_zone": "Asia/Tokyo"}, "1700000000",
         date(2023, 11, 15)),
        ({"date_formats": ("%d/%m/%Y", "%m/%d/%Y")}, "02/03/2024", None),
        ({"date_formats": ("%d/%m/%Y", "%m/%d/%Y")}, "13/03/2024", date(2024, 3, 13)),
        ({"date_formats": ("%d/%m/%Y", "%m/%d/%Y")}, "03/03/2024", date(2024, 3, 3)),
        ({}, "2024-05-01 00:00:00.000", date(2024, 5, 1)),
        ({}, "2024-05-01T23:59:59", date(2024, 5, 1)),
        ({"time_zone": "Asia/Shanghai"}, "2024-05-01T00:00:00Z", date(2024, 5, 1)),
        ({"time_zone": "Asia/Shanghai"}, "2024-05-01T20:00:00Z", date(2024, 5, 2)),
        ({"time_zone": "America/New_York"}, "2024-05-01T00:00:00+08:00", date(2024, 5, 1)),
        ({}, f"{NATIVE}2024-05-01", date(2024, 5, 1)),
        ({"date_formats": ("%d/%m/%Y",)}, f"{NATIVE}2024-05-01 00:00:00", date(2024, 5, 1)),
        ({"date_formats": ("%d/%m/%Y",)}, "2024-05-01", None),
        ({"date_formats": ("excel_serial",)}, f"{NATIVE}45000", date(2023, 3, 15)),
        ({}, f"{NATIVE}45000", None),
    ],
)  # fmt: skip
def test_dates_of_every_kind(
    connection: duckdb.DuckDBPyConnection, formats: Any, text: str, expected: date | None
) -> None:
    ((value, told),) = read(connection, FieldType.DATE, [text], ValueFormats(**formats))
    assert value == expected
    assert (told is None) == (expected is not None)


ZONES = ["UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]


def is_unclear(local: datetime, zone: zoneinfo.ZoneInfo) -> bool:
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first != second


CHANGES = [datetime(2024, 3, 10), datetime(2024, 11, 3), datetime(2024, 3, 31),
           datetime(2024, 10, 27), datetime(2024, 4, 7), datetime(2024, 10, 6)]  # fmt: skip


@given(
    st.lists(
        st.one_of(
            st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)),
            st.tuples(st.sampled_from(CHANGES), st.integers(0, 300)).map(
                lambda pair: pair[0] + timedelta(minutes=pair[1])
            ),
        ).map(lambda moment: moment.replace(microsecond=0)),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(ZONES),
)
@QUICK
def test_local_times_become_utc_and_unclear_ones_are_told(
    connection: duckdb.DuckDBPyConnection, moments: list[datetime], name: str
) -> None:
    zone = zoneinfo.ZoneInfo(name)
    texts = [moment.isoformat(sep=" ") for moment in moments]
    found = read(connection, FieldType.TIMESTAMP, texts, ValueFormats(time_zone=name))
    for moment, text, (value, told) in zip(moments, texts, found, strict=True):
        if is_unclear(moment, zone):
            assert told == text
        else:
            assert value == moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
            assert told is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T10:00:00Z", datetime(2024, 1, 2, 10)),
        ("2024-01-02T10:00:00+08:00", datetime(2024, 1, 2, 2)),
        ("2024-01-02 10:00:00 +0800", datetime(2024, 1, 2, 2)),
        ("2024-01-02 10:00:00-03:30", datetime(2024, 1, 2, 13, 30)),
        ("2024-01-02T10:00:00,250Z", datetime(2024, 1, 2, 10, 0, 0, 250_000)),
        ("2024-01-02T10:00:00.123456789", datetime(2024, 1, 2, 10, 0, 0, 123_456)),
        ("2024-01-02T10:00", datetime(2024, 1, 2, 10)),
        ("2024-01-02", datetime(2024, 1, 2)),
        ("2024-01-02T10:00:00 PST", None),
        ("2024-01-02T23:59:60", None),
        ("2024-02-30T10:00:00", None),
        ("2024-01-02 10:00:00 +8", None),
    ],
)
def test_iso_timestamps(
    connection: duckdb.DuckDBPyConnection, text: str, expected: datetime | None
) -> None:
    assert read(connection, FieldType.TIMESTAMP, [text])[0][0] == expected


def test_declared_timestamps(connection: duckdb.DuckDBPyConnection) -> None:
    formats = ValueFormats(
        timestamp_formats=("%d.%m.%Y %H:%M:%S", "%d/%m/%Y %I:%M %p"), time_zone="Europe/Berlin"
    )
    texts = ["01.07.2024 12:00:00", "01/07/2024 01:30 PM", "2024-07-01 12:00:00"]
    found = [value for value, _ in read(connection, FieldType.TIMESTAMP, texts, formats)]
    assert found == [datetime(2024, 7, 1, 10), datetime(2024, 7, 1, 11, 30), None]


def test_integers_booleans_nulls_and_replacements(connection: duckdb.DuckDBPyConnection) -> None:
    texts = ["12", "12.0", "12.5", "9007199254740993", "99999999999999999999", "-0", "1e3", "NULL"]
    formats = ValueFormats(null_values=("", "NULL"))
    found = [value for value, _ in read(connection, FieldType.INTEGER, texts, formats)]
    assert found == [12, 12, None, 9007199254740993, None, 0, None, None]
    words = ["TRUE", "Yes", "n", "0", "maybe", "", f"{NATIVE}true", f"{NATIVE}0"]
    assert read(connection, FieldType.BOOLEAN, words) == [
        (True, None), (True, None), (False, None), (False, None), (None, "maybe"), (None, None),
        (True, None), (False, None),
    ]  # fmt: skip
    replacements = {"technolgy": "technology", "n/a": ""}
    names = ["Technolgy ", "technology", "N/A"]
    assert [v for v, _ in read(connection, FieldType.TEXT, names, replacements=replacements)] == [
        "technology", "technology", None,
    ]  # fmt: skip


def test_keys_lose_invisible_marks_and_tell_it(connection: duckdb.DuckDBPyConnection) -> None:
    texts = ["A\u200b1", "\ufeffA1", "A1", "é", "e\u0301", "医\u202e院"]
    keys = read(connection, FieldType.TEXT, texts, need=Need.KEY)
    assert [value for value, _ in keys] == ["A1", "A1", "A1", "é", "é", "医院"]
    assert [told is not None for _, told in keys] == [True, True, False, False, False, True]
    assert read(connection, FieldType.TEXT, texts)[0] == ("A\u200b1", None)


def test_null_texts_are_declared_and_exact(connection: duckdb.DuckDBPyConnection) -> None:
    formats = replace(ValueFormats(), null_values=("", "NULL", "-"))
    found = read(connection, FieldType.TEXT, [" NULL ", "null", "-", "--", f"{NATIVE}5"], formats)
    assert [value for value, _ in found] == [None, "null", None, "--", "5"]
