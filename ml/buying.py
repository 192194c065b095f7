"""Whether an account buys anything within the horizon: one calibrated probability per account.

A logistic model and a boosted one are fitted on the latest windows whose outcome is known; the one
with the better Brier score in the windows before gives the probability (`ml.md` 3.6 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ml.examples import windows_to_pool
from ml.measures import brier_skill, calibration
from ml.purchases import Accounts, Flags, Floats, Window
from ml.ranking import RANKERS, Ranker, fit_ranker, share_of
from ml.trust import GATE_WINDOWS, NEWEST_WINDOW, RATE, can_learn, is_surely_positive

NEVER: Final = 5_000.0
"""Days that stand for never."""
USUAL_MODEL: Final = "logistic"
"""Who says it where no past is known that could tell."""


def buying_features(accounts: Accounts, horizon_days: int) -> Floats:
    """Return the features of every account: A x F, none missing.

    Count, recency, tenure and gaps as logarithms with their squares and products, which let a
    logistic model follow the shape of a survival curve; recent purchases, money, open deals, age.
    """
    count = np.log1p(accounts.purchases)
    last = np.nan_to_num(accounts.last_days, nan=NEVER)
    first = np.nan_to_num(accounts.first_days, nan=0.0)
    gap = np.maximum(first - np.nan_to_num(accounts.last_days, nan=0.0), 0)
    gap = gap / np.maximum(accounts.purchases - 1, 1)
    many = accounts.purchases > 1
    ratio = np.where(many, last / np.maximum(gap, 7), last / (2 * horizon_days))
    typical = np.nan_to_num(accounts.typical_gap_days, nan=0.0)
    recency, tenure = np.log1p(np.maximum(last, 0)), np.log1p(np.maximum(first, 0))
    columns = (
        count,
        recency,
        tenure,
        np.log1p(gap),
        np.log1p(np.clip(ratio, 0, 50)),
        np.log((accounts.purchases + 0.1) / np.maximum(first, 30)),
        accounts.purchases == 1,
        np.exp(-last / horizon_days),
        np.exp(-last / (4 * horizon_days)),
        np.log1p(np.maximum(typical, 0)),
        np.log1p(accounts.open_deals),
        np.log1p(np.maximum(np.nan_to_num(accounts.age_days, nan=0.0), 0)),
        *np.log1p(accounts.recent_purchases),
        np.log1p(np.maximum(accounts.mean_amount, 0)),
        count * recency,
        recency * recency,
        count * count,
        recency * tenure,
        count * tenure,
        tenure * tenure,
    )
    return np.stack([np.asarray(c, np.float32) for c in columns], axis=1)


@dataclass(frozen=True)
class Buying:
    """A fitted model of buying at all for one kind of account, and what its test showed.

    Attributes:
        ranker: None where there was too little to learn from; then `rate` stands for all.
        method: Which of RANKERS gives the probability, or rate.
        rate: Share of accounts that bought in the latest windows, smoothed, 0 to 1.
        card: Figures of the test, by name.
        reliability: One row per tenth of the tested accounts, as of `ml.recommending.Learned`.
    """

    ranker: Ranker | None
    method: str
    rate: float
    card: Mapping[str, Any]
    reliability: Sequence[Mapping[str, Any]]

    def probability(self, rows: Floats) -> Floats:
        """Return the probability, 0 to 1, that accounts with these features buy."""
        if self.ranker is None:
            return np.full(len(rows), self.rate, np.float32)
        return share_of(self.ranker.odds(rows)[self.method])


KINDS: Final = ("again", "first")
"""Accounts that bought before, and those that never did."""


def is_kind(accounts: Accounts, kind: str) -> Flags:
    """Return which accounts are of a kind (KINDS)."""
    return np.asarray((accounts.purchases > 0) == (kind == "again"))


def buying_probability(learned: Mapping[str, Buying], window: Window) -> Floats:
    """Return the probability, 0 to 1, that each account of a window buys within the horizon.

    It is nan where no account of its kind was ever seen.
    """
    rows = buying_features(window.accounts, window.horizon_days)
    found = np.zeros(len(rows), np.float32)
    for kind in KINDS:
        chosen = is_kind(window.accounts, kind)
        found[chosen] = learned[kind].probability(rows[chosen])
    return found


def learn_buying(windows: Mapping[int, Window], kind: str) -> Buying:
    """Choose, test and fit the probability of buying at all; deterministic.

    Args:
        windows: Windows by number, from 1 (the latest past) on.
        kind: Accounts that are learned from (KINDS).
    """
    seen = {number: _people(window, kind) for number, window in windows.items() if number > 0}
    newest, latest = seen[NEWEST_WINDOW], _pooled(seen, NEWEST_WINDOW)
    rate = _rate(latest.has_bought)
    method, error = _surest(seen)
    card: dict[str, Any] = {"account_count": len(newest.has_bought)}
    reliability: Sequence[Mapping[str, Any]] = ()
    earlier = _pooled(seen, NEWEST_WINDOW + 1)
    if len(newest.has_bought) and can_learn(earlier.has_bought):
        said = _said(earlier, newest.rows)[method]
        card |= {**_tested(said, newest.has_bought), "calibration_error_before": error}
        reliability = calibration(said, newest.has_bought).tenths()
    if method == RATE or not can_learn(latest.has_bought):
        return Buying(None, RATE, rate, card, reliability)
    ranker = fit_ranker(latest.rows, latest.has_bought)
    return Buying(ranker, method, rate, card, reliability)


@dataclass(frozen=True)
class _People:
    """Accounts of one kind: features, and whether they bought within the horizon."""

    rows: Floats
    has_bought: Flags


def _people(window: Window, kind: str) -> _People:
    chosen = is_kind(window.accounts, kind)
    rows = buying_features(window.accounts, window.horizon_days)[chosen]
    return _People(rows, (window.accounts.later_purchases > 0)[chosen])


def _pooled(seen: Mapping[int, _People], newest: int) -> _People:
    """Return what is learned from when `newest` is the latest known window; it may be nobody."""
    outcomes = {number: found.has_bought for number, found in seen.items() if len(found.rows)}
    nobody = next(iter(seen.values()))
    parts = [seen[number] for number in windows_to_pool(outcomes, newest)]
    return _People(
        np.concatenate([nobody.rows[:0], *(part.rows for part in parts)]),
        np.concatenate([nobody.has_bought[:0], *(part.has_bought for part in parts)]),
    )


def _rate(has_bought: Flags) -> float:
    """Return the smoothed share of buyers; nan when nobody is known."""
    if not len(has_bought):
        return float("nan")
    return (float(has_bought.sum()) + 1) / (len(has_bought) + 2)


def _said(learned: _People, rows: Floats) -> dict[str, Floats]:
    """Return what every model (and the mere rate) says of accounts, by name."""
    odds = fit_ranker(learned.rows, learned.has_bought).odds(rows)
    rate = np.full(len(rows), _rate(learned.has_bought), np.float32)
    return {RATE: rate, **{name: share_of(found) for name, found in odds.items()}}


def _surest(seen: Mapping[int, _People]) -> tuple[str, float | None]:
    """Return who has the least Brier score over the windows before the test, and how calibrated.

    A mere rate says it where no model surely beats it.
    """
    errors: dict[str, list[Floats]] = {}
    calibrations: dict[str, list[float]] = {}
    for number in GATE_WINDOWS:
        earlier = _pooled(seen, number + 1)
        if number not in seen or not len(seen[number].rows) or not can_learn(earlier.has_bought):
            continue
        bought = seen[number].has_bought
        for name, shares in _said(earlier, seen[number].rows).items():
            errors.setdefault(name, []).append((shares - bought) ** 2)
            calibrations.setdefault(name, []).append(calibration(shares, bought).error)
    if not errors:
        return USUAL_MODEL, None
    joined = {name: np.concatenate(found) for name, found in errors.items()}
    ranker = min(RANKERS, key=lambda name: float(joined[name].mean()))
    chosen = ranker if is_surely_positive(joined[RATE] - joined[ranker])[0] else RATE
    return chosen, float(np.mean(calibrations[chosen]))


def _tested(said: Floats, bought: Flags) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    told = calibration(said, bought)
    is_mixed = bool(bought.any() and not bought.all())
    return {
        "purchase_count": int(bought.sum()),
        "auc": float(roc_auc_score(bought, said)) if is_mixed else float("nan"),
        "brier_skill": brier_skill(said, bought),
        "calibration_error": told.error,
        "calibration_error_by_chance": told.error_by_chance,
        "top_tenth_said_share": float(told.said[-1]),
        "top_tenth_true_share": float(told.true[-1]),
    }
