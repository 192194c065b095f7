"""Text to typed values, by SQL that a plan generates: strict, declared, never guessed (F36, F37).

For each field two expressions come out of here: the value, and the remark. The remark is the
source text where something is to be told about it: with a null value the text could not be read,
with a value the value was changed on the way (rounded, marks removed, an unclear local time).
Values that a typed source already knew (a number of Excel or JSON, a date of a database) arrive
behind the NATIVE mark in plain spelling, so the declared formats of text never touch them.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.dates import NUMERIC_DATES, date_value, is_unclear, timestamp_value
from connectors.literals import literal
from connectors.plan import FieldPlan
from models.fields import FieldType
from models.formats import ValueFormats
from models.text import BLANKS

NATIVE: Final = "\x1f"
"""First character of a value that the source itself typed; only readers of typed sources use it."""

LONGEST_TEXT: Final = 1_000_000
"""Characters of the longest accepted value; longer ones go to quarantine (F34)."""


MARKS: Final = "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
"""Characters without width or that turn the writing direction; removed from keys (F32)."""


def _is_plain(column: str) -> str:
    """SQL condition: nothing but ASCII, and no blank at either end.

    Characters are counted and the two at the ends compared: 20 ns per value, where a pattern took
    110 and trimming takes 1000. Whatever else begins or ends below `!` goes the exact way.
    """
    return (
        f"strlen({column}) = length({column}) and {column} >= '!'"
        f" and substring({column}, strlen({column}), 1) >= '!'"
    )


def _normal(column: str) -> str:
    # nfc_normalize ends at the first NUL; a text with one keeps its spelling, and all of itself.
    nfc = f"case when contains({column}, chr(0)) then {column} else nfc_normalize({column}) end"
    return f"nullif(trim({nfc}, {literal(BLANKS)}), '')"


def is_clean(column: str) -> str:
    """SQL condition: cleaning leaves the text as it is, where nothing is declared of texts."""
    return (
        f"(case when {_is_plain(column)} then strlen({column}) <= {LONGEST_TEXT}"
        f" else {_normal(column)} is not distinct from {column}"
        f" and length({column}) <= {LONGEST_TEXT} end)"
    )


def cleaned(column: str, plan: FieldPlan, *, is_marked: bool) -> str:
    """SQL for the text of a value: NFC, trimmed, replacements and nulls applied (EDG-22)."""
    text = f"(case when {_is_plain(column)} then {column} else {_normal(column)} end)"
    if plan.resolved.replacements:
        cases = " ".join(
            f"when {literal(found)} then {literal(new)}"
            for found, new in plan.resolved.replacements.items()
        )
        text = f"nullif(case lower({text}) {cases} else {text} end, '')"
    nulls = [value for value in plan.resolved.formats.null_values if value]
    if nulls:
        listed = ", ".join(literal(value) for value in nulls)
        text = f"(case when {text} in ({listed}) then null else {text} end)"
    if is_marked:
        # A typed value keeps its mark; declared null texts and replacements are for texts.
        text = f"(case when starts_with({column}, chr(31)) then {column} else {text} end)"
    return text


def parsed(text: str, plan: FieldPlan, *, is_marked: bool) -> str:
    """SQL for the typed value of a cleaned text column; null when it cannot be read."""
    value = _value(text, plan, plan.resolved.formats)
    if not is_marked:
        return value
    native = _value(f"substr({text}, 2)", plan, _native(plan.resolved.formats), is_native=True)
    return f"(case when {_is_native(text)} then {native} else {value} end)"


def remark(text: str, value: str, plan: FieldPlan, *, is_marked: bool) -> str:
    """SQL for the text to tell about: unreadable (value null) or changed; null when neither.

    `text` and `value` are columns, so that nothing is computed twice.
    """
    changed = _changed(text, value, plan, plan.resolved.formats)
    shown = text
    if is_marked:
        shown = f"(case when {_is_native(text)} then substr({text}, 2) else {text} end)"
        native = _changed(f"substr({text}, 2)", value, plan, _native(plan.resolved.formats))
        changed = f"(case when {_is_native(text)} then {native} else {changed} end)"
    return f"(case when {text} is not null and ({value} is null or {changed}) then {shown} end)"


def _is_native(text: str) -> str:
    return f"starts_with({text}, chr(31))"


def _native(formats: ValueFormats) -> ValueFormats:
    """Formats of typed values: plain spelling, and the numeric dates the source declares."""
    return ValueFormats(
        date_formats=("iso", *(f for f in formats.date_formats if f in NUMERIC_DATES)),
        timestamp_formats=("iso", *(f for f in formats.timestamp_formats if f in NUMERIC_DATES)),
        time_zone=formats.time_zone,
        true_values=tuple(dict.fromkeys((*formats.true_values, "true", "1"))),
        false_values=tuple(dict.fromkeys((*formats.false_values, "false", "0"))),
    )


def _value(text: str, plan: FieldPlan, formats: ValueFormats, *, is_native: bool = False) -> str:
    match plan.type:
        case FieldType.TEXT:
            return _text(text, plan)
        case FieldType.AMOUNT | FieldType.RATE:
            return _number(text, formats, plan.type, is_native=is_native)
        case FieldType.INTEGER:
            return _integer(text, formats, is_native=is_native)
        case FieldType.BOOLEAN:
            return _boolean(text, formats)
        case FieldType.DATE:
            return date_value(text, formats)
        case FieldType.TIMESTAMP:
            return timestamp_value(text, formats)


def _changed(text: str, value: str, plan: FieldPlan, formats: ValueFormats) -> str:
    """SQL condition: the value says something else than its text (see the module)."""
    match plan.type:
        case FieldType.TEXT if plan.is_key_like:
            return f"{value} <> {text}"
        case FieldType.AMOUNT | FieldType.RATE:
            scale = SCALES[plan.type]
            more = f"{re.escape(formats.decimal)}[0-9]{{{scale}}}[0-9]*[1-9]"
            return f"regexp_matches({text}, {literal(more)})"
        case FieldType.TIMESTAMP:
            return is_unclear(text, value, formats)
        case _:
            return "false"


def _text(text: str, plan: FieldPlan) -> str:
    fits = f"(strlen({text}) <= {LONGEST_TEXT} or length({text}) <= {LONGEST_TEXT})"
    if not plan.is_key_like:
        return f"(case when {fits} then {text} end)"
    bare = f"regexp_replace({text}, {literal(MARKS)}, '', 'g')"
    unmarked = f"nullif(trim({bare}, {literal(BLANKS)}), '')"
    # Bytes are shown as they are only where they are printable ASCII but quotes and backslash: that
    # clears most keys at a third of the price of a pattern.
    is_plain = f"strlen({text}) <= {LONGEST_TEXT} and cast(encode({text}) as varchar) = {text}"
    return (
        f"(case when {is_plain} then {text}"
        f" when not {fits} or regexp_matches({text}, '[\\x00-\\x1f\\x7f]') then null"
        f" when strlen({text}) = length({text}) then {text} else {unmarked} end)"
    )


def number_pattern(formats: ValueFormats, *, is_native: bool = False) -> str:
    """Regular expression of a number in the declared spelling: sign, digits, declared marks."""
    fraction = f"({re.escape(formats.decimal)}[0-9]+)?"
    whole = "[0-9]+"
    if formats.thousands:
        whole = f"([0-9]{{1,3}}({_thousands_class(formats)}[0-9]{{3}})+|[0-9]+)"
    exponent = "([eE][+-]?[0-9]{1,4})?" if is_native else ""
    return f"[+-]?({whole}{fraction}|{re.escape(formats.decimal)}[0-9]+){exponent}"


def _thousands_class(formats: ValueFormats) -> str:
    spellings = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}
    return spellings.get(formats.thousands, re.escape(formats.thousands))


def _plain_number(text: str, formats: ValueFormats) -> str:
    plain = text
    if formats.thousands:
        plain = f"regexp_replace({plain}, {literal(_thousands_class(formats))}, '', 'g')"
    if formats.decimal != ".":
        plain = f"replace({plain}, {literal(formats.decimal)}, '.')"
    return plain


SCALES: Final = {FieldType.AMOUNT: 4, FieldType.RATE: 10}


def _number(text: str, formats: ValueFormats, kind: FieldType, *, is_native: bool) -> str:
    """Exact decimals; a cast of text to decimal rounds half away from zero, once."""
    pattern = literal(number_pattern(formats, is_native=is_native))
    return (
        f"(case when regexp_full_match({text}, {pattern})"
        f" then try_cast({_plain_number(text, formats)} as {kind.sql}) end)"
    )


def _integer(text: str, formats: ValueFormats, *, is_native: bool) -> str:
    """Whole numbers; a fraction of zeros (`120.0`) is whole, any other is not."""
    pattern = literal(number_pattern(formats, is_native=is_native))
    plain = _plain_number(text, formats)
    exact = f"try_cast({plain} as DECIMAL(38,10))"
    return (
        f"(case when regexp_full_match({text}, {pattern}) and {exact} = trunc({exact})"
        f" then try_cast({exact} as BIGINT) end)"
    )


def _boolean(text: str, formats: ValueFormats) -> str:
    yes = ", ".join(literal(value) for value in formats.true_values)
    no = ", ".join(literal(value) for value in formats.false_values)
    return (
        f"(case when lower({text}) in ({yes}) then true"
        f" when lower({text}) in ({no}) then false end)"
    )
