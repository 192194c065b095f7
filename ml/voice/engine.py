"""One interface for all engines: a batch of responses in, the signals of each out (VOC-4, VOC-14).

Every response is read for itself: a batch gives what its rows give one by one, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.voice.chinese import ChineseReader
from ml.voice.emotions import emotion_of
from ml.voice.english import EnglishReader
from ml.voice.intents import Phrases, intent_by_seeds, intents_by_pattern
from ml.voice.keywords import clause_sentiment, keywords_of
from ml.voice.languages import CHINESE, ENGLISH, language_of
from ml.voice.learned import TrainedIntents, TrainedSentiment
from ml.voice.lessons import Entry, Lessons
from ml.voice.mentions import mentions_of
from ml.voice.names import Alias, Found, Names
from ml.voice.readings import Reading
from ml.voice.sentiment import Verdict, own_verdict, score_of, verdict
from ml.voice.texts import Cleaned, cleaned
from ml.voice.vector_seeds import VectorSeeds
from ml.voice.vectors import WIDTH, Floats, MiniLM

VERSION: Final = "2"
"""Changes whenever the same text could be classified otherwise by the same lessons."""
BATCH: Final = 5_000
"""Responses held at a time, so that memory does not grow with their number."""

COLUMNS: Final = (
    "language", "unsupported_reason", "sentiment", "sentiment_score", "emotion", "intents",
    "keywords", "competitors", "engine", "engine_version", "margin", "moved_by",
)  # fmt: skip


@dataclass(slots=True)
class Read:
    """A response before its sentiment is decided."""

    cleaned: Cleaned
    names: Found
    competitors: tuple[str, ...]
    reading: Reading

    @property
    def text(self) -> str:
        """What opinions are read from, names replaced."""
        return self.names.text

    @property
    def is_chinese(self) -> bool:
        """Whether it is Chinese; otherwise English, or emoji alone."""
        return self.cleaned.language == CHINESE


class Engine:
    """Classifies responses.

    Args:
        lessons: What the user taught: words, phrases, names; nothing by default.
        sentiments: Trained sentiment engines by language, of `teaching.teach`.
        intents: Trained intent engines by language, of `teaching.teach`.
        vectors: Sentence vectors of English, where installed (`vectors.installed`).

    Raises:
        ValueError: an engine was taught with sentence vectors and there are none.
    """

    def __init__(
        self,
        lessons: Lessons | None = None,
        sentiments: dict[str, TrainedSentiment] | None = None,
        intents: dict[str, TrainedIntents] | None = None,
        vectors: MiniLM | None = None,
    ) -> None:
        self.lessons = lessons or Lessons()
        self.sentiments = sentiments or {}
        self.intents = intents or {}
        self._english = EnglishReader(self.lessons.weights(ENGLISH))
        self._chinese = ChineseReader(self.lessons.weights(CHINESE))
        self._names = Names(self.lessons.aliases)
        self._phrases = Phrases(self.lessons.intent_phrases())
        self._keywords = Phrases({phrase: phrase for phrase in self.lessons.keywords(wanted=True)})
        self._silent = frozenset(self.lessons.keywords(wanted=False))
        if vectors is None and any(t.by_vector is not None for t in self.sentiments.values()):
            raise ValueError("an engine taught with sentence vectors needs them: `make vectors`")
        self.vectors = vectors
        self._seeds = None if vectors is None else VectorSeeds(vectors)
        taught = [model.fingerprint for _, model in sorted(self.sentiments.items())]
        taught += [model.fingerprint for _, model in sorted(self.intents.items())]
        version = VERSION if vectors is None else f"{VERSION}v"
        self.version = "-".join([version, self.lessons.fingerprint(), *taught])

    def classify(self, responses: pd.DataFrame) -> pd.DataFrame:
        """Return the signals of responses, by the index of the responses.

        Args:
            responses: body, and subject if there is one: strings; anything else is no text.

        Returns:
            language (`en`, `zh`, `zxx` for emoji alone, or missing), unsupported_reason,
            sentiment (missing when not analysed, VOC-11), sentiment_score (-1 to 1 or a little
            beyond), emotion (VOC-7), intents (tuple, VOC-6), keywords (tuple of keyword and its
            sentiment, VOC-8), competitors (tuple of name and what is said of it; missing where the
            language is not read, VOC-10), engine (`untrained`, `trained`,
            `lexicon`), engine_version, margin (0 to 1), moved_by (tuple of word and value).

        Raises:
            KeyError: there is no column `body`.
        """
        bodies = responses["body"].tolist()
        subjects = responses["subject"].tolist() if "subject" in responses else [None] * len(bodies)
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(bodies), BATCH):
            stop = start + BATCH
            rows += self._classified(bodies[start:stop], subjects[start:stop])
        columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
        return pd.DataFrame(
            {name: pd.Series(found, dtype=_TYPES.get(name, object)) for name, found in
             zip(COLUMNS, columns, strict=True)}
        ).set_axis(responses.index)  # fmt: skip

    def with_names(self, aliases: Iterable[Alias]) -> Engine:
        """Return the same engine that knows further names, such as the configured competitors."""
        known = dict.fromkeys((*self.lessons.aliases, *aliases))
        return self.with_lessons(replace(self.lessons, aliases=tuple(known)))

    def with_keywords(self, keywords: Iterable[str]) -> Engine:
        """Return the same engine that lists further keywords wherever they stand (VOC-19).

        What the lessons say of a keyword stays: one that they hide stays hidden.
        """
        known = {entry.phrase for entry in self.lessons.lexicon if entry.kind == "keyword"}
        new = dict.fromkeys(word.lower() for word in keywords if word.lower() not in known)
        entries = (Entry("keyword", word, language_of(word)[0] or ENGLISH) for word in new)
        return self.with_lessons(replace(self.lessons, lexicon=(*self.lessons.lexicon, *entries)))

    def with_lessons(self, lessons: Lessons) -> Engine:
        """Return an engine that was trained alike and has other lessons."""
        return Engine(lessons, self.sentiments, self.intents, self.vectors)

    def read(self, body: object, subject: object = None) -> Read:
        """Return one response cleaned, its names found and replaced, and read in its language."""
        own = cleaned(body, subject)
        names = Found((), own.read)
        competitors: tuple[str, ...] = ()
        if self.lessons.aliases:
            searched = names = self._names.found(own.searched)
            if own.read != own.searched:
                names = self._names.found(own.read)
            competitors = searched.competitors
        reading = self._reader(own.language).read(names.text) if own.language else Reading()
        return Read(own, names, competitors, reading)

    def _reader(self, language: str | None) -> EnglishReader | ChineseReader:
        return self._chinese if language == CHINESE else self._english

    def _mentions(self, read: Read) -> tuple[tuple[str, str | None], ...]:
        """The competitors of a response and what is said of each (VOC-10)."""
        if not read.cleaned.language:
            return tuple((name, None) for name in read.competitors)
        reader = self._reader(read.cleaned.language)
        return mentions_of(read.competitors, read.names.order, read.text, reader)

    def _classified(
        self, bodies: Sequence[object], subjects: Sequence[object]
    ) -> Iterable[tuple[Any, ...]]:
        reads = [self.read(body, subject) for body, subject in zip(bodies, subjects, strict=True)]
        vectors = self.vectors_of(reads)
        leanings = self.leanings_of(vectors, reads)
        verdicts: list[Verdict | None] = [
            verdict(read.reading, read.is_chinese, leaning) if read.cleaned.language else None
            for read, leaning in zip(reads, leanings, strict=True)
        ]
        for language, trained in self.sentiments.items():
            places = [
                n
                for n, read in enumerate(reads)
                if read.cleaned.language == language and own_verdict(read.reading) is None
            ]
            readings = [reads[n].reading for n in places]
            scores = [score_of(reads[n].reading, language == CHINESE, leanings[n]) for n in places]
            near = None
            if language == ENGLISH and vectors is not None and places:
                near = np.stack([vectors[n] for n in places])
            for n, found in zip(places, trained.verdicts(readings, scores, near), strict=True):
                verdicts[n] = found
        intents: list[set[str]] = [
            self._untrained_intents(read, found, n, vectors) if found else set()
            for n, (read, found) in enumerate(zip(reads, verdicts, strict=True))
        ]
        for language, model in self.intents.items():
            places = [n for n, read in enumerate(reads) if read.cleaned.language == language]
            answers = model.intents([reads[n].reading for n in places])
            for n, said in zip(places, answers, strict=True):
                intents[n] = (intents[n] - set(model.names)) | said
        return [
            self._row(read, found, said)
            for read, found, said in zip(reads, verdicts, intents, strict=True)
        ]

    def vectors_of(self, reads: Sequence[Read]) -> Sequence[Floats] | None:
        """Return the vectors of responses, zeros for those that are not English; None without."""
        if self._seeds is None:
            return None
        places = [n for n, read in enumerate(reads) if read.cleaned.language == ENGLISH]
        found = self._seeds.source.vectors([reads[n].text for n in places])
        vectors = np.zeros((len(reads), WIDTH), np.float32)
        vectors[places] = found
        return list(vectors)

    def leanings_of(
        self, vectors: Sequence[Floats] | None, reads: Sequence[Read]
    ) -> list[float | None]:
        """Return how positive the vector of each English response is; None for all others."""
        if self._seeds is None or not vectors:
            return [None] * len(reads)
        leanings = self._seeds.leanings(np.stack(vectors))
        return [
            leaning if read.cleaned.language == ENGLISH else None
            for leaning, read in zip(leanings, reads, strict=True)
        ]

    def _untrained_intents(
        self, read: Read, found: Verdict, place: int, vectors: Sequence[Floats] | None
    ) -> set[str]:
        said = intents_by_pattern(read.text, found.sentiment, read.is_chinese)
        if not said and read.cleaned.language == ENGLISH and found.sentiment == "neutral":
            if self._seeds is None or vectors is None:
                guessed = intent_by_seeds(read.reading.words)
            else:
                guessed = self._seeds.intents(vectors[place][np.newaxis])[0]
            said = {guessed} if guessed else said
        return said

    def _row(self, read: Read, found: Verdict | None, said: set[str]) -> tuple[Any, ...]:
        own = read.cleaned
        if found is None:
            mentions = self._mentions(read) if read.competitors else ()
            return (None, own.reason, None, None, None, (), (), mentions, None,
                    self.version, None, ())  # fmt: skip
        said = said | {intent for _, intent in self._phrases.found(own.read)}
        return (
            own.language,
            None,
            found.sentiment,
            found.score,
            emotion_of(read.reading, found.sentiment, read.is_chinese),
            tuple(sorted(said)),
            self._keywords_of(read, found.sentiment),
            self._mentions(read) if read.competitors else (),
            found.engine,
            self.version,
            found.margin,
            found.moved_by,
        )

    def _keywords_of(self, read: Read, sentiment: str) -> tuple[tuple[str, str], ...]:
        found = keywords_of(read.reading, sentiment, self._silent, read.is_chinese)
        wanted = [keyword for keyword, _ in self._keywords.found(read.cleaned.searched)]
        if not wanted:
            return tuple(found)
        values = read.reading.clause_values()
        own = []
        for keyword in wanted:
            number = next(
                (n for n, clause in enumerate(read.reading.clauses) if keyword in " ".join(clause)),
                None,
            )
            value = None if number is None else values.get(number)
            own.append((keyword, clause_sentiment(value, sentiment)))
        return tuple(own + [(keyword, said) for keyword, said in found if keyword not in wanted])


_TYPES: Final[dict[str, str]] = {"sentiment_score": "float64", "margin": "float64"}
