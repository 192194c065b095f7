"""Sentiment without labels: opinion words, and for English the seed sentences (VOC-5).

A text with clear traits of both kinds is neutral, and so is one with neither. Where the user's own
words have a say, they alone decide (VOC-14).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, NamedTuple

from ml.voice.english import EnglishReader
from ml.voice.linear import SeedClassifier, fitted_on
from ml.voice.readings import Reading, level
from ml.voice.seeds import ENGLISH_SENTIMENT

SENTIMENTS: Final = ("negative", "neutral", "positive")
"""In alphabetical order, as classifiers have them."""

# Tuned on the texts that VADER was validated on (tweets, product reviews, editorials) and on the
# even rows of the two sets that `benchmarks.voice` reports on the odd rows of.
CUT: Final = 0.2
"""Score (-1 to 1) from which a text has a sentiment."""
SEED_SHARE: Final = 0.5
"""What the seed sentences add to the score, at most, beside the opinion words' 1."""
VECTOR_SHARE: Final = 1.0
"""What sentence vectors add in place of the seed sentences' words, where they are installed."""
VECTOR_CUT: Final = 0.3
"""`CUT` of a score with vectors, which is larger."""
BOTH: Final = 2.0
"""Sum of opinion words from which a clause shows a trait for sure: a good, a bad one: neutral."""
_STEEPNESS: Final = 6.0
MOST_WORDS_TOLD: Final = 5


class Verdict(NamedTuple):
    """The sentiment of one text.

    Attributes:
        sentiment: One of `SENTIMENTS`.
        score: -1 (negative) to 1 or a little beyond; what the sentiment was cut from.
        margin: 0 to 1, between the likelihoods of the best and the second.
        engine: `untrained`, `trained`, or `lexicon` where the user's words decided.
        moved_by: Words that moved it, the strongest first, with what each added.
    """

    sentiment: str
    score: float
    margin: float
    engine: str
    moved_by: tuple[tuple[str, float], ...]


@cache
def seed_classifier() -> SeedClassifier:
    """Return the classifier of the English seed sentences, fitted once."""
    reader = EnglishReader({})
    rows = [
        (reader.read(text).words, name)
        for name, texts in ENGLISH_SENTIMENT.items()
        for text in texts
    ]
    return fitted_on(
        [words for words, _ in rows],
        {name: [other == name for _, other in rows] for name in SENTIMENTS},
    )


def score_of(reading: Reading, is_chinese: bool, leaning: float | None = None) -> float:
    """Return how positive a text is, -1 to 1 or a little beyond.

    Args:
        reading: The text as read.
        is_chinese: Whether it is Chinese, otherwise English.
        leaning: How positive its sentence vector is, -1 to 1; without it its words are asked.
    """
    score = level(reading.total())
    if leaning is not None:
        return score + VECTOR_SHARE * leaning
    if is_chinese or not reading.words:
        return score
    negative, _, positive = seed_classifier().scores(reading.words)
    return score + SEED_SHARE * (_logistic(positive) - _logistic(negative))


def shows_both(reading: Reading) -> bool:
    """Return whether one clause is clearly positive and another clearly negative (VOC-5)."""
    values = reading.clause_values().values()
    return len(values) > 1 and max(values) >= BOTH and min(values) <= -BOTH


def verdict(reading: Reading, is_chinese: bool, leaning: float | None = None) -> Verdict:
    """Return the sentiment without labels, or by the user's own words; as `score_of`."""
    own = own_verdict(reading)
    if own is not None:
        return own
    score = score_of(reading, is_chinese, leaning)
    if shows_both(reading):
        sentiment, margin = "neutral", max(1 - abs(score), 0.0)
    else:
        size, cut = abs(score), CUT if leaning is None else VECTOR_CUT
        sentiment = "neutral" if size < cut else "positive" if score > 0 else "negative"
        # Likelihood of a sentiment against none; they meet at the cut.
        margin = abs(2 * _logistic(_STEEPNESS * (size - cut)) - 1)
    return Verdict(sentiment, round(score, 4), round(margin, 4), "untrained", told(reading))


def own_verdict(reading: Reading) -> Verdict | None:
    """Return what the user's words say, or None where there is none: they always win (VOC-14)."""
    values = [value for _, value, _, is_own in reading.hits if is_own]
    if not values:
        return None
    score = round(level(sum(values)), 4)
    sentiment = "neutral"
    if min(values) > 0 or max(values) < 0:
        sentiment = "positive" if values[0] > 0 else "negative"
    words = tuple((hit.word, round(hit.value, 2)) for hit in reading.hits if hit.is_own)
    return Verdict(sentiment, score, 1.0, "lexicon", words[:MOST_WORDS_TOLD])


def told(reading: Reading) -> tuple[tuple[str, float], ...]:
    """Return the opinion words that weigh most, with their value in this text."""
    if not reading.hits:
        return ()
    if len(reading.hits) == 1:
        word, value, _, _ = reading.hits[0]
        return ((word, round(value, 2)),)
    ordered = sorted((-abs(value), word, value) for word, value, _, _ in reading.hits)
    return tuple((word, round(value, 2)) for _, word, value in ordered[:MOST_WORDS_TOLD])


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
