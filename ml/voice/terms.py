"""What trained engines look at: terms of texts as a sparse matrix, and their opinion words.

English has words, pairs of words and characters 2 to 5, Chinese characters 1 to 4 (`ml.md` 1.2,
1.5). What a text is told to be is a sum over its terms, so the words that moved it can be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.voice.languages import CHINESE
from ml.voice.linear import word_pairs
from ml.voice.readings import Reading, level
from ml.voice.sentiment import MOST_WORDS_TOLD, shows_both

MOST_TERMS: Final = 60_000
"""Terms of one kind that are learned, the most frequent."""
RARE_TERMS_FROM: Final = 500
"""Texts from which a term must occur twice."""
OPINION_SCALE: Final = 2.0
"""How much larger opinion features are than terms: what is larger is penalised less."""


class Terms:
    """Terms of texts as a sparse matrix: fitted on some texts, applied to any.

    Args:
        language: `en` or `zh`.
        known: Per kind, the terms and how rare each is, as `table` has them: instead of fitting.
    """

    def __init__(
        self,
        language: str,
        known: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    ) -> None:
        self.kinds = ("characters",) if language == CHINESE else ("word", "characters")
        self._is_chinese = language == CHINESE
        self._parts: list[Any] = []
        self._words: npt.NDArray[Any] = np.zeros(0, object)
        if known is not None:
            self._parts = [self._known(kind, known.get(kind, ())) for kind in self.kinds]
            self._remember()

    def fit(self, readings: Sequence[Reading]) -> Any:
        """Learn the terms of texts and return their matrix."""
        least = 2 if len(readings) >= RARE_TERMS_FROM else 1
        self._parts = [
            self._part(kind, min_df=least, max_features=MOST_TERMS) for kind in self.kinds
        ]
        for place, texts in enumerate(self._texts(readings)):
            try:
                self._parts[place].fit(texts)
            except ValueError:
                # No term occurs twice: then those that occur once are learned.
                kind = self.kinds[place]
                self._parts[place] = self._part(kind, max_features=MOST_TERMS).fit(texts)
        self._remember()
        return self.matrix(readings)

    def _part(self, kind: str, **more: Any) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        usual: dict[str, Any] = {"sublinear_tf": True, "lowercase": False, **more}
        if kind == "word":
            return TfidfVectorizer(analyzer=_pairs, **usual)
        if self._is_chinese:
            return TfidfVectorizer(analyzer="char", ngram_range=(1, 4), **usual)
        return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **usual)

    def _known(self, kind: str, terms: Sequence[tuple[str, float]]) -> Any:
        part = self._part(kind, vocabulary={term: place for place, (term, _) in enumerate(terms)})
        part.idf_ = np.array([rarity for _, rarity in terms])
        return part

    def _remember(self) -> None:
        self._words = np.array([str(n) for n in self._parts[0].get_feature_names_out()], object)

    def known(self) -> dict[str, list[tuple[str, float]]]:
        """Return per kind the terms and how rare each is, in the order of the matrix."""
        return {
            kind: [
                (str(name), float(rarity))
                for name, rarity in zip(part.get_feature_names_out(), part.idf_, strict=True)
            ]
            for kind, part in zip(self.kinds, self._parts, strict=True)
        }

    def matrix(self, readings: Sequence[Reading]) -> Any:
        """Return the terms of texts as rows."""
        from scipy.sparse import hstack

        rows = [p.transform(t) for p, t in zip(self._parts, self._texts(readings), strict=True)]
        return hstack(rows, format="csr")

    def names(self) -> list[tuple[str, str]]:
        """Return kind and spelling of each term, in the order of the matrix."""
        return [(kind, name) for kind, terms in self.known().items() for name, _ in terms]

    def told(self, row: Any, weights: npt.NDArray[Any]) -> tuple[tuple[str, float], ...]:
        """Return the words of one row that weigh most, with what each adds."""
        inside = row.indices < len(self._words)
        places = row.indices[inside]
        values = row.data[inside] * weights[places]
        order = np.lexsort((places, -np.abs(values)))[:MOST_WORDS_TOLD]
        told = ((str(self._words[places[n]]).strip(), float(values[n])) for n in order)
        return tuple((word, round(value, 4)) for word, value in told)

    def _texts(self, readings: Sequence[Reading]) -> list[list[str]]:
        if self._is_chinese:
            return [[reading.text for reading in readings]]
        joined = [" ".join(reading.words) for reading in readings]
        return [joined, joined]


def _pairs(text: str) -> list[str]:
    return word_pairs(text.split())


def opinion_features(readings: Sequence[Reading], scores: Sequence[float]) -> Any:
    """Return what the engine without labels sees of texts: sums of opinion words and its score."""
    rows = np.zeros((len(readings), 10))
    for place, (reading, score) in enumerate(zip(readings, scores, strict=True)):
        values = [hit.value for hit in reading.hits]
        clauses = reading.clause_values().values()
        rows[place] = (
            score,
            level(sum(value for value in values if value > 0)),
            level(sum(value for value in values if value < 0)),
            level(max(clauses, default=0.0)),
            level(min(clauses, default=0.0)),
            reading.emphasis,
            float(shows_both(reading)),
            min(reading.questions, 3) / 3,
            min(len(reading.words), 60) / 60,
            float(not values),
        )
    return rows * OPINION_SCALE
