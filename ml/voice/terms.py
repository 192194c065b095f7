"""What trained engines look at: terms of texts as a sparse matrix, and their opinion words.

English has words, pairs of words and characters 2 to 5, Chinese characters 1 to 3 (`ml.md` 1.2,
1.5). What a text is told to be is a sum over its terms, so the words that moved it can be named.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """

    def __init__(self, language: str) -> None:
        self._is_chinese = language == CHINESE
        self._parts: list[Any] = []
        self._names: npt.NDArray[Any] = np.zeros(0, object)

    def fit(self, readings: Sequence[Reading]) -> Any:
        """Learn the terms of texts and return their matrix."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        usual: dict[str, Any] = {
            "sublinear_tf": True,
            "min_df": 2 if len(readings) >= RARE_TERMS_FROM else 1,
            "max_features": MOST_TERMS,
        }
        if self._is_chinese:
            parts = [TfidfVectorizer(analyzer="char", ngram_range=(1, 3), **usual)]
        else:
            parts = [
                TfidfVectorizer(analyzer=_pairs, **usual),
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **usual),
            ]
        for part, texts in zip(parts, self._texts(readings), strict=True):
            part.fit(texts)
        self._parts = parts
        names = parts[0].get_feature_names_out()
        self._names = np.array([str(name) for name in names], object)
        return self.matrix(readings)

    def matrix(self, readings: Sequence[Reading]) -> Any:
        """Return the terms of texts as rows."""
        from scipy.sparse import hstack

        rows = [p.transform(t) for p, t in zip(self._parts, self._texts(readings), strict=True)]
        return hstack(rows, format="csr")

    def names(self) -> list[tuple[str, str]]:
        """Return kind and spelling of each term, in the order of the matrix."""
        kinds = ("characters",) if self._is_chinese else ("word", "characters")
        return [
            (kind, str(name))
            for kind, part in zip(kinds, self._parts, strict=True)
            for name in part.get_feature_names_out()
        ]

    def told(self, row: Any, weights: npt.NDArray[Any]) -> tuple[tuple[str, float], ...]:
        """Return the words of one row that weigh most, with what each adds."""
        inside = row.indices < len(self._names)
        places = row.indices[inside]
        values = row.data[inside] * weights[places]
        order = np.lexsort((places, -np.abs(values)))[:MOST_WORDS_TOLD]
        told = ((str(self._names[places[n]]).strip(), float(values[n])) for n in order)
        return tuple((word, round(value, 4)) for word, value in told)

    def _texts(self, readings: Sequence[Reading]) -> list[list[str]]:
        joined = [" ".join(reading.words) for reading in readings]
        return [joined] if self._is_chinese else [joined, joined]


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
