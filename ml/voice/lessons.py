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
    """A row that teaches nothing; the message names table, row, field, what is there and may be."""


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
    entries = tuple(_entry(place, row) for place, row in _rows("lexicon", lexicon))
    said: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        other = said.setdefault((entry.kind, entry.phrase, entry.language), entry)
        if other != entry and entry.kind != "intent":
            raise LessonError(
                f"lexicon: {entry.phrase!r} ({entry.language}) weighs {other.weight:g} and "
                f"{entry.weight:g}: keep one row"
            )
    return Lessons(
        entries,
        tuple(_example(place, row) for place, row in _rows("examples", examples)),
        tuple(_alias(place, row) for place, row in _rows("aliases", aliases)),
    )


def _rows(table: str, frame: pd.DataFrame | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if frame is None:
        return
    for number, row in enumerate(frame.to_dict("records"), start=1):
        known = {str(name): value for name, value in row.items() if _is_known(value)}
        yield f"{table}, row {number}", known


def _is_known(value: object) -> bool:
    return not (value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)))


def _entry(place: str, row: dict[str, Any]) -> Entry:
    kind = _one_of(place, row, "kind", ("sentiment", "intent", "keyword"), "sentiment")
    label = str(row.get("label", "")).strip()
    if kind == "intent" and not label:
        raise LessonError(f"{place}: label is missing: the intent that the phrase means")
    try:
        weight = float(row["weight"]) if kind == "sentiment" else float(row.get("weight", 1))
    except (KeyError, TypeError, ValueError):
        weight = math.nan
    if not -STRONGEST <= weight <= STRONGEST:
        raise LessonError(f"{place}: weight is {row.get('weight')!r}; allowed is -4 to 4")
    phrase = " ".join(_filled(place, row, "phrase").lower().split())
    return Entry(kind, phrase, _language(place, row), weight, label if kind == "intent" else "")


def _example(place: str, row: dict[str, Any]) -> Example:
    kind = _one_of(place, row, "kind", ("sentiment", "intent"), "sentiment")
    label = str(row.get("label", "")).strip()
    if kind == "sentiment":
        label = _one_of(place, row, "label", SENTIMENTS, "")
    return Example(_filled(place, row, "text"), kind, label, _language(place, row))


def _alias(place: str, row: dict[str, Any]) -> Alias:
    return Alias(
        _filled(place, row, "name"),
        _filled(place, row, "alias"),
        bool(row.get("is_competitor", True)),
        bool(row.get("needs_capital", False)),
        bool(row.get("needs_context", False)),
    )


def _filled(place: str, row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise LessonError(f"{place}: {field} is {value!r}; a text is needed")
    return value.strip()


def _language(place: str, row: dict[str, Any]) -> str:
    return _one_of(place, row, "language", LANGUAGES, "")


def _one_of(
    place: str, row: dict[str, Any], field: str, allowed: tuple[str, ...], default: str
) -> str:
    value = row.get(field, default)
    if value not in allowed:
        raise LessonError(f"{place}: {field} is {value!r}; allowed is {', '.join(allowed)}")
    return str(value)
