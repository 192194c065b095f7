"""A linear classifier over the words of a text, as tables of weights that can be read.

Scikit-learn fits it; what is kept are its words, their weights and nothing else, so that what was
learned can be stored, explained and applied to one text without a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

STRENGTH: Final = 10.0
"""C of logistic regression on a handful of sentences: little is penalised."""


def word_pairs(words: Sequence[str]) -> list[str]:
    """Return the words and each pair of neighbours."""
    return [*words, *(f"{one} {other}" for one, other in pairwise(words))]


@dataclass(frozen=True)
class SeedClassifier:
    """One-against-rest logistic regressions over TF-IDF of words and pairs.

    Attributes:
        classes: Names of the classes.
        weights: For each known term, its weight times its inverse document frequency, by class,
            and that frequency squared, for the length of the text.
        intercepts: By class.
    """

    classes: tuple[str, ...]
    weights: Mapping[str, tuple[tuple[float, ...], float]]
    intercepts: tuple[float, ...]

    def scores(self, words: Sequence[str]) -> tuple[float, ...]:
        """Return the log-odds of each class; of a text without a known term the intercepts."""
        known = self.weights
        counts: dict[str, int] = {}
        before = ""
        for word in words:
            if word in known:
                counts[word] = counts.get(word, 0) + 1
                pair = f"{before} {word}"
                if pair in known:
                    counts[pair] = counts.get(pair, 0) + 1
            before = word
        totals = [0.0] * len(self.classes)
        length = 0.0
        for term, count in counts.items():
            weights, square = known[term]
            length += count * count * square
            for position, weight in enumerate(weights):
                totals[position] += count * weight
        if not length:
            return self.intercepts
        scale = 1 / math.sqrt(length)
        for position, intercept in enumerate(self.intercepts):
            totals[position] = totals[position] * scale + intercept
        return tuple(totals)


def fitted_on(
    texts: Sequence[Sequence[str]], memberships: Mapping[str, Sequence[bool]]
) -> SeedClassifier:
    """Fit one regression per class.

    Args:
        texts: Words of each sentence.
        memberships: By class, whether each sentence has it.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer=word_pairs)
    matrix = vectorizer.fit_transform(texts)
    rows: list[npt.NDArray[Any]] = []
    intercepts = []
    for members in memberships.values():
        fit = LogisticRegression(C=STRENGTH, class_weight="balanced").fit(matrix, list(members))
        rows.append(fit.coef_[0])
        intercepts.append(float(fit.intercept_[0]))
    scaled = np.stack(rows) * vectorizer.idf_
    return SeedClassifier(
        tuple(memberships),
        {
            term: (tuple(scaled[:, n].tolist()), float(vectorizer.idf_[n] ** 2))
            for term, n in vectorizer.vocabulary_.items()
        },
        tuple(intercepts),
    )
