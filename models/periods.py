"""Days relative to the business date, and where days begin in UTC (EDG-1 to EDG-3).

Everything relative is computed here from `as_of`; nothing reads a clock. A span of days is
half-open: it holds `first` and every day before `end`.
"""

from __future__ import annotations

import calendar
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from models.criteria import Operator, Value


@dataclass(frozen=True)
class Moment:
    """The business date of a run and the zone its days are counted in."""

    as_of: date
    time_zone: str = "UTC"


@dataclass(frozen=True)
class DaySpan:
    """Days from `first` up to, not including, `end`; None is open."""

    first: date | None
    end: date | None

    def holds(self, day: date) -> bool:
        """Whether the day lies in the span."""
        return (self.first is None or self.first <= day) and (self.end is None or day < self.end)


ONE_DAY: Final = timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """Return the day that many calendar months on, clamped to the end of the month (EDG-3)."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def start_of_day(day: date, time_zone: str) -> datetime:
    """Return the UTC instant, without zone, at which a local day begins.

    Where a change of clock skips midnight, the day begins at the first instant that exists.
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    # fold=0 takes the first of two midnights; a skipped one is read with the offset before the
    # gap, which is the instant the gap begins.
    local = datetime.combine(day, time(), tzinfo=zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def end_of_day(moment: Moment) -> datetime:
    """Return the UTC instant, without zone, at which `as_of` ends, exclusive (EDG-1)."""
    return start_of_day(moment.as_of + ONE_DAY, moment.time_zone)


def period_span(period: str, as_of: date) -> DaySpan:
    """Return the days of a named period such as `previous_quarter`; weeks begin on Monday."""
    which, unit = period.split("_")
    offset = {"previous": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        monday = as_of - timedelta(days=as_of.weekday()) + timedelta(weeks=offset)
        return DaySpan(monday, monday + timedelta(weeks=1))
    length = {"month": 1, "quarter": 3, "year": 12}[unit]
    first_month = (as_of.month - 1) // length * length + 1
    first = add_months(date(as_of.year, first_month, 1), offset * length)
    return DaySpan(first, add_months(first, length))


_DAY_SPANS: Final[dict[Operator, Callable[[date], DaySpan]]] = {
    Operator.BEFORE: lambda day: DaySpan(None, day),
    Operator.BELOW: lambda day: DaySpan(None, day),
    Operator.AT_MOST: lambda day: DaySpan(None, day + ONE_DAY),
    Operator.AFTER: lambda day: DaySpan(day + ONE_DAY, None),
    Operator.ABOVE: lambda day: DaySpan(day + ONE_DAY, None),
    Operator.AT_LEAST: lambda day: DaySpan(day, None),
    Operator.ON: lambda day: DaySpan(day, day + ONE_DAY),
    Operator.EQUALS: lambda day: DaySpan(day, day + ONE_DAY),
    Operator.NOT_EQUALS: lambda day: DaySpan(day, day + ONE_DAY),
}


def day_spans(operator: Operator, value: Value, as_of: date) -> tuple[DaySpan, ...]:
    """Return the spans of days an operator asks for; `not_equals` and `not_in` ask for the rest.

    Last N days are (as_of - N, as_of], next N days (as_of, as_of + N]; months alike, with the
    month end clamped (EDG-3).
    """
    if operator is Operator.IN_PERIOD:
        return (period_span(str(value), as_of),)
    if operator in _RELATIVE:
        assert isinstance(value, int)
        return (_RELATIVE[operator](as_of, value),)
    if operator is Operator.BETWEEN:
        assert isinstance(value, tuple)
        low, high = value
        assert isinstance(low, date) and isinstance(high, date)
        return (DaySpan(low, high + ONE_DAY),)
    days = value if isinstance(value, tuple) else (value,)
    single = _DAY_SPANS.get(operator, _DAY_SPANS[Operator.ON])
    return tuple(single(day) for day in days if isinstance(day, date))


_RELATIVE: Final[dict[Operator, Callable[[date, int], DaySpan]]] = {
    Operator.IN_LAST_DAYS: lambda day, n: DaySpan(day - timedelta(days=n - 1), day + ONE_DAY),
    Operator.IN_NEXT_DAYS: lambda day, n: DaySpan(day + ONE_DAY, day + timedelta(days=n + 1)),
    Operator.IN_LAST_MONTHS: lambda day, n: DaySpan(add_months(day, -n) + ONE_DAY, day + ONE_DAY),
    Operator.IN_NEXT_MONTHS: lambda day, n: DaySpan(day + ONE_DAY, add_months(day, n) + ONE_DAY),
}
