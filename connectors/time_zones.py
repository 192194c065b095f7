"""Local times to UTC in SQL, with the hours that clocks skip or repeat told apart (EDG-2, F37).

DuckDB moves a skipped hour forward and takes the later of a repeated one, both in silence. The
value is kept as DuckDB reads it, and `unclear_local_time` is true, so that landing can warn.

Asking DuckDB's calendar costs 75 ns per question, and a local time takes two to five. On most days
of the year a zone has had one and the same offset in all recent years; on those `steady_time`
answers by an addition, and nothing can be unclear: of a million deals with two timestamps the
check fell from 4.9 to 2.4 CPU seconds. On the other days a time is examined only in the hours of
the day in which clocks of the zone have ever changed; that took another half off.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

import duckdb

from connectors.literals import literal

_FIRST_YEAR, _LAST_YEAR = 1970, 2040  # every rule of change in force since 1970 shows in here


def local_to_utc(local: str, time_zone: str) -> str:
    """SQL for the UTC moment (TIMESTAMP without zone) of a local TIMESTAMP expression."""
    if time_zone == "UTC":
        return local
    return f"timezone('UTC', timezone('{time_zone}', {local}))"


def steady_time(local: str, time_zone: str, steady: str, otherwise: str) -> str:
    """SQL that gives `steady` where the zone has its usual offset of the day, else `otherwise`.

    `{utc}` in `steady` stands for the UTC moment of `local`, which should be a column.
    """
    if time_zone == "UTC":
        return steady.replace("{utc}", local)
    cases = "".join(
        f" when dayofyear({local}) between {first} and {last}"
        f" then {steady.replace('{utc}', f'make_timestamp(epoch_us({local}) - ({offset}))')}"
        for first, last, offset in _steady_days(time_zone)
    )
    if not cases:
        return otherwise
    years = (
        f"{local} >= timestamp '{_STEADY_FROM}-01-01' and {local} < timestamp '{_STEADY_TO}-01-01'"
    )
    return f"(case when not ({years}) then {otherwise}{cases} else {otherwise} end)"


_STEADY_FROM, _STEADY_TO = 2008, 2036

_STEADY: Final = """
    with moments as (
        select timestamp '{first}-01-01' + to_hours(6 * n) as moment
        from range(4 * 366 * {years}) numbers(n)
    ), offsets as (
        select dayofyear(moment) as day,
            epoch_us(timezone({zone}, timezone('UTC', moment))) - epoch_us(moment) as microseconds
        from moments where year(moment) < {last}
    ), days as (
        select day, min(microseconds) as lowest, max(microseconds) as highest
        from offsets group by day
    ), surroundings as (
        select day, min(lowest) over around as lowest, max(highest) over around as highest
        from days window around as (order by day rows between 2 preceding and 2 following)
    )
    select day, lowest from surroundings
    where lowest = highest and day between 3 and 363 order by day
"""


@lru_cache(maxsize=64)
def _steady_days(time_zone: str) -> tuple[tuple[int, int, int], ...]:
    """Spans of days of the year (first, last) with one offset (microseconds) in all recent years.

    A day counts when the two days before and after it have that offset as well, so that no change
    of the clocks is near. The engine's own calendar is asked, since it is the one replaced.
    """
    query = _STEADY.format(
        first=_STEADY_FROM,
        last=_STEADY_TO,
        years=_STEADY_TO - _STEADY_FROM,
        zone=literal(time_zone),
    )
    with duckdb.connect(config={"threads": "1"}) as connection:
        days = connection.execute(query).fetchall()
    spans: list[tuple[int, int, int]] = []
    for day, offset in days:
        if spans and spans[-1][1:] == (day - 1, offset):
            spans[-1] = (spans[-1][0], day, offset)
        else:
            spans.append((day, day, offset))
    return tuple(span for span in spans if span[1] - span[0] >= 20)


def unclear_local_time(local: str, utc: str, time_zone: str) -> str:
    """SQL condition: the local time was skipped or came twice when the clocks changed.

    `utc` is what `local_to_utc` made of it.
    """
    minutes = _repeated_minutes(time_zone)
    if not _changes(time_zone):
        return "false"
    moment = f"timezone('UTC', {utc})"
    conditions = [f"timezone('{time_zone}', {moment}) <> {local}"]
    conditions += [
        f"timezone('{time_zone}', {moment} - interval {count} minute) = {local}"
        for count in minutes
    ]
    exact = f"({' or '.join(conditions)})"
    hours = ", ".join(str(hour) for hour in _hours_of_change(time_zone))
    known = (
        f"{local} >= timestamp '{_FIRST_YEAR}-01-02' and {local} < timestamp '{_LAST_YEAR}-01-01'"
    )
    return f"(case when {known} and hour({local}) not in ({hours}) then false else {exact} end)"


def _repeated_minutes(time_zone: str) -> tuple[int, ...]:
    """By how many minutes clocks of the zone have been set back since 1970."""
    back = {before - after for _, before, after in _changes(time_zone) if after < before}
    return tuple(sorted(step // timedelta(minutes=1) for step in back))


@lru_cache(maxsize=64)
def _hours_of_change(time_zone: str) -> tuple[int, ...]:
    """Hours of the day of which a part was skipped or came twice on some day since 1970."""
    found = set()
    for moment, before, after in _changes(time_zone):
        # Between the two readings of the clock, both ends included.
        low, high = sorted((before, after))
        first, last = moment + low, moment + high
        while first < last:
            found.add(first.hour)
            first += timedelta(minutes=15)
        found.add(last.hour)
    return tuple(sorted(found))


_CHANGES: Final = """
    with days as (
        select timestamp '{first}-01-01' + to_days(cast(n as integer)) as moment
        from range({days}) numbers(n)
    ), changing_days as (
        select moment from days
        where timezone({zone}, timezone('UTC', moment)) + interval 1 day
            <> timezone({zone}, timezone('UTC', moment + interval 1 day))
    ), hours as (
        select moment + to_hours(n) as moment from changing_days, range(24) numbers(n)
    ), changing_hours as (
        select moment from hours
        where timezone({zone}, timezone('UTC', moment)) + interval 1 hour
            <> timezone({zone}, timezone('UTC', moment + interval 1 hour))
    ), minutes as (
        select moment + to_minutes(n) as moment, n from changing_hours, range(61) numbers(n)
    ), offsets as (
        select n, moment,
            epoch_us(timezone({zone}, timezone('UTC', moment))) - epoch_us(moment) as after
        from minutes
    ), steps as (
        select n, moment, lag(after) over (order by moment, n desc) as before, after from offsets
    )
    select moment, before, after from steps where n > 0 and before <> after order by moment
"""


@lru_cache(maxsize=64)
def _changes(time_zone: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """Changes of the clocks since 1970: moment in UTC, offset before and offset after it.

    To the minute. DuckDB's own calendar is asked: it gives the values, and knows other rules of
    some zones than the files of the host.
    """
    days = (date(_LAST_YEAR, 1, 1) - date(_FIRST_YEAR, 1, 1)).days
    query = _CHANGES.format(first=_FIRST_YEAR, days=days, zone=literal(time_zone))
    with duckdb.connect(config={"threads": "1"}) as connection:
        found = connection.execute(query).fetchall()
    return tuple(
        (moment, timedelta(microseconds=before), timedelta(microseconds=after))
        for moment, before, after in found
    )
