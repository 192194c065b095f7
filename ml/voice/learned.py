"""What labelled texts teach: linear classifiers over terms, opinion words and sentence vectors.

They are made anew from the examples, by no chance, so that nothing has to be kept but the examples;
`table` shows what was learned. Measured beside others in `ml.md` 1.2, 1.5 and 2.1.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.voice.readings import Reading
from ml.voice.sentiment import SENTIMENTS, Verdict
from ml.voice.terms import Terms, opinion_features
from ml.voice.weights import regression, weights_of_terms

# All were chosen on even rows of the sets whose odd rows `benchmarks.voice` reports.
STRENGTH: Final = 2.0
"""C of the regressions of vectors and of intents."""
BALANCE: Final = 0.6
"""Power of the rarity of a sentiment that its examples weigh: 0 as they are, 1 all alike."""
LEAST_LIKELIHOOD: Final = 0.5
"""Of an intent, for a text to have it."""


@dataclass(frozen=True)
class TrainedSentiment:
    """A sentiment engine of one language, trained on the user's examples.

    With sentence vectors it is the mean of two: of terms, and of vectors, each with opinions.

    Attributes:
        terms: Terms of the examples.
        classes: Sentiments that the examples have, in alphabetical order.
        weights: By class and term, the opinion features last.
        intercepts: By class.
        fingerprint: Short digest of the weights.
        by_vector: By class, weights of the vectors, of the opinion features, and the intercept.
    """

    terms: Terms
    classes: tuple[str, ...]
    weights: npt.NDArray[Any]
    intercepts: npt.NDArray[Any]
    fingerprint: str
    by_vector: npt.NDArray[Any] | None = None

    def table(self) -> pd.DataFrame:
        """Return what was learned: term, kind (`word`, `characters`), sentiment, weight."""
        return _table(self.terms, self.classes, self.weights)

    def likelihoods(
        self, readings: Sequence[Reading], scores: Sequence[float], vectors: Any = None
    ) -> Any:
        """Return the likelihood of each class for each text, and the terms of the texts.

        Args:
            readings: The texts as read.
            scores: What the engine without labels gives them.
            vectors: Their sentence vectors (N x `vectors.WIDTH`), where it was trained with them.
        """
        rows = self.terms.matrix(readings)
        sums = rows @ self.weights[:, : rows.shape[1]].T + self.intercepts
        # Added feature by feature, so that a row gives the same alone and among others.
        opinions = opinion_features(readings, scores)
        for place, column in enumerate(opinions.T):
            sums = sums + np.outer(column, self.weights[:, rows.shape[1] + place])
        found = _likelihoods(sums)
        if self.by_vector is not None:
            both = np.hstack([vectors, opinions, np.ones((len(opinions), 1))])
            others = np.stack([(both * row).sum(axis=1) for row in self.by_vector], axis=1)
            found = (found + _likelihoods(others)) / 2
        return found, rows

    def verdicts(
        self, readings: Sequence[Reading], scores: Sequence[float], vectors: Any = None
    ) -> list[Verdict]:
        """Return the sentiment of each text; arguments as of `likelihoods`."""
        if not readings:
            return []
        likelihoods, rows = self.likelihoods(readings, scores, vectors)
        positive = likelihoods[:, self.classes.index("positive")] if (
            "positive" in self.classes) else np.zeros(len(readings))  # fmt: skip
        negative = likelihoods[:, self.classes.index("negative")] if (
            "negative" in self.classes) else np.zeros(len(readings))  # fmt: skip
        best = likelihoods.argmax(axis=1)
        ordered = np.sort(likelihoods, axis=1)
        against = self.weights - self.weights.mean(axis=0)
        return [
            Verdict(
                self.classes[best[n]],
                round(float(positive[n] - negative[n]), 4),
                round(float(ordered[n, -1] - ordered[n, -2]), 4),
                "trained",
                self.terms.told(rows[n], against[best[n]]),
            )
            for n in range(len(readings))
        ]


def _likelihoods(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    found: npt.NDArray[Any] = powers / powers.sum(axis=1, keepdims=True)
    return found


def train_sentiment(
    language: str,
    readings: Sequence[Reading],
    scores: Sequence[float],
    labels: Sequence[str],
    vectors: Any = None,
) -> TrainedSentiment:
    """Train a sentiment engine.

    Args:
        language: `en` or `zh`.
        readings: The labelled texts as read.
        scores: What the engine without labels gives them.
        labels: Their sentiments, at least two different ones.
        vectors: Their sentence vectors (N x `vectors.WIDTH`), or None.
    """
    terms = Terms(language)
    opinions = opinion_features(readings, scores)
    rows = terms.fit(readings)
    counts = Counter(labels)
    classes = tuple(label for label in SENTIMENTS if label in counts)
    usual = len(labels) / len(classes)
    shares = {label: (usual / counts[label]) ** BALANCE for label in classes}
    weights, intercepts = weights_of_terms(language, rows, opinions, labels, shares)
    by_vector = None
    if vectors is not None:
        both = np.hstack([vectors, opinions])
        by_vector = np.column_stack(regression(both, labels, shares, STRENGTH))
    fingerprint = fingerprint_of(terms, classes, weights, intercepts, by_vector)
    return TrainedSentiment(terms, classes, weights, intercepts, fingerprint, by_vector)


@dataclass(frozen=True)
class TrainedIntents:
    """An intent engine of one language, trained on the user's examples and the seed sentences.

    Attributes:
        terms: Terms of the examples.
        names: Intents that it knows; of all others it says nothing.
        weights: By intent and term.
        intercepts: By intent.
        fingerprint: Short digest of the weights.
    """

    terms: Terms
    names: tuple[str, ...]
    weights: npt.NDArray[Any]
    intercepts: npt.NDArray[Any]
    fingerprint: str

    def table(self) -> pd.DataFrame:
        """Return what was learned: term, kind (`word`, `characters`), intent, weight."""
        return _table(self.terms, self.names, self.weights).rename(columns={"sentiment": "intent"})

    def intents(self, readings: Sequence[Reading]) -> list[set[str]]:
        """Return the intents of each text, among those that it knows (VOC-6)."""
        if not readings:
            return []
        sums = self.terms.matrix(readings) @ self.weights.T + self.intercepts
        has = 1 / (1 + np.exp(-sums)) >= LEAST_LIKELIHOOD
        return [{name for name, one in zip(self.names, row, strict=True) if one} for row in has]


def train_intents(
    language: str, readings: Sequence[Reading], labels: Sequence[frozenset[str]]
) -> TrainedIntents:
    """Train an intent engine, one regression per intent.

    Args:
        language: `en` or `zh`.
        readings: The labelled texts as read.
        labels: The intents of each; several or none (VOC-6).
    """
    from sklearn.linear_model import LogisticRegression

    terms = Terms(language)
    rows = terms.fit(readings)
    names = tuple(sorted(set().union(*labels)))
    fits = [
        LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=500).fit(
            rows, [name in of for of in labels]
        )
        for name in names
    ]
    weights = np.vstack([fit.coef_ for fit in fits])
    intercepts = np.array([fit.intercept_[0] for fit in fits])
    fingerprint = fingerprint_of(terms, names, weights, intercepts)
    return TrainedIntents(terms, names, weights, intercepts, fingerprint)


def _table(terms: Terms, labels: Sequence[str], weights: npt.NDArray[Any]) -> pd.DataFrame:
    names = terms.names()
    return pd.DataFrame(
        {
            "term": [term for _ in labels for _, term in names],
            "kind": [kind for _ in labels for kind, _ in names],
            "sentiment": [label for label in labels for _ in names],
            "weight": weights[:, : len(names)].ravel(),
        }
    )


def fingerprint_of(terms: Terms, labels: Sequence[str], *weights: npt.NDArray[Any] | None) -> str:
    """Return a short digest of what was learned: terms, labels and rounded weights."""
    digest = hashlib.sha256(repr((labels, terms.names())).encode("utf-8", "replace"))
    for of in weights:
        if of is not None:
            digest.update((np.round(of, 6) + 0.0).tobytes())
    return digest.hexdigest()[:8]
