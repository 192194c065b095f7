"""What a term weighs for a sentiment: the mean of two logistic regressions, and naive Bayes.

All are linear in the terms, so what they say together is one table of weights. They err on other
texts, because a regression looks at terms together and naive Bayes at each for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.voice.languages import CHINESE, ENGLISH

Floats = npt.NDArray[Any]

# All were chosen on even rows of the sets whose odd rows `benchmarks.voice` reports.
REGRESSIONS: Final[Mapping[str, tuple[tuple[float, bool], ...]]] = {
    ENGLISH: ((4.0, False), (1.0, True)),
    CHINESE: ((8.0, False), (2.0, True)),
}
"""By language, the regressions whose mean is used: C, and whether terms are scaled by how much they
tell (the logarithm of their counts in one sentiment to those in the others)."""
BAYES_SHARE: Final[Mapping[str, float]] = {ENGLISH: 0.0, CHINESE: 0.35}
"""By language, what naive Bayes counts beside the mean of the regressions, which counts 1. Of few
English examples, most of them complaints, it reads nearly everything as one."""
SMOOTHING: Final = 0.05
"""What naive Bayes adds to the count of every term."""


def weights_of_terms(
    language: str, rows: Any, opinions: Floats, labels: Sequence[str], shares: Mapping[str, float]
) -> tuple[Floats, Floats]:
    """Return the weights by sentiment (terms first, then opinion features), and the intercepts.

    Args:
        language: `en` or `zh`.
        rows: Terms of the texts, as `Terms.matrix` has them.
        opinions: Their opinion features (`opinion_features`).
        labels: Their sentiments, at least two different ones.
        shares: By sentiment, in alphabetical order, what each of its texts weighs.
    """
    fits = [
        _regression_of_terms(rows, opinions, labels, shares, strength, is_scaled)
        for strength, is_scaled in REGRESSIONS[language]
    ]
    weights: Floats = np.mean([fit[0] for fit in fits], axis=0)
    intercepts: Floats = np.mean([fit[1] for fit in fits], axis=0)
    if BAYES_SHARE[language]:
        weights[:, : rows.shape[1]] += BAYES_SHARE[language] * _naive_bayes(rows, labels)
    return weights, intercepts


def regression(
    rows: Any, labels: Sequence[str], shares: Mapping[str, float], strength: float
) -> tuple[Floats, Floats]:
    """Return weights and intercepts by class, of two classes as of more.

    Args:
        rows: Features of the texts.
        labels: Their classes, at least two different ones.
        shares: By class, what each of its texts weighs.
        strength: C, the inverse of the penalty.
    """
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=strength, class_weight=dict(shares), max_iter=500)
    fit.fit(rows, list(labels))
    weights, intercepts = fit.coef_, fit.intercept_
    if len(shares) == 2:
        return np.vstack([-weights, weights]) / 2, np.array([-1, 1]) * intercepts / 2
    return weights, intercepts


def _regression_of_terms(
    rows: Any,
    opinions: Floats,
    labels: Sequence[str],
    shares: Mapping[str, float],
    strength: float,
    is_scaled: bool,
) -> tuple[Floats, Floats]:
    from scipy.sparse import csr_matrix, diags, hstack

    scale = _told_by_counts(rows, labels) if is_scaled else np.ones(rows.shape[1])
    both = hstack([rows @ diags(scale), csr_matrix(opinions)], format="csr")
    weights, intercepts = regression(both, labels, shares, strength)
    return weights * np.concatenate([scale, np.ones(opinions.shape[1])]), intercepts


def _told_by_counts(rows: Any, labels: Sequence[str]) -> Floats:
    """How much the presence of each term tells of a label: 0 is nothing."""
    has = rows > 0
    told = []
    for label in sorted(set(labels)):
        inside = np.array([other == label for other in labels])
        here, elsewhere = (np.asarray(has[of].sum(axis=0)).ravel() + 1 for of in (inside, ~inside))
        told.append(np.abs(np.log(here / here.sum()) - np.log(elsewhere / elsewhere.sum())))
    most: Floats = np.max(told, axis=0)
    return most


def _naive_bayes(rows: Any, labels: Sequence[str]) -> Floats:
    """How much rarer each term is in the texts of the other labels, as a logarithm, by label.

    The mean over the labels is taken off: it moves all of them alike.
    """
    from sklearn.naive_bayes import ComplementNB

    rarer = ComplementNB(alpha=SMOOTHING).fit(rows, list(labels)).feature_log_prob_
    found: Floats = rarer - rarer.mean(axis=0)
    return found
