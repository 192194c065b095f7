"""How a source writes its values: decimal mark, dates, blanks (reliability F36, F37).

A format is declared by source and may be overridden by field; it is never guessed by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from models.definition import Definition, TextList
from models.organization import TimeZone
from models.text import fold

SPECIAL_FORMATS = ("iso", "excel_serial", "epoch_seconds", "epoch_milliseconds")
"""Formats of dates and timestamps that are not strptime texts."""

_PROBE = datetime(2004, 2, 3, 4, 5, 6, tzinfo=UTC)


def _read_probe(text: str, format_: str) -> date | None:
    """Return the date a format reads in the text, None when it does not fit."""
    try:
        return datetime.strptime(text, format_).date()  # noqa: DTZ007 - only its date is used
    except ValueError:
        return None


def _checked_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    if not formats:
        raise ValueError("give at least one format")
    for text in formats:
        if text in SPECIAL_FORMATS:
            continue
        if _read_probe(_PROBE.strftime(text), text) != _PROBE.date():
            special = ", ".join(SPECIAL_FORMATS)
            raise ValueError(
                f"{text!r} does not read a whole date; write strptime text with year, month and "
                f"day such as '%d/%m/%Y', or one of {special}"
            )
    for first, second in combinations(formats, 2):
        _refuse_ambiguous(first, second)
    return formats


def _refuse_ambiguous(first: str, second: str) -> None:
    """Refuse two formats that read one text as two different dates, such as d/m and m/d (F37)."""
    if first in SPECIAL_FORMATS or second in SPECIAL_FORMATS:
        return
    read = _read_probe(_PROBE.strftime(first), second)
    if read is not None and read != _PROBE.date():
        raise ValueError(
            f"{first!r} and {second!r} read the same text as different dates; keep one of them"
        )


DateFormats = Annotated[TextList, AfterValidator(_checked_formats)]
"""One format or a list of formats that cannot be mistaken for each other."""

Decimal_ = Literal[".", ","]
Thousands = Literal["", ",", ".", " ", "'"]


def _null_text(value: object) -> object:
    """Read `null` in a list of null texts as the empty text."""
    items = value if isinstance(value, list | tuple) else [value]
    return ["" if item is None else item for item in items]


NullValues = Annotated[
    TextList, BeforeValidator(_null_text, json_schema_input_type=str | list[str | None] | None)
]


@dataclass(frozen=True)
class ValueFormats:
    """The effective formats of one field: those of its source, overridden by its own.

    `date_formats` and `timestamp_formats` hold strptime texts or SPECIAL_FORMATS. `time_zone` is
    the zone of timestamps without offset. `null_values` are compared with the trimmed text
    exactly; the empty text is always null. `true_values` and `false_values` are folded.
    """

    decimal: str = "."
    thousands: str = ""
    date_formats: tuple[str, ...] = ("iso",)
    timestamp_formats: tuple[str, ...] = ("iso",)
    time_zone: str = "UTC"
    null_values: tuple[str, ...] = ("",)
    true_values: tuple[str, ...] = ("true", "yes", "1", "t", "y")
    false_values: tuple[str, ...] = ("false", "no", "0", "f", "n")


class FormatDeclaration(Definition):
    """Formats as a source or a field declares them; what is left out is inherited."""

    decimal: Decimal_ | None = None
    """Decimal mark; default `.`."""
    thousands: Thousands | None = None
    """Mark between thousands; default none."""
    date_format: DateFormats | None = None
    """How dates are written: strptime text, or iso, excel_serial, epoch_seconds, …"""
    timestamp_format: DateFormats | None = None
    """How timestamps are written; iso accepts texts with and without offset."""
    time_zone: TimeZone | None = None
    """Zone of timestamps without offset; default the organisation's."""
    null_values: NullValues | None = None
    """Texts that mean "no value"; the empty text always does."""
    true_values: TextList | None = None
    """Texts that mean true; default true, yes, 1, t, y ignoring case."""
    false_values: TextList | None = None
    """Texts that mean false; default false, no, 0, f, n ignoring case."""

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.thousands and self.thousands == (self.decimal or "."):
            raise ValueError(
                f"decimal and thousands are both {self.thousands!r}; a number could be read twice"
            )
        both = {fold(t) for t in self.true_values or ()} & {
            fold(t) for t in self.false_values or ()
        }
        if both:
            raise ValueError(f"{sorted(both)} stand in true_values and in false_values")
        return self

    def over(self, inherited: ValueFormats) -> ValueFormats:
        """Return the inherited formats with this declaration's own in their place."""
        null_values = inherited.null_values
        if self.null_values is not None:
            null_values = tuple(dict.fromkeys(("", *self.null_values)))
        true_values, false_values = inherited.true_values, inherited.false_values
        if self.true_values is not None:
            true_values = tuple(fold(text) for text in self.true_values)
            false_values = tuple(text for text in false_values if text not in true_values)
        if self.false_values is not None:
            false_values = tuple(fold(text) for text in self.false_values)
            true_values = tuple(text for text in true_values if text not in false_values)
        return ValueFormats(
            decimal=inherited.decimal if self.decimal is None else self.decimal,
            thousands=inherited.thousands if self.thousands is None else self.thousands,
            date_formats=self.date_format or inherited.date_formats,
            timestamp_formats=self.timestamp_format or inherited.timestamp_formats,
            time_zone=self.time_zone or inherited.time_zone,
            null_values=null_values,
            true_values=true_values,
            false_values=false_values,
        )
