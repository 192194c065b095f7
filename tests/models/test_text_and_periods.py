"""Folding and days: the two places where engines and calendars like to differ (EDG-2, EDG-22)."""

from __future__ import annotations

import calendar
import sys
import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.criteria import Operator
from models.periods import (
    DaySpan,
    Moment,
    add_months,
    day_spans,
    end_of_day,
    period_span,
    start_of_day,
)
from models.text import BLANKS, canonical, fold


def test_blanks_are_the_white_space_of_unicode() -> None:
    spaces = {chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()}
    assert set(BLANKS) == spaces - {"\x1c", "\x1d", "\x1e", "\x1f"}


def test_duckdb_folds_every_code_point_as_we_do() -> None:
    points = [c for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    rows = duckdb.connect().execute(
        "select c, lower(trim('a' || chr(c::integer) || 'b', $blanks)) from unnest($points) t(c)",
        {"points": points, "blanks": BLANKS},
    )
    wrong = [c for c, lowered in rows.fetchall() if fold(f"a{chr(c)}b") != lowered]
    assert wrong == []


def test_duckdb_trims_what_we_trim() -> None:
    query = "select trim($text, $blanks)"
    text = f"{BLANKS}a{BLANKS}b{BLANKS}"
    found = duckdb.connect().execute(query, {"text": text, "blanks": BLANKS}).fetchone()
    assert found == (f"a{BLANKS}b",)
    assert fold(text.upper()) == f"a{BLANKS}b"


def test_folding_is_stable_and_final_sigma_is_not_special() -> None:
    assert fold(" ΑΣ ") == "ασ"
    assert fold("İ") == "i"
    assert canonical(" e\u0301\u3000") == unicodedata.normalize("NFC", "e\u0301")


DATES = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@given(day=DATES, months=st.integers(-1200, 1200))
def test_adding_months_clamps_to_the_end_of_the_month(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == min(day.day, calendar.monthrange(found.year, found.month)[1])


def test_vector_13_months_before_the_end_of_august() -> None:
    assert add_months(date(2024, 8, 31), -6) == date(2024, 2, 29)
    assert add_months(date(2023, 8, 31), -6) == date(2023, 2, 28)


@given(day=DATES, unit=st.sampled_from(("week", "month", "quarter", "year")))
def test_periods_follow_each_other_and_hold_their_day(day: date, unit: str) -> None:
    before, now, after = (period_span(f"{w}_{unit}", day) for w in ("previous", "this", "next"))
    assert now.holds(day)
    assert before.end == now.first
    assert now.end == after.first
    assert now.first is not None
    assert now.first.weekday() == 0 if unit == "week" else now.first.day == 1


@pytest.mark.parametrize(
    ("operator", "value", "first", "last"),
    [
        (Operator.IN_LAST_DAYS, 1, "2024-03-31", "2024-03-31"),
        (Operator.IN_LAST_DAYS, 30, "2024-03-02", "2024-03-31"),
        (Operator.IN_NEXT_DAYS, 1, "2024-04-01", "2024-04-01"),
        (Operator.IN_LAST_MONTHS, 1, "2024-03-01", "2024-03-31"),
        (Operator.IN_NEXT_MONTHS, 1, "2024-04-01", "2024-04-30"),
        (Operator.IN_PERIOD, "previous_week", "2024-03-18", "2024-03-24"),
        (Operator.IN_PERIOD, "next_month", "2024-04-01", "2024-04-30"),
        (Operator.IN_PERIOD, "this_quarter", "2024-01-01", "2024-03-31"),
        (Operator.IN_PERIOD, "previous_quarter", "2023-10-01", "2023-12-31"),
        (Operator.IN_PERIOD, "next_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_spans_around_a_sunday_at_the_end_of_a_quarter(
    operator: Operator, value: int | str, first: str, last: str
) -> None:
    """EDG-3, counted by hand for 31 March 2024."""
    (span,) = day_spans(operator, value, date(2024, 3, 31))
    end = date.fromisoformat(last) + timedelta(days=1)
    assert span == DaySpan(date.fromisoformat(first), end)


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2024-01-01", "UTC", "2024-01-01 00:00"),
        ("2024-03-10", "America/Los_Angeles", "2024-03-10 08:00"),
        ("2024-03-11", "America/Los_Angeles", "2024-03-11 07:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04 03:00"),
        ("2024-01-01", "Asia/Kathmandu", "2023-12-31 18:15"),
    ],
)
def test_local_days_begin_at_these_instants(day: str, zone: str, instant: str) -> None:
    """EDG-2; the third but one day has 23 hours, the fourth has no midnight."""
    expected = datetime.fromisoformat(instant)
    assert start_of_day(date.fromisoformat(day), zone) == expected


@given(
    day=DATES,
    zone=st.sampled_from(("UTC", "America/Sao_Paulo", "Asia/Shanghai", "Pacific/Kiritimati")),
)
def test_a_day_ends_where_the_next_begins(day: date, zone: str) -> None:
    start, end = start_of_day(day, zone), end_of_day(Moment(day, zone))
    assert end == start_of_day(day + timedelta(days=1), zone)
    assert timedelta(hours=20) <= end - start <= timedelta(hours=28)
    last = (end - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert last.date() == day
