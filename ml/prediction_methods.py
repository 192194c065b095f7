"""What can answer a question about the near future: one model and two kinds of rates (PRD-3).

Each is learned from accounts of the past and says a probability of accounts, with what each sign
adds to it (PRD-4). Never choose between them here (`ml.predicting`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from ml.signs import CATEGORIES, LABELS, NUMBERS, Encoder, fit_encoder

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PRIOR_WEIGHT: Final = 20
"""Accounts with the rate of all that every group is smoothed with (PRD-3)."""
GROUPS: Final = 10
"""Groups of accounts that rates by recency tell apart, beside those that never bought."""
LOGISTIC, RECENCY, RATES = "logistic", "recency", "rates"
SINCE: Final = "last_won_days"
"""The one sign that rates by recency read."""


@dataclass(frozen=True)
class Past:
    """Accounts as they were known at a cut-off, and which of them won such a deal after it.

    `signs` has one row per account and the columns of `ml.signs`.
    """

    signs: pd.DataFrame
    is_won: Flags


@dataclass(frozen=True)
class Said:
    """What a model says of accounts: probability 0 to 1, what each sign adds to its log-odds."""

    probability: Floats
    names: tuple[str, ...]
    contributions: Floats


@dataclass(frozen=True)
class Logistic:
    """A logistic model over standardised signs, its log-odds corrected on a window of its own."""

    encoder: Encoder
    weights: Floats
    intercept: float
    slope: float = 1.0
    shift: float = 0.0

    method: str = field(default=LOGISTIC, init=False)
    reads: tuple[str, ...] = field(default=(*NUMBERS, *CATEGORIES), init=False)

    def say(self, signs: pd.DataFrame) -> Said:
        """Return probabilities and contributions of accounts."""
        rows = self.encoder.rows(signs)
        odds = self.slope * (rows @ self.weights + self.intercept) + self.shift
        names, added = self.encoder.by_sign(rows * self.weights * self.slope)
        return Said(expit(odds), names, added)

    def coefficients(self) -> list[dict[str, Any]]:
        """One row per feature: feature, coefficient, mean, spread; then what corrects them."""
        features = [
            {"feature": name, "coefficient": weight, "mean": mean, "spread": spread}
            for name, weight, mean, spread in zip(
                self.encoder.names, self.weights, self.encoder.mean, self.encoder.spread,
                strict=True,
            )
        ]  # fmt: skip
        own = {"intercept": self.intercept, "calibration_slope": self.slope}
        own["calibration_shift"] = self.shift
        return [*features, *({"feature": f"({n})", "coefficient": v} for n, v in own.items())]


@dataclass(frozen=True)
class Rates:
    """Shares of accounts with equal labels, smoothed towards that of all (PRD-3)."""

    base: float
    by_labels: Mapping[tuple[str, ...], float]

    method: str = field(default=RATES, init=False)
    reads: tuple[str, ...] = field(default=LABELS, init=False)

    def say(self, signs: pd.DataFrame) -> Said:
        """Return probabilities, and how far the labels move their log-odds from those of all."""
        keys = _label_keys(signs)
        probability = np.asarray([self.by_labels.get(key, self.base) for key in keys])
        added = _odds(probability) - _odds(np.asarray([self.base]))
        return Said(probability, ("labels",), added[:, None])

    def coefficients(self) -> list[dict[str, Any]]:
        """One row per group of labels: its smoothed rate."""
        rows = [("(base rate)", self.base)]
        rows += [(" / ".join(key), rate) for key, rate in sorted(self.by_labels.items())]
        return [{"feature": name, "coefficient": rate} for name, rate in rows]


@dataclass(frozen=True)
class Recency:
    """Shares of accounts that bought equally long ago, smoothed towards that of all.

    `until` are the most days since the last deal won of every group but the last two: those who
    bought longer ago, and those who never did.
    """

    base: float
    until: Floats
    rates: Floats

    method: str = field(default=RECENCY, init=False)
    reads: tuple[str, ...] = field(default=(SINCE,), init=False)

    def say(self, signs: pd.DataFrame) -> Said:
        """Return probabilities, and how far recency moves their log-odds from those of all."""
        probability = self.rates[_recency_groups(signs, self.until)]
        added = _odds(probability) - _odds(np.asarray([self.base]))
        return Said(probability, (SINCE,), added[:, None])

    def coefficients(self) -> list[dict[str, Any]]:
        """One row per group: its smoothed rate."""
        names = [f"{SINCE} up to {days:.0f}" for days in self.until]
        names += [f"{SINCE} beyond", f"{SINCE} missing"]
        rows = [("(base rate)", self.base), *zip(names, self.rates.tolist(), strict=True)]
        return [{"feature": name, "coefficient": rate} for name, rate in rows]


Model = Logistic | Recency | Rates


def fit_logistic(windows: Sequence[Past]) -> Logistic:
    """Fit the logistic model; deterministic for equal rows in equal order."""
    from sklearn.linear_model import LogisticRegression

    signs = pd.concat([window.signs for window in windows], ignore_index=True)
    is_won = np.concatenate([window.is_won for window in windows])
    encoder = fit_encoder(signs)
    model = LogisticRegression(C=1.0, max_iter=1000)
    model.fit(encoder.rows(signs), is_won)
    return Logistic(encoder, model.coef_[0].astype(np.float64), float(model.intercept_[0]))


def calibrated(model: Logistic, window: Past) -> Logistic:
    """Correct the log-odds of a model by a line that a later window shows (Platt)."""
    from sklearn.linear_model import LogisticRegression

    odds = model.encoder.rows(window.signs) @ model.weights + model.intercept
    line = LogisticRegression(C=1e6, max_iter=1000).fit(odds[:, None], window.is_won)
    slope = float(line.coef_[0][0])
    if slope <= 0:  # the order was worse than none: only the level of the window is taken
        level = float(_odds(np.asarray(window.is_won.mean())))
        return replace(model, slope=0.0, shift=level)
    shift = float(line.intercept_[0])
    return Logistic(model.encoder, model.weights, model.intercept, slope, shift)


def fit_rates(windows: Sequence[Past]) -> Rates:
    """Return smoothed rates of every group of accounts with equal labels."""
    is_won = np.concatenate([window.is_won for window in windows])
    base = float(is_won.mean())
    counts: Counter[tuple[str, ...]] = Counter()
    wins: Counter[tuple[str, ...]] = Counter()
    for window in windows:
        keys = _label_keys(window.signs)
        counts.update(keys)
        wins.update(key for key, won in zip(keys, window.is_won, strict=True) if won)
    rates = {
        key: (wins[key] + PRIOR_WEIGHT * base) / (count + PRIOR_WEIGHT)
        for key, count in counts.items()
    }
    return Rates(base, rates)


def fit_recency(windows: Sequence[Past]) -> Recency:
    """Return smoothed rates of equally large groups by days since the last deal won."""
    signs = pd.concat([window.signs for window in windows], ignore_index=True)
    is_won = np.concatenate([window.is_won for window in windows])
    base = float(is_won.mean())
    known = _days(signs)[~np.isnan(_days(signs))]
    inner = np.linspace(0, 1, GROUPS + 1)[1:-1]
    until = np.unique(np.quantile(known, inner, method="inverted_cdf")) if len(known) else known
    groups = _recency_groups(signs, until)
    size = len(until) + 2
    counts, wins = np.bincount(groups, minlength=size), np.bincount(groups[is_won], minlength=size)
    return Recency(base, until, (wins + PRIOR_WEIGHT * base) / (counts + PRIOR_WEIGHT))


def _label_keys(signs: pd.DataFrame) -> list[tuple[str, ...]]:
    filled = [signs[label].fillna("unknown").astype(str) for label in LABELS]
    return list(zip(*filled, strict=True))


def _days(signs: pd.DataFrame) -> Floats:
    return pd.to_numeric(signs[SINCE]).to_numpy(dtype=np.float64, na_value=np.nan)


def _recency_groups(signs: pd.DataFrame, until: Floats) -> npt.NDArray[np.int64]:
    """Number of each account's group; the last one holds those that never bought."""
    days = _days(signs)
    groups = np.searchsorted(until, days, side="left")
    return np.where(np.isnan(days), len(until) + 1, groups)


def _odds(share: Floats) -> Floats:
    """Log-odds of a share, finite also of none and of all."""
    return np.asarray(logit(np.clip(share, 1e-6, 1 - 1e-6)))
