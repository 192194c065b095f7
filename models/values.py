"""Values written in a configuration, read as one of the field types.

Used for constants of a mapping and for values of criteria: the same text means the same value.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from models.fields import FieldType
from models.organization import FIRST_DATE, LAST_DATE
from models.problems import shorten
from models.text import canonical

MOST_TEXT: Final = 1_000_000
"""Longest text that is looked at, in characters; `limits.max_text_length` is the real cap."""

_NUMBER = re.compile(r"^-?[0-9]+(\.[0-9]+)?$")
_SCALES: Final = {FieldType.INTEGER: (18, 0), FieldType.AMOUNT: (14, 4), FieldType.RATE: (10, 10)}


def typed_text(value: object) -> str:
    """Return a value as text. Raises ValueError for what no text field can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = canonical(str(value))
    if len(text) >= MOST_TEXT:
        raise ValueError(f"has {len(text)} characters; at most {MOST_TEXT - 1} are allowed")
    if "\0" in text:
        raise ValueError("holds a NUL character, which no text value may")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair, which is no text")
    return text


def typed_number(value: object, type_: FieldType) -> Decimal | int:
    """Return a value as a number that fits the column type exactly.

    Raises ValueError for text that is no plain number and for too many digits.
    """
    if isinstance(value, bool):
        raise ValueError(f"expected a number, found {str(value).lower()}")
    text = str(value) if isinstance(value, int) else canonical(str(value))
    if isinstance(value, Decimal):
        text = format(value, "f") if value.is_finite() else str(value)
    if len(text) > 64 or not _NUMBER.match(text):
        raise ValueError(f"expected a plain number such as 1500 or 0.5, found {shorten(value)}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"expected a number, found {shorten(value)}") from None
    whole, scale = _SCALES[type_]
    if number != number.quantize(Decimal(1).scaleb(-scale)):
        what = "whole number" if scale == 0 else f"number with at most {scale} decimals"
        raise ValueError(f"expected a {what}, found {text}")
    if abs(number) >= Decimal(10) ** whole:
        raise ValueError(f"{text} has more than {whole} digits before the decimal mark")
    return int(number) if type_ is FieldType.INTEGER else number


def typed_date(value: object) -> date:
    """Return a value as a date between 1900 and 2200. Raises ValueError for anything else."""
    read: date | None = None
    if isinstance(value, date) and not isinstance(value, datetime):
        read = value
    elif isinstance(value, str) and re.match(r"^\d{4}-\d{2}-\d{2}$", value.strip()):
        try:
            read = date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{value!r} is no date of the calendar") from None
    if read is None:
        raise ValueError(f"expected a date such as 2024-12-31, found {shorten(value)}")
    if not FIRST_DATE <= read <= LAST_DATE:
        raise ValueError(f"{read} is outside {FIRST_DATE} to {LAST_DATE}")
    return read


def typed_boolean(value: object) -> bool:
    """Return a value as true or false. Raises ValueError for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"expected true or false, found {shorten(value)}")


def canonical_constant(value: str, type_: FieldType) -> str:
    """Return a constant in canonical text. Raises ValueError when it is not of the type."""
    if type_ is FieldType.TEXT:
        return typed_text(value)
    if type_ is FieldType.BOOLEAN:
        return "true" if typed_boolean(value) else "false"
    if type_ is FieldType.DATE:
        return typed_date(value).isoformat()
    if type_ is FieldType.TIMESTAMP:
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"expected an ISO timestamp, found {shorten(value)}") from None
        return read.isoformat(sep=" ")
    number = typed_number(value, type_)
    return format(number, "f") if isinstance(number, Decimal) else str(number)
