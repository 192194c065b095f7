"""Rankers of pairs: a logistic model, gradient boosting, and the mean of their log-odds.

Holds how they are fitted and how a score becomes a probability (`ml.md` 3.7 to 3.9). Never put here
which pairs may be offered or who is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.purchases import Flags, Floats

RANKERS: Final = ("mean", "logistic", "boosting")
"""The mean of the log-odds of both models, the logistic one, the boosted one."""
SEED: Final = 7
ROUNDS, LEAVES, LEAST_PER_LEAF = 50, 15, 100
"""Half the rounds of `ml.md` 3.9; `benchmarks.report_cards` shows whether they are enough."""


@dataclass(frozen=True)
class Ranker:
    """A fitted pair of models over the features of `ml.scores`."""

    mean: Floats
    spread: Floats
    weights: Floats
    intercept: float
    boosting: Any

    def odds(self, rows: Floats) -> dict[str, Floats]:
        """Return the log-odds of buying within the horizon, by RANKERS."""
        logistic = (self._standard(rows) @ self.weights + self.intercept).astype(np.float32)
        if not len(rows):
            return dict.fromkeys(RANKERS, logistic)
        boosted = self.boosting.decision_function(rows).astype(np.float32)
        return {"mean": (logistic + boosted) / 2, "logistic": logistic, "boosting": boosted}

    def contributions(self, rows: Floats) -> Floats:
        """Return what each feature adds to the log-odds, against the mean pair: rows by feature."""
        return (self._standard(rows) * self.weights).astype(np.float32)

    def _standard(self, rows: Floats) -> Floats:
        return (rows - self.mean) / self.spread


def share_of(odds: Floats) -> Floats:
    """Return the probability, 0 to 1, of log-odds."""
    return np.exp(-np.logaddexp(0, -odds.astype(np.float64))).astype(np.float32)


def fit_ranker(rows: Floats, is_bought: Flags) -> Ranker:
    """Fit both models; deterministic for equal rows in equal order.

    Raises:
        ValueError: all pairs were bought, or none.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = rows.std(axis=0, dtype=np.float64).astype(np.float32)
    spread[spread < 1e-6] = 1.0
    logistic = LogisticRegression(C=1.0, max_iter=500)
    logistic.fit((rows - mean) / spread, is_bought)
    boosting = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_PER_LEAF,
        early_stopping=False,
        random_state=SEED,
    )
    boosting.fit(rows, is_bought)
    return Ranker(
        mean=mean,
        spread=spread,
        weights=logistic.coef_[0].astype(np.float32),
        intercept=float(logistic.intercept_[0]),
        boosting=boosting,
    )


@dataclass(frozen=True)
class ScoreMap:
    """A rising map from a score to a probability, as steps between which it is linear."""

    scores: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64]

    def probability(self, scores: Floats) -> Floats:
        """Return the probabilities, 0 to 1, of scores."""
        return np.interp(scores, self.scores, self.probabilities).astype(np.float32)


def fit_score_map(scores: Floats, is_bought: Flags) -> ScoreMap:
    """Learn an isotonic map; a share of one extra purchase keeps 0 and 1 out of reach."""
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(out_of_bounds="clip")
    model.fit(scores.astype(np.float64), is_bought)
    share = (float(is_bought.sum()) + 1) / (len(is_bought) + 2)
    pulled = (model.y_thresholds_ * len(is_bought) + share) / (len(is_bought) + 1)
    return ScoreMap(model.X_thresholds_, pulled)
