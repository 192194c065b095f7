"""What is said of a competitor: the sentiment of the clause that names it (VOC-4, VOC-8, VOC-10).

A clause without an opinion takes that of the clauses behind it in the same sentence, up to a `but`
(`Deskwell, on the other hand, is great`), never that of the clauses before it, which are about
something else (`Your portal is slow, so we look at Deskwell`). What stands before `than` or after
`unlike` is said of the other side, and counts against the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from ml.voice.keywords import LEAST_CLAUSE_VALUE
from ml.voice.names import PLACEHOLDER
from ml.voice.readings import Reading

_BETWEEN: Final = re.compile(
    r"(?<=[.!?\n。！？；;])|(?=\b(?:but|however|although|though|yet|while|whereas)\b)"
    r"|(?=但是|但(?!是)|可是|不过|然而)",
    re.I,
)
"""Where sentences end; what a turn starts is one of its own."""
_COMPARED: Final = re.compile(
    rf"(?:\b(?:than|unlike)\s+(?:the\s+|a\s+|that of\s+)?|(?:比起?|不像)\s*){PLACEHOLDER}", re.I
)


class Reader(Protocol):
    """Finds opinion words of one language."""

    def read(self, text: str) -> Reading:
        """Return the clauses and hits of a cleaned text."""


def mentions_of(
    competitors: Sequence[str], order: Sequence[str | None], text: str, reader: Reader
) -> tuple[tuple[str, str], ...]:
    """Return each competitor with what is said of it: positive, negative or neutral.

    Args:
        competitors: The competitors of a response, each once.
        order: Whom each placeholder of the text stands for.
        text: The text, names replaced.
        reader: Of its language.
    """
    values: dict[str, list[float]] = {}
    rest = list(order)
    for sentence in _BETWEEN.split(text):
        count = sentence.lower().count(PLACEHOLDER)
        if count:
            said = list(_values(sentence, count, reader))
            for name, value in zip(rest[:count], said, strict=False):
                if name is not None:
                    values.setdefault(name, []).append(value)
            rest = rest[count:]
    return tuple((name, _sentiment(values.get(name, []))) for name in competitors)


def _sentiment(values: Sequence[float]) -> str:
    """Of all mentions of one competitor: both kinds are neutral, and so is none (VOC-5)."""
    good = any(value >= LEAST_CLAUSE_VALUE for value in values)
    bad = any(value <= -LEAST_CLAUSE_VALUE for value in values)
    return "neutral" if good == bad else "positive" if good else "negative"


def _values(sentence: str, count: int, reader: Reader) -> Iterator[float]:
    """What each placeholder of a sentence is said to be worth."""
    reading = reader.read(sentence)
    places = [
        number
        for number, clause in enumerate(reading.clauses)
        for word in clause
        for _ in range(word.count(PLACEHOLDER))
    ]
    if len(places) != count:
        yield from [reading.total()] * count
        return
    sums = reading.clause_values()
    compared = [hit.end() for hit in _COMPARED.finditer(sentence)]
    ends = [hit.end() for hit in re.finditer(PLACEHOLDER, sentence, re.I)]
    for end, place in zip(ends, places, strict=True):
        value = _from_clause(reading, sums, place)
        yield -value if end in compared else value


def _from_clause(reading: Reading, sums: dict[int, float], place: int) -> float:
    for number in range(place, len(reading.clauses)):
        value = sums.get(number, 0.0)
        if abs(value) >= LEAST_CLAUSE_VALUE:
            return value
    return 0.0
