"""Why a value could not be read: the reason code and the sentence that quarantine shows.

Runs over the few rows that failed; the verdict itself was the engine's (`connectors.parsing`).
"""

from __future__ import annotations

import re
from typing import Final

from connectors.dates import FIRST_YEAR, LAST_YEAR
from connectors.parsing import LONGEST_TEXT, MARKS, number_pattern
from connectors.plan import FieldPlan
from models.fields import FieldType
from models.problems import shorten
from models.text import trim

MISSING_KEY: Final = "missing_key"
_DIGITS: Final = re.compile(r"[0-9]")
_WHOLE_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?")


def diagnose(field: FieldPlan, text: str) -> tuple[str, str]:
    """Reason code and detail of a text that the field could not take."""
    match field.type:
        case FieldType.TEXT:
            return _text(text)
        case FieldType.AMOUNT | FieldType.RATE:
            return _number(field, text)
        case FieldType.INTEGER:
            return "not_an_integer", f"{shorten(text)} is no whole number within 64 bits"
        case FieldType.BOOLEAN:
            formats = field.resolved.formats
            allowed = ", ".join((*formats.true_values, *formats.false_values))
            return "not_a_boolean", f"{shorten(text)} is none of {allowed}"
        case FieldType.DATE:
            return _date(field.resolved.formats.date_formats, "date", text)
        case FieldType.TIMESTAMP:
            return _date(field.resolved.formats.timestamp_formats, "timestamp", text)


def _text(text: str) -> tuple[str, str]:
    if len(text) > LONGEST_TEXT:
        return "too_long", f"the value has {len(text)} characters, at most {LONGEST_TEXT} are kept"
    if not trim(re.sub(MARKS, "", text)):
        return MISSING_KEY, "the key holds nothing but invisible marks"
    return "control_character", f"{shorten(text)} holds a control character, no key may"


def _number(field: FieldPlan, text: str) -> tuple[str, str]:
    formats = field.resolved.formats
    if re.fullmatch(number_pattern(formats), text) or re.fullmatch(
        number_pattern(type(formats)()), text
    ):
        digits = "14 digits" if field.type is FieldType.AMOUNT else "10 digits"
        return "overflow", f"{shorten(text)} has more than {digits} before the decimal mark"
    declared = f"decimal {formats.decimal!r}"
    declared += f", thousands {formats.thousands!r}" if formats.thousands else ", no thousands mark"
    if not _DIGITS.search(text):
        return "not_a_number", f"{shorten(text)} is no number"
    return "number_format", f"{shorten(text)} is no number as declared ({declared})"


def _date(formats: tuple[str, ...], kind: str, text: str) -> tuple[str, str]:
    declared = ", ".join(formats)
    if _WHOLE_DATE.fullmatch(text):
        year = int(text[:4])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return (
                f"{kind}_out_of_range",
                f"{shorten(text)} is outside the years {FIRST_YEAR} to {LAST_YEAR}",
            )
    return f"{kind}_format", f"{shorten(text)} is no {kind} as declared ({declared})"
