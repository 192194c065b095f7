"""How likely accounts are to win a deal with us: a calibrated logistic model with reasons (PRD).

Holds what is learned from windows of the past and what is said of accounts today. A window knows
what was known on its last day and nothing later (PRD-5). Never read a table here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from ml.measures import Calibration, brier_skill, calibration
from ml.signs import LABELS, Encoder, fit_encoder, label_words

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEAST_EACH: Final = 50
"""Accounts with and without such a deal that a model must have to learn from (PRD-3)."""
LEAST_TO_CALIBRATE: Final = 20
"""Accounts of each kind that a window must have to correct a model's probabilities."""
PRIOR_WEIGHT: Final = 20
"""Accounts with the rate of all that every group of labels is smoothed with (PRD-3)."""
LIKELY: Final = 0.5
"""Probability from which the verdict is likely to win: more likely than not (PRD-4)."""
REASONS: Final = 3
"""Contributions that are told (PRD-4)."""
LOGISTIC, RATES = "logistic", "rates"


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


Model = Logistic | Rates


@dataclass(frozen=True)
class Quality:
    """How true probabilities were: figures over the accounts of one window."""

    auc: float | None
    brier: float
    brier_skill: float
    top_tenth_lift: float | None
    calibration: Calibration


@dataclass(frozen=True)
class Answer:
    """What was learned about one question.

    Attributes:
        model: What today's accounts are scored with; None where there is no past to learn from.
        base: Share of the accounts that it learned from which won such a deal.
        learned: Windows that it learned from, newest first.
        tested: The same kind of model, learned one window earlier, in the newest window; None
            where there was nothing earlier.
        baseline: Rates by label in the same window.
        reason: Why this method, or why none, in words with figures.
        learned_count: Accounts it learned from; `won_count` of them won.
        tested_count: Accounts it was tested on; `tested_won_count` of them won.
    """

    model: Model | None
    base: float | None
    learned: tuple[int, ...]
    reason: str
    tested: Quality | None = None
    baseline: Quality | None = None
    tested_method: str | None = None
    learned_count: int = 0
    won_count: int = 0
    tested_count: int = 0
    tested_won_count: int = 0

    @property
    def version(self) -> str | None:
        """Digest of method, features and coefficients: equal for equal models (PRD-5)."""
        if self.model is None:
            return None
        told = [f"{row['feature']}={row['coefficient']:.10g}" for row in self.model.coefficients()]
        return hashlib.sha256("\n".join([self.model.method, *told]).encode()).hexdigest()[:12]


def learn_answer(past: Mapping[int, Past]) -> Answer:
    """Learn to answer one question from windows by number, 1 for the newest.

    The newest window is tested on by a model of the windows before it, then learned from as well.
    """
    numbers = tuple(sorted(number for number, window in past.items() if len(window.is_won)))
    windows = [past[number] for number in numbers]
    if not windows:
        return Answer(None, None, (), "no account was known one horizon ago: there is no past")
    won, count = _counts(windows)
    model = fit(windows)
    reason = _reason(windows)
    answer = Answer(model, won / count, numbers, reason, learned_count=count, won_count=won)
    earlier = fit(windows[1:])
    if numbers[0] != 1 or earlier is None:
        return answer
    newest = windows[0]
    simple = fit_rates(windows[1:])
    return replace(
        answer,
        tested=quality(earlier.say(newest.signs).probability, newest.is_won),
        baseline=quality(simple.say(newest.signs).probability, newest.is_won),
        tested_method=earlier.method,
        tested_count=len(newest.is_won),
        tested_won_count=int(newest.is_won.sum()),
    )


def fit(windows: Sequence[Past]) -> Model | None:
    """Learn from windows, newest first; None of none.

    The newest corrects the probabilities where the others suffice to learn from. Where all of them
    together do not, rates by label are all that is known (PRD-3).
    """
    if not windows:
        return None
    newest, rest = windows[0], windows[1:]
    if _suffice(rest) and _suffice([newest], LEAST_TO_CALIBRATE):
        return calibrated(fit_logistic(rest), newest)
    if _suffice(windows):
        return fit_logistic(windows)
    return fit_rates(windows)


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


