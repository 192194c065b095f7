"""Local times to UTC in SQL, with the hours that clocks skip or repeat told apart (EDG-2, F37).

DuckDB moves a skipped hour forward and takes the later of a repeated one, both in silence. The
value is kept as DuckDB reads it, and `unclear_local_time` is true, so that landing can warn.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_FIRST_YEAR, _LAST_YEAR = 1970, 2040  # every rule of change in force since 1970 shows in here


def local_to_utc(local: str, time_zone: str) -> str:
    """SQL for the UTC moment (TIMESTAMP without zone) of a local TIMESTAMP expression."""
    if time_zone == "UTC":
        return local
    return f"timezone('UTC', timezone('{time_zone}', {local}))"


def unclear_local_time(local: str, utc: str, time_zone: str) -> str:
    """SQL condition: the local time was skipped or came twice when the clocks changed.

    `utc` is what `local_to_utc` made of it.
    """
    minutes = _repeated_minutes(time_zone)
    if not minutes:
        return "false"
    moment = f"timezone('UTC', {utc})"
    conditions = [f"timezone('{time_zone}', {moment}) <> {local}"]
    conditions += [
        f"timezone('{time_zone}', {moment} - interval {count} minute) = {local}"
        for count in minutes
    ]
    return f"({' or '.join(conditions)})"


@lru_cache(maxsize=64)
def _repeated_minutes(time_zone: str) -> tuple[int, ...]:
    """By how many minutes clocks of the zone have been set back since 1970."""
    zone = zoneinfo.ZoneInfo(time_zone)
    moment, end = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    offset, found = moment.astimezone(zone).utcoffset(), set()
    while moment < end:
        moment += timedelta(days=1)
        later = moment.astimezone(zone).utcoffset()
        if later is not None and offset is not None and later < offset:
            found.add(int((offset - later).total_seconds() // 60))
        offset = later
    return tuple(sorted(found))
