"""What a user teaches: three plain tables, checked row by row (`ml.md` 2.6, VOC-14)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from ml.voice.languages import CHINESE, ENGLISH
from ml.voice.names import Alias
from ml.voice.sentiment import SENTIMENTS

LANGUAGES: Final = (ENGLISH, CHINESE)
STRONGEST: Final = 4.0


class LessonError(ValueError):
    """A row that teaches nothing; the message names table, row, field, what is there and may be.

    Attributes hold the parts of the message, so that a caller can name the file instead.
    """

    def __init__(self, table: str, row: int, field: str, reason: str, remedy: str) -> None:
        self.table = table
        self.row = row
        self.field = field
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{table}, row {row}, {field}: {reason}; {remedy}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the lexicon.

    Attributes:
        kind: `sentiment`, `intent` or `keyword`.
        phrase: Word or phrase, lower case.
        language: `en` or `zh`.
        weight: -4 to 4; of a sentiment word 0 takes its opinion away, of a keyword 0 hides it.
        label: Intent that the phrase means, otherwise empty.
    """

    kind: str
    phrase: str
    language: str
    weight: float = 1.0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A text that somebody labelled.

    Attributes:
        text: The text.
        kind: `sentiment` or `intent`.
        label: Sentiment, or name of an intent; the empty name says that it has none.
        language: `en` or `zh`.
    """

    text: str
    kind: str
    label: str
    language: str


@dataclass(frozen=True)
class Lessons:
    """The three tables.

    Attributes:
        lexicon: Words and phrases, which always win.
        examples: Labelled texts, which train an engine (`teaching.teach`).
        aliases: Names of competitors and of own brands and products.
    """

    lexicon: tuple[Entry, ...] = ()
    examples: tuple[Example, ...] = ()
    aliases: tuple[Alias, ...] = ()

    def weights(self, language: str) -> dict[str, float]:
        """Return the sentiment words of a language with their weights."""
        return {
            entry.phrase: entry.weight
            for entry in self.lexicon
            if entry.kind == "sentiment" and entry.language == language
        }

    def intent_phrases(self) -> dict[str, str]:
        """Return the phrases that mean an intent, with it."""
        return {entry.phrase: entry.label for entry in self.lexicon if entry.kind == "intent"}

    def keywords(self, wanted: bool) -> list[str]:
        """Return the keywords that are always listed, or those that never are."""
        return [
            entry.phrase
            for entry in self.lexicon
            if entry.kind == "keyword" and (entry.weight != 0) == wanted
        ]

    def fingerprint(self) -> str:
        """Return a short digest of words and names; the order of rows does not count."""
        rows = sorted(map(repr, (*self.lexicon, *self.aliases)))
        return hashlib.sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()[:8]


def lessons_from(
    lexicon: pd.DataFrame | None = None,
    examples: pd.DataFrame | None = None,
    aliases: pd.DataFrame | None = None,
) -> Lessons:
    """Return the lessons of three tables; each may be absent.

    Args:
        lexicon: phrase, language, weight; optionally kind (`sentiment` unless said) and label.
        examples: text, label, language; optionally kind (`sentiment` unless said).
        aliases: name, alias; optionally is_competitor, needs_capital, needs_context.

    Raises:
        LessonError: a row teaches nothing, or two rows of the lexicon contradict each other.
    """
    entries = []
    said: dict[tuple[str, str, str], Entry] = {}
    for row in _rows("lexicon", lexicon):
        entry = _entry(row)
        other = said.setdefault((entry.kind, entry.phrase, entry.language), entry)
        if other != entry and entry.kind != "intent":
            raise row.error(
                "phrase",
                f"{entry.phrase!r} ({entry.language}) weighs {other.weight:g} in an earlier row "
                f"and {entry.weight:g} here",
                "keep one of the two rows",
            )
        entries.append(entry)
    return Lessons(
        tuple(entries),
        tuple(_example(row) for row in _rows("examples", examples)),
        tuple(_alias(row) for row in _rows("aliases", aliases)),
    )


COLUMNS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "lexicon": (("phrase", "language"), ("weight", "kind", "label")),
    "examples": (("text", "label", "language"), ("kind",)),
    "aliases": (("name", "alias"), ("is_competitor", "needs_capital", "needs_context")),
}
"""By table, the columns it must have and those it may have."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What is known of one row of a table; its number counts from 1."""

    table: str
    number: int
    values: dict[str, Any]

    def error(self, field: str, reason: str, remedy: str) -> LessonError:
        return LessonError(self.table, self.number, field, reason, remedy)

    def filled(self, field: str) -> str:
        value = self.values.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(field, _found(value), "write a text")
        return value.strip()

    def one_of(self, field: str, allowed: tuple[str, ...], default: str = "") -> str:
        value = self.values.get(field, default)
        plain = str(value).strip().lower() or default
        if plain not in allowed:
            raise self.error(field, _found(value), f"allowed is {', '.join(allowed)}")
        return plain

    def yes(self, field: str, default: bool) -> bool:
        value = self.values.get(field, default)
        plain = str(value).strip().lower()
        if plain in _YES or plain in _NO:
            return plain in _YES
        raise self.error(field, _found(value), "allowed is true or false")

    def text(self, field: str) -> str:
        return str(self.values.get(field, "")).strip()


_YES: Final = ("true", "yes", "1", "1.0")
_NO: Final = ("false", "no", "0", "0.0")


def _found(value: object) -> str:
    if value is None or value == "":
        return "it is missing"
    told = repr(value)
    return f"found {told if len(told) <= 60 else told[:57] + '...'}"


def _rows(table: str, frame: pd.DataFrame | None) -> Iterator[_Row]:
    if frame is None:
        return
    for number, row in enumerate(frame.to_dict("records"), start=1):
        known = {str(name): value for name, value in row.items() if _is_known(value)}
        yield _Row(table, number, known)


def _is_known(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return not (value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)))


def _entry(row: _Row) -> Entry:
    kind = row.one_of("kind", ("sentiment", "intent", "keyword"), "sentiment")
    phrase = " ".join(row.filled("phrase").lower().split())
    label = row.text("label")
    if kind == "intent" and not label:
        raise row.error("label", "it is missing", "name the intent that the phrase means")
    value = row.values.get("weight", None if kind == "sentiment" else 1)
    try:
        weight = math.nan if value is None else float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not -STRONGEST <= weight <= STRONGEST:
        raise row.error(
            "weight", _found(value), "allowed is -4 (very bad) to 4 (very good); 0 is no opinion"
        )
    language = row.one_of("language", LANGUAGES)
    return Entry(kind, phrase, language, weight, label if kind == "intent" else "")


def _example(row: _Row) -> Example:
    kind = row.one_of("kind", ("sentiment", "intent"), "sentiment")
    label = row.one_of("label", SENTIMENTS) if kind == "sentiment" else row.text("label")
    return Example(row.filled("text"), kind, label, row.one_of("language", LANGUAGES))


def _alias(row: _Row) -> Alias:
    return Alias(
        row.filled("name"),
        row.filled("alias"),
        row.yes("is_competitor", True),
        row.yes("needs_capital", False),
        row.yes("needs_context", False),
    )