def predict(answer: Answer, signs: pd.DataFrame) -> pd.DataFrame:
    """Return what is said of accounts today.

    Columns: account_id, prediction_probability (0 to 100), verdict, reason_1 to reason_3 in words,
    contribution_1 to contribution_3 in log-odds, the strongest first; empty without a model.
    """
    columns = ["account_id", "prediction_probability", "verdict"]
    columns += [f"{kind}_{n}" for n in range(1, REASONS + 1) for kind in ("reason", "contribution")]
    if answer.model is None or signs.empty:
        return pd.DataFrame(columns=columns)
    said = answer.model.say(signs)
    found = pd.DataFrame(
        {
            "account_id": signs["account_id"].to_numpy(),
            "prediction_probability": np.round(100 * said.probability, 2),
            "verdict": np.where(said.probability >= LIKELY, "likely_to_win", "likely_to_lose"),
        }
    )
    order = np.argsort(-np.abs(said.contributions), axis=1, kind="stable")
    words = label_words(signs, said.names)
    rows = np.arange(len(signs))
    for place in range(REASONS):
        if place >= len(said.names):
            found[f"reason_{place + 1}"] = None
            found[f"contribution_{place + 1}"] = np.nan
            continue
        chosen = order[:, place]
        found[f"reason_{place + 1}"] = [
            words[sign][row] for row, sign in zip(rows, chosen, strict=True)
        ]
        found[f"contribution_{place + 1}"] = np.round(said.contributions[rows, chosen], 4)
    return found[columns]


def quality(said: Floats, is_won: Flags) -> Quality:
    """Return how true probabilities were."""
    from sklearn.metrics import roc_auc_score

    has_both = 0 < int(is_won.sum()) < len(is_won)
    narrow = said.astype(np.float32)
    return Quality(
        auc=float(roc_auc_score(is_won, said)) if has_both else None,
        brier=float(np.mean((said - is_won) ** 2)),
        brier_skill=brier_skill(narrow, is_won),
        top_tenth_lift=lift_of_top(said, is_won),
        calibration=calibration(narrow, is_won),
    )


def lift(share: float, base: float) -> float | None:
    """Return how many times a base rate a share is; None of a base rate of 0 (PRD-2)."""
    return share / base if base > 0 else None


def lift_of_top(said: Floats, is_won: Flags, share: float = 0.1) -> float | None:
    """Return the lift of the accounts with the highest probabilities (PRD-3).

    Of those with equal probabilities at the border each counts as much as fits.
    """
    wanted = share * len(said)
    border = np.sort(said)[::-1][min(int(np.ceil(wanted)), len(said)) - 1]
    above, at = said > border, said == border
    part = (wanted - above.sum()) / at.sum()
    return lift(
        float((is_won[above].sum() + part * is_won[at].sum()) / wanted), float(is_won.mean())
    )


def _suffice(windows: Sequence[Past], least: int = LEAST_EACH) -> bool:
    won, count = _counts(windows)
    return won >= least and count - won >= least


def _counts(windows: Sequence[Past]) -> tuple[int, int]:
    won = sum(int(window.is_won.sum()) for window in windows)
    return won, sum(len(window.is_won) for window in windows)


def _reason(windows: Sequence[Past]) -> str:
    won, count = _counts(windows)
    figures = f"{won:,} of {count:,} accounts of the past won such a deal"
    if not _suffice(windows):
        return (
            f"{figures}; a model needs {LEAST_EACH} that did and {LEAST_EACH} that did not: rates"
        )
    if _suffice(windows[1:]) and _suffice(windows[:1], LEAST_TO_CALIBRATE):
        return f"{figures}; probabilities corrected on the newest window"
    return f"{figures}; too few for a window of its own to correct probabilities on"


def _label_keys(signs: pd.DataFrame) -> list[tuple[str, ...]]:
    filled = [signs[label].fillna("unknown").astype(str) for label in LABELS]
    return list(zip(*filled, strict=True))


def _odds(share: Floats) -> Floats:
    """Log-odds of a share, finite also of none and of all."""
    return np.asarray(logit(np.clip(share, 1e-6, 1 - 1e-6)))
