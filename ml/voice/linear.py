"""A linear classifier over the words of a text, as tables of weights that can be read.

Scikit-learn fits it; what is kept are its words, their weights and nothing else, so that what was
learned can be stored, explained and applied to one text without a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        pairs: The known terms of two words, by the words.
    """

    classes: tuple[str, ...]
    weights: Mapping[str, tuple[tuple[float, ...], float]]
    intercepts: tuple[float, ...]
    pairs: Mapping[tuple[str, str], str] = field(init=False)

    def __post_init__(self) -> None:
        split = {tuple(term.split(" ")): term for term in self.weights}
        pairs = {(words[0], words[1]): term for words, term in split.items() if len(words) == 2}
        object.__setattr__(self, "pairs", pairs)

    def scores(self, words: Sequence[str]) -> tuple[float, ...]:
        """Return the log-odds of each class; of a text without a known term the intercepts."""
        known, pairs = self.weights, self.pairs
        counts: dict[str, int] = {}
        before = ""
        for word in words:
            if word in known:
                counts[word] = counts.get(word, 0) + 1
                pair = pairs.get((before, word))
                if pair is not None:
                    counts[pair] = counts.get(pair, 0) + 1
            before = word
        totals = [0.0] * len(self.classes)
        length = 0.0
        for term, count in counts.items():
            weights, square = known[term]
            if count != 1:
                length += count * count * square
                totals = [t + count * w for t, w in zip(totals, weights, strict=True)]
            else:
                length += square
                totals = [t + w for t, w in zip(totals, weights, strict=True)]
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
