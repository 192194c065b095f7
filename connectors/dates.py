"""Texts of dates and timestamps to values, by SQL: declared formats only, 1900 to 2199 (F37)."""

from __future__ import annotations

import re
from typing import Final

from connectors.literals import literal
from connectors.time_zones import local_to_utc, steady_time, unclear_local_time
from models.formats import ValueFormats

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_ISO_TIMESTAMP: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-5][0-9]"
    r"(:[0-5][0-9]([.,][0-9]{1,9})?)?)?"
)
_OFFSET: Final = r" ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_DIRECTIVES: Final = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
    "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}",
    "%M": "[0-9]{1,2}",
    "%S": "[0-9]{1,2}",
    "%f": "[0-9]{1,6}",
    "%j": "[0-9]{1,3}",
    "%z": r"(Z|[+-][0-9]{2}:?[0-9]{2})",
    "%p": "[AaPp][Mm]",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
    "%a": "[A-Za-z]{3}",
    "%A": "[A-Za-z]{6,9}",
    "%%": "%",
}


def format_pattern(date_format: str) -> str:
    """Regular expression of the texts that a strptime format may read; keeps engines strict."""
    parts = re.split(r"(%.)", date_format)
    return "".join(_DIRECTIVES[p] if p.startswith("%") else re.escape(p) for p in parts if p)


def _in_range(value: str) -> str:
    return f"year({value}) between {FIRST_YEAR} and {LAST_YEAR}"


def _first_that_agrees(candidates: list[str], in_range: bool = True) -> str:
    """The value that the declared formats read; null when two of them read different values."""
    first = candidates[0] if len(candidates) == 1 else f"coalesce({', '.join(candidates)})"
    conditions = [_in_range(first)] if in_range else []
    conditions += [f"({c} is null or {c} = {first})" for c in candidates[1:]]
    return f"(case when {' and '.join(conditions)} then {first} end)"


def date_value(text: str, formats: ValueFormats) -> str:
    """SQL for the date a text says; a date is never shifted between zones (EDG-2)."""
    return _first_that_agrees([_date_by(text, f, formats) for f in formats.date_formats])


def _date_by(text: str, date_format: str, formats: ValueFormats) -> str:
    if date_format == "iso":
        plain = f"try_cast({text} as DATE)"
        # A date that carries a time: as written without offset or at midnight, else in the zone.
        at_midnight = literal(r".{10}[ T]00:00(:00([.,]0{1,9})?)?" + f"({_OFFSET})?")
        with_time = (
            f"(case when regexp_full_match({text}, {literal(_ISO_TIMESTAMP)})"
            f" or regexp_full_match({text}, {at_midnight})"
            f" then try_cast(left({text}, 10) as DATE)"
            f" when regexp_full_match({text}, {literal(_ISO_TIMESTAMP + _OFFSET)})"
            f" then cast(timezone({literal(formats.time_zone)}, {_zoned(text)}) as DATE) end)"
        )
        return f"(case when cast({plain} as VARCHAR) = {text} then {plain} else {with_time} end)"
    if date_format in NUMERIC_DATES:
        moment = _numeric_moment(text, date_format)
        if date_format == "excel_serial":
            return f"cast({moment} as DATE)"
        local = f"timezone({literal(formats.time_zone)}, timezone('UTC', {moment}))"
        return f"cast({local} as DATE)"
    return f"cast({_strptime(text, date_format)} as DATE)"


NUMERIC_DATES: Final = {
    # Below 61 Excel counts a 29 February 1900 that never was; such days are refused.
    "excel_serial": (r"[0-9]{2,6}(\.[0-9]{1,15})?", "timestamp '1899-12-30'", 86_400_000_000, 61),
    "epoch_seconds": (r"-?[0-9]{1,10}(\.[0-9]{1,6})?", "timestamp '1970-01-01'", 1_000_000, None),
    "epoch_milliseconds": (r"-?[0-9]{1,13}", "timestamp '1970-01-01'", 1_000, None),
}


def _numeric_moment(text: str, date_format: str) -> str:
    pattern, origin, unit, lowest = NUMERIC_DATES[date_format]
    number = f"try_cast({text} as DECIMAL(28,15))"
    microseconds = f"cast(round({number} * {unit}) as BIGINT)"
    condition = f"regexp_full_match({text}, {literal(pattern)})"
    if lowest is not None:
        condition += f" and {number} >= {lowest}"
    return f"(case when {condition} then {origin} + to_microseconds({microseconds}) end)"


def _zoned(text: str) -> str:
    """Moment of a text with an offset; the blank before the offset and a comma are normalised."""
    return (
        f"try_cast(replace(regexp_replace({text}, ' ([+-][0-9:]+|Z)$', '\\1'), ',', '.')"
        " as TIMESTAMPTZ)"
    )


def _strptime(text: str, date_format: str) -> str:
    return (
        f"(case when regexp_full_match({text}, {literal(format_pattern(date_format))})"
        f" then try_strptime({text}, {literal(date_format)}) end)"
    )


def timestamp_value(text: str, formats: ValueFormats) -> str:
    """SQL for the UTC timestamp a text says."""
    return _first_that_agrees(
        [_timestamp_by(text, f, formats.time_zone) for f in formats.timestamp_formats]
    )


def _timestamp_by(text: str, timestamp_format: str, time_zone: str) -> str:
    local = _local_time(text, timestamp_format)
    if timestamp_format == "iso":
        zoned = (
            f"(case when regexp_full_match({text}, {literal(_ISO_TIMESTAMP + _OFFSET)})"
            f" then timezone('UTC', {_zoned(text)}) end)"
        )
        return f"coalesce({local_to_utc(local, time_zone)}, {zoned})"
    if local != "null":
        return local_to_utc(local, time_zone)
    if timestamp_format in NUMERIC_DATES:
        return _numeric_moment(text, timestamp_format)
    return f"timezone('UTC', {_strptime(text, timestamp_format)})"


def _local_time(text: str, timestamp_format: str) -> str:
    """SQL for the naive local time a format reads; `null` when it reads moments."""
    if timestamp_format == "iso":
        return (
            f"(case when regexp_full_match({text}, {literal(_ISO_TIMESTAMP)})"
            f" then try_cast(replace({text}, ',', '.') as TIMESTAMP) end)"
        )
    if timestamp_format == "excel_serial":
        return _numeric_moment(text, timestamp_format)
    if timestamp_format in NUMERIC_DATES or "%z" in timestamp_format:
        return "null"
    return _strptime(text, timestamp_format)


def is_unclear(text: str, value: str, formats: ValueFormats) -> str:
    """SQL condition: the text is a local time that the clocks skipped or showed twice."""
    locals_ = [_local_time(text, f) for f in formats.timestamp_formats]
    found = [local for local in locals_ if local != "null"]
    if not found:
        return "false"
    local = found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"
    unclear = unclear_local_time(local, value, formats.time_zone)
    if unclear == "false":
        return unclear
    # The moment is a column and at hand; near no change of the clocks, its text need not be read
    # again: 400,000 deals with two timestamps cost 1.8 CPU seconds before, 1.2 after.
    return steady_time(value, formats.time_zone, "false", f"coalesce({unclear}, false)")
