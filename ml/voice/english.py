"""Opinion words of English texts by VADER's rules, one pass over the words.

The lexicon is VADER's with a list of service words (`word_lists`) and the user's entries on top.
The rules are its own too: boosters and capitals strengthen, a negation within three words turns,
what follows a `but` counts more than what precedes it. They are carried out here, because values
are wanted per clause and per word: the package gives one figure per text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from ml.voice.names import PLACEHOLDER
from ml.voice.readings import Hit, Reading
from ml.voice.word_lists import ENGLISH_PHRASES, ENGLISH_SERVICE

_TOKEN: Final = re.compile(
    r"[^\W_]+(?:'[^\W_]+)*|[:;=8][-o*']?[)(\]\[dDpP/\\|]|<3|[.,;!?\n]+"
    r"|[\u2600-\u27bf\U0001f000-\U0001faff]|(?<=\s)[-\u2013\u2014]+(?=\s)|:(?=\s)"
)
_TURNS: Final = frozenset(("but", "however", "although", "though", "sadly", "unfortunately", "yet"))
_NEGATED: Final = -0.74
_CAPITALS: Final = 0.733
_DAMPED: Final = (1.0, 0.95, 0.9)
_EXCLAMATION, _MOST_EXCLAMATIONS = 0.292, 4


@cache
def _shipped() -> tuple[dict[str, float], dict[str, float], frozenset[str]]:
    """Values of words and emoji, strength of boosters, negations: VADER's with the service list."""
    from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SentimentIntensityAnalyzer

    shipped = SentimentIntensityAnalyzer()
    values = {str(word): float(value) for word, value in shipped.lexicon.items()}
    emoji = {}
    for character, description in shipped.emojis.items():
        told = [values[word] for word in re.findall(r"[a-z]+", description) if word in values]
        if told and len(character) == 1:
            emoji[character] = max(-4.0, min(4.0, sum(told)))
    own = {word: value for word, value in ENGLISH_SERVICE.items() if value}
    silent = {word for word, value in ENGLISH_SERVICE.items() if not value}
    kept = {word: value for word, value in values.items() if word not in silent}
    boosters = {str(word): float(value) for word, value in BOOSTER_DICT.items()}
    negations = {str(word) for word in NEGATE} | {"no", "hardly", "lack", "lacks"}
    return {**kept, **emoji, **own}, boosters, frozenset(negations)


class EnglishReader:
    """Finds opinion words of English texts.

    Args:
        own: The user's words and phrases (lower case) with their weight, -4 to 4; 0 takes a word's
            opinion away (VOC-14).
    """

    def __init__(self, own: Mapping[str, float]) -> None:
        values, self._boosters, self._negations = _shipped()
        self._own = frozenset(own)
        phrases = {tuple(phrase.split()): value for phrase, value in ENGLISH_PHRASES.items()}
        phrases |= {tuple(_words(phrase)): float(value) for phrase, value in own.items()}
        single = {words[0]: value for words, value in phrases.items() if len(words) == 1}
        self._values = {**values, **single}
        self._phrases: dict[str, list[tuple[tuple[str, ...], float]]] = {}
        for words, value in sorted(phrases.items(), key=lambda item: (-len(item[0]), item[0])):
            if len(words) > 1:
                self._phrases.setdefault(words[0], []).append((words, value))

    def read(self, text: str) -> Reading:
        """Return the words, clauses and hits of a cleaned text."""
        tokens: list[str] = _TOKEN.findall(text)
        reading = Reading()
        words, clauses, values = reading.words, reading.clauses, self._values
        spelled: list[str] = []
        clause_of: list[int] = []
        start = 0
        for token in tokens:
            if token[0].isalnum() or token in values:
                lower = token.lower()
                if lower in _TURNS:
                    if start < len(words):
                        clauses.append(words[start:])
                        start = len(words)
                    if lower == "but":
                        reading.turn = len(clauses)
                words.append(lower)
                spelled.append(token)
                clause_of.append(len(clauses))
                continue
            if start < len(words):
                clauses.append(words[start:])
                start = len(words)
            if "!" in token:
                reading.emphasis += _EXCLAMATION * token.count("!")
            if "?" in token:
                reading.questions += token.count("?")
        if start < len(words):
            clauses.append(words[start:])
        reading.emphasis = min(reading.emphasis, _EXCLAMATION * _MOST_EXCLAMATIONS)
        self._hits(reading, spelled, clause_of)
        return reading

    def _hits(self, reading: Reading, spelled: list[str], clause_of: list[int]) -> None:
        words, values, phrases = reading.words, self._values, self._phrases
        hits = reading.hits
        position, size = 0, len(words)
        while position < size:
            word = words[position]
            value = values.get(word)
            if value is None and word not in phrases and word not in self._own:
                position += 1
                continue
            value = value or 0.0
            length = 1
            for phrase, worth in phrases.get(word, ()):
                if tuple(words[position : position + len(phrase)]) == phrase:
                    word, value, length = " ".join(phrase), worth, len(phrase)
                    break
            # "no" before an opinion word only turns it.
            if word == "no" and position + 1 < size and values.get(words[position + 1]):
                value = 0.0
            if value:
                if spelled[position].isupper() and _stands_out(spelled, position):
                    value += _CAPITALS if value > 0 else -_CAPITALS
                value = self._in_context(words, position, value)
                hits.append(Hit(word, value, clause_of[position], word in self._own))
            elif word in self._own:
                words[position : position + length] = [PLACEHOLDER] * length
            position += length

    def _in_context(self, words: list[str], position: int, value: float) -> float:
        """The value after boosters and negations among the three words before."""
        for back in range(1, min(position, 3) + 1):
            before = words[position - back]
            boost = self._boosters.get(before)
            if boost is not None:
                value += (boost if value > 0 else -boost) * _DAMPED[back - 1]
            if before in self._negations or before.endswith("n't"):
                value *= _NEGATED
        return value


def _stands_out(spelled: list[str], position: int) -> bool:
    """Whether a word in capitals stands among words that are not."""
    return len(spelled[position]) > 1 and any(not other.isupper() for other in spelled[:60])


def _words(phrase: str) -> list[str]:
    return [token.lower() for token in _TOKEN.findall(phrase)] or [phrase]
