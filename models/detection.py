"""How sampled texts are written: numbers, dates, flags (F36, F37). For proposals only.

Nothing here reads data: what is detected is written into `abm.yaml` as a declaration that a person
confirms, and landing then reads by the declaration alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Final, Literal

from models.fields import FieldType
from models.sampled import SampledColumn

Kind = Literal["empty", "integer", "number", "boolean", "date", "timestamp", "text"]

READABLE: Final = 0.95
"""Share of texts that must be readable; landing refuses a load with more bad rows."""

_MOST_TEXTS: Final = 1_000
_DATES: Final = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y",
    "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%Y%m%d", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%Y-%m-%d",
)  # fmt: skip
_TIMES: Final = (
    "%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S.%f", "%H:%M:%S%z", "%H:%M:%S.%f%z",
)  # fmt: skip
_ISO: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$"
)
_FLAGS: Final = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n", "0", "1"})
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,' \u00a0\u202f]*$|[+-]?[.,][0-9]+$")


@dataclass(frozen=True)
class DateReading:
    """How dates of a column may be read: formats to declare, and others that read them as well.

    `formats` is ("iso",) for the default. `others` is not empty when day and month cannot be told
    apart. `unread` is a text that none of the formats reads, None when all are read.
    """

    formats: tuple[str, ...]
    others: tuple[str, ...] = ()
    unread: str | None = None
    has_time: bool = False


@dataclass(frozen=True)
class NumberReading:
    """How numbers of a column are written; `is_sure` is False when `1,234` may be read twice."""

    decimal: str = "."
    thousands: str = ""
    is_sure: bool = True


def _texts(column: SampledColumn) -> list[str]:
    """Return at most _MOST_TEXTS distinct texts, spread evenly over the column's values."""
    values = list(column.values)
    step = max(1, len(values) // _MOST_TEXTS)
    return values[::step]


def kind_of(column: SampledColumn) -> Kind:
    """Return what the texts of a column are, by all of those looked at."""
    texts = _texts(column)
    if not texts:
        return "empty"
    if {text.lower() for text in texts} <= _FLAGS and not set(texts) <= {"0", "1"}:
        return "boolean"
    if all(re.fullmatch(r"[+-]?\d{1,18}", text) for text in texts):
        return "integer"
    if number_reading(column) is not None:
        return "number"
    reading = date_reading(column)
    if reading is None or reading.unread is not None:
        return "text"
    return "timestamp" if reading.has_time else "date"


def custom_type(column: SampledColumn) -> FieldType:
    """Return the type to propose for a custom field: codes with leading zeros stay text."""
    kind = kind_of(column)
    if kind == "integer":
        is_code = any(re.match(r"0\d", text) for text in _texts(column))
        return FieldType.TEXT if is_code else FieldType.INTEGER
    if kind == "number":
        return FieldType.AMOUNT
    return FieldType(kind) if kind in ("boolean", "date", "timestamp") else FieldType.TEXT


def suits(column: SampledColumn, wanted: FieldType) -> bool:
    """Whether the texts of a column can be read as a type; an empty column suits every type."""
    texts = _texts(column)
    if wanted is FieldType.TEXT or not texts:
        return True
    if wanted in (FieldType.DATE, FieldType.TIMESTAMP):
        reading = date_reading(column) or numeric_date_reading(column)
        return reading is not None and reading.unread is None
    if wanted is FieldType.BOOLEAN:
        return {text.lower() for text in texts} <= _FLAGS
    return number_reading(column) is not None


def number_reading(column: SampledColumn) -> NumberReading | None:
    """Return how the numbers of a column are written; None when they are no numbers.

    A few texts may be no numbers: landing puts their rows into quarantine.
    """
    texts = _texts(column)
    numbers = [text for text in texts if _NUMBER.match(text)]
    if not numbers or len(numbers) < READABLE * len(texts):
        return None
    plain = [text.lstrip("+-") for text in numbers]
    fitting = [
        NumberReading(decimal, thousands)
        for decimal, thousands in product(".,", ("", ",", ".", " ", "'"))
        if thousands != decimal and _are_numbers(plain, decimal, thousands)
    ]
    if not fitting:
        return None
    first = fitting[0]
    # `1,234` alone is a thousand or a fraction; with the default marks it would be no number.
    is_sure = first.decimal == "." or not any(other.decimal == "." for other in fitting)
    preferred = first if is_sure else next(other for other in fitting if other.decimal == ".")
    return NumberReading(preferred.decimal, preferred.thousands, is_sure and not _is_unclear(plain))


def _are_numbers(texts: Sequence[str], decimal: str, thousands: str) -> bool:
    read = sum(1 for text in texts if _is_number(text, decimal, thousands))
    return read >= READABLE * len(texts)


def _is_number(text: str, decimal: str, thousands: str) -> bool:
    mark = "[ \u00a0\u202f]" if thousands == " " else re.escape(thousands)
    whole = rf"([0-9]{{1,3}}({mark}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
    fraction = re.escape(decimal) + "[0-9]+"
    return re.fullmatch(rf"({whole}({fraction})?|{fraction})", text) is not None


def _is_unclear(texts: Sequence[str]) -> bool:
    """Whether every text with a comma could be thousands as well as a fraction."""
    marked = [text for text in texts if "," in text]
    return bool(marked) and all(re.fullmatch(r"[0-9]{1,3},[0-9]{3}", text) for text in marked)


def date_reading(column: SampledColumn) -> DateReading | None:
    """Return how the dates of a column are written; None when most texts are no dates."""
    texts = _texts(column)
    if not texts:
        return None
    if all(_ISO.match(text) for text in texts):
        has_time = any(len(text) > 10 and not _at_midnight(text) for text in texts)
        return DateReading(("iso",), has_time=has_time)
    fitting = [f for f in _formats(texts[0]) if all(_read(text, f) for text in texts)]
    if fitting:
        others = tuple(f for f in fitting[1:] if _differ(texts, fitting[0], f))
        return DateReading((fitting[0],), others, has_time=_has_time(fitting[0]))
    return _mixed(texts)


def _mixed(texts: Sequence[str]) -> DateReading | None:
    """Cover texts of several formats greedily; at least half must be dates at all."""
    chosen: list[str] = []
    rest = list(texts)
    while rest and len(chosen) < 3:
        formats = ["iso", *_formats(rest[0])]
        best = max(formats, key=lambda f: sum(1 for text in rest if _read(text, f)))
        left = [text for text in rest if not _read(text, best)]
        if len(left) == len(rest):
            break
        chosen.append(best)
        rest = left
    if not chosen or len(rest) * 2 > len(texts):
        return None
    has_time = any(map(_has_time, chosen))
    return DateReading(tuple(chosen), unread=rest[0] if rest else None, has_time=has_time)


def numeric_date_reading(column: SampledColumn) -> DateReading | None:
    """Return how dates written as plain numbers count, where a date field needs one."""
    texts = _texts(column)
    if not texts or not all(re.fullmatch(r"\d{4,13}(\.\d+)?", text) for text in texts):
        return None
    numbers = [float(text) for text in texts]
    spans = {
        "excel_serial": (20_000, 73_000),
        "epoch_seconds": (300_000_000, 4_102_444_800),
        "epoch_milliseconds": (300_000_000_000, 4_102_444_800_000),
    }
    for name, (low, high) in spans.items():
        if all(low <= number <= high for number in numbers):
            return DateReading((name,), has_time=name != "excel_serial")
    return None


def unread_text(column: SampledColumn, what: Literal["number", "date"]) -> str | None:
    """Return a text that no notation of numbers or dates reads; None when each one is read."""
    for text in _texts(column):
        if what == "date":
            is_read = _ISO.match(text) is not None or bool(_formats(text))
        else:
            notations = product(".,", ("", ",", ".", " ", "'"))
            is_read = any(_is_number(re.sub("^[+-]", "", text), d, t) for d, t in notations)
        if not is_read:
            return text
    return None


def newest_date(column: SampledColumn, today: date) -> date | None:
    """Return the latest day of a date column that is not after today, None when it has none."""
    reading = date_reading(column)
    if reading is None:
        return None
    found = [_read(text, f) for text in column.values for f in reading.formats]
    days = [moment.date() for moment in found if moment is not None]
    return max((day for day in days if day <= today), default=None)


def _at_midnight(text: str) -> bool:
    return re.match(r".{10}[ T]00:00(:00([.,]0+)?)?$", text) is not None


def _has_time(format_: str) -> bool:
    return "%H" in format_ or "%I" in format_


def _formats(text: str) -> list[str]:
    """Formats that read one text, dates without time first."""
    timed = [f"{day}{joint}{time}" for day, joint, time in product(_DATES, (" ", "T"), _TIMES)]
    return [f for f in (*_DATES, *timed) if _read(text, f)]


def _differ(texts: Iterable[str], first: str, second: str) -> bool:
    return any(_read(text, first) != _read(text, second) for text in texts)


def _read(text: str, format_: str) -> datetime | None:
    try:
        if format_ == "iso":
            day = datetime.fromisoformat(text.replace(",", ".")) if _ISO.match(text) else None
            return day.replace(tzinfo=None) if day else None
        read = datetime.strptime(text, format_)  # noqa: DTZ007 - compared with its like only
    except ValueError:
        return None
    is_whole = format_ != "%Y%m%d" or len(text) == 8
    return read.replace(tzinfo=None) if is_whole and 1900 <= read.year <= 2199 else None
