"""How likely accounts are to win a deal with us: the method that the past speaks for (PRD).

Learns from windows of the past and says how likely accounts are today. A window knows what was
known on its last day and nothing later (PRD-5). Never read a table here; the methods themselves
are in `ml.prediction_methods`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from ml.measures import Calibration, brier_skill, calibration
from ml.prediction_methods import (
    LOGISTIC,
    RATES,
    RECENCY,
    Flags,
    Floats,
    Model,
    Past,
    calibrated,
    fit_logistic,
    fit_rates,
    fit_recency,
)
from ml.signs import label_words

LEAST_EACH: Final = 50
"""Accounts with and without such a deal that a model must have to learn from (PRD-3)."""
LEAST_TO_CALIBRATE: Final = 20
"""Accounts of each kind that a window must have to correct a model's probabilities."""
LIKELY: Final = 0.5
"""Probability from which the verdict is likely to win: more likely than not (PRD-4)."""
REASONS: Final = 3
"""Contributions that are told (PRD-4)."""
BASE_RATE: Final = "base_rate"
"""The same probability for all: what a method must be better than to say anything."""
_NAMES: Final = {LOGISTIC: "the model", RECENCY: "rates by recency", RATES: "rates by label"}
"""Methods in words; the first of equally good ones is chosen."""


@dataclass(frozen=True)
class Quality:
    """How true probabilities were: figures over the accounts of one window."""

    auc: float | None
    brier: float
    brier_skill: float
    top_tenth_lift: float | None
    calibration: Calibration


@dataclass(frozen=True)
class Trial:
    """What methods that had learned from earlier windows said of the accounts of a window."""

    said: Mapping[str, Floats]
    is_won: Flags

    def missed(self, method: str) -> float:
        """Add up the squared errors of a method; over the accounts it is the Brier score."""
        return float(np.sum((self.said[method] - self.is_won) ** 2))


@dataclass(frozen=True)
class Answer:
    """What was learned about one question.

    Attributes:
        model: What today's accounts are scored with; None where there is no past to learn from.
        base: Share of the accounts that it learned from which won such a deal.
        learned: Windows that it learned from, newest first.
        reason: Why this method, or why none, in words with figures.
        tested_method: Method that the windows before the newest spoke for; None where there was
            nothing earlier.
        tests: How true every method was in the newest window, learned before it, and `base_rate`.
        before: Brier score of every method in the windows that spoke for `tested_method`.
        learned_count: Accounts it learned from; `won_count` of them won.
        tested_count: Accounts it was tested on; `tested_won_count` of them won.
    """

    model: Model | None
    base: float | None
    learned: tuple[int, ...]
    reason: str
    tested_method: str | None = None
    tests: Mapping[str, Quality] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    learned_count: int = 0
    won_count: int = 0
    tested_count: int = 0
    tested_won_count: int = 0

    @property
    def tested(self) -> Quality | None:
        """How true the chosen method was in the newest window."""
        return None if self.tested_method is None else self.tests[self.tested_method]

    @property
    def version(self) -> str | None:
        """Digest of method, features and coefficients: equal for equal models (PRD-5)."""
        if self.model is None:
            return None
        told = [f"{row['feature']}={row['coefficient']:.10g}" for row in self.model.coefficients()]
        return hashlib.sha256("\n".join([self.model.method, *told]).encode()).hexdigest()[:12]


def learn_answer(past: Mapping[int, Past]) -> Answer:
    """Learn to answer one question from windows by number, 1 for the newest.

    A method is chosen by what it said of windows that it had not learned from. So the newest window
    is a test of what the windows before it chose and taught; then it is learned from as well.
    """
    numbers = tuple(sorted(number for number, window in past.items() if len(window.is_won)))
    windows = [past[number] for number in numbers]
    if not windows:
        reason = (
            "no account was known one horizon ago, or no deal won two horizons ago: "
            "there is no past"
        )
        return Answer(None, None, (), reason)
    won, count = _counts(windows)
    trials = [trial(windows[n], windows[n + 1 :]) for n in range(len(windows) - 1)]
    method, scores = choose(windows, trials)
    model = _FITS[method](windows)
    reason = _reason(windows, method, scores)
    answer = Answer(model, won / count, numbers, reason, learned_count=count, won_count=won)
    if numbers[0] != 1 or not trials:
        return answer
    tested_method, before = choose(windows[1:], trials[1:])
    newest = trials[0]
    return replace(
        answer,
        tested_method=tested_method,
        tests={name: quality(said, newest.is_won) for name, said in newest.said.items()},
        before=before,
        tested_count=len(newest.is_won),
        tested_won_count=int(newest.is_won.sum()),
    )


def trial(window: Past, earlier: Sequence[Past]) -> Trial:
    """Learn by every method that earlier windows, newest first, suffice for; try it on a window."""
    methods = [name for name in _FITS if name != LOGISTIC or _suffice(earlier)]
    said = {name: _FITS[name](earlier).say(window.signs).probability for name in methods}
    won, count = _counts(earlier)
    return Trial({**said, BASE_RATE: np.full(len(window.is_won), won / count)}, window.is_won)


def choose(windows: Sequence[Past], trials: Sequence[Trial]) -> tuple[str, dict[str, float]]:
    """Return the method to learn windows with, and the Brier scores that speak for it, if any.

    Rates by label where there is too little to learn from; else the model, unless simple rates were
    truer in the trials (PRD-3).
    """
    if not _suffice(windows):
        return RATES, {}
    tried = [one for one in trials if LOGISTIC in one.said]
    if not tried:
        return LOGISTIC, {}
    count = sum(len(one.is_won) for one in tried)
    scores = {name: sum(one.missed(name) for one in tried) / count for name in tried[0].said}
    return min(_NAMES, key=lambda name: scores[name]), scores


def fit(windows: Sequence[Past]) -> Model:
    """Learn the model from windows, newest first.

    The newest corrects the probabilities where the others suffice to learn from.
    """
    newest, rest = windows[0], windows[1:]
    if _suffice(rest) and _suffice([newest], LEAST_TO_CALIBRATE):
        return calibrated(fit_logistic(rest), newest)
    return fit_logistic(windows)


_FITS: Final = {LOGISTIC: fit, RECENCY: fit_recency, RATES: fit_rates}


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


def _reason(windows: Sequence[Past], method: str, scores: Mapping[str, float]) -> str:
    won, count = _counts(windows)
    figures = f"{won:,} of {count:,} accounts of the past won such a deal"
    if not _suffice(windows):
        return (
            f"{figures}; a model needs {LEAST_EACH} that did and {LEAST_EACH} that did not: rates"
        )
    if scores:
        others = [f"{scores[name]:.4f} of {_NAMES[name]}" for name in _NAMES if name != method]
        figures += (
            f"; in windows it had not seen, the Brier score of {_NAMES[method]} was "
            f"{scores[method]:.4f}, beside {' and '.join(others)}"
        )
    if method != LOGISTIC:
        return f"{figures}: the model was beaten"
    if _suffice(windows[1:]) and _suffice(windows[:1], LEAST_TO_CALIBRATE):
        return f"{figures}; probabilities corrected on the newest window"
    return f"{figures}; too few for a window of its own to correct probabilities on"
