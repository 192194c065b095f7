"""Whether an account buys anything within the horizon: one calibrated probability per account.

A logistic model and a boosted one are fitted on the latest window whose outcome is known; the one
with the better Brier score in the windows before gives the probability (`ml.md` 3.6 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ml.measures import brier_skill, calibration
from ml.purchases import Accounts, Flags, Floats, Window
from ml.ranking import Ranker, fit_ranker
from ml.trust import GATE_WINDOWS, NEWEST_WINDOW, RANKERS, can_learn, combined, share_of

NEVER: Final = 5_000.0
"""Days that stand for never."""


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
        rate: Share of accounts that bought in the latest window, smoothed, 0 to 1.
        card: Figures of the test, by name.
    """

    ranker: Ranker | None
    method: str
    rate: float
    card: Mapping[str, Any]

    def probability(self, rows: Floats) -> Floats:
        """Return the probability, 0 to 1, that accounts with these features buy."""
        if self.ranker is None:
            return np.full(len(rows), self.rate, np.float32)
        return share_of(combined(self.ranker, rows, self.method))


KINDS: Final = ("again", "first")
"""Accounts that bought before, and those that never did."""


def is_kind(accounts: Accounts, kind: str) -> Flags:
    """Return which accounts are of a kind (KINDS)."""
    return np.asarray((accounts.purchases > 0) == (kind == "again"))


def buying_probability(learned: Mapping[str, Buying], window: Window) -> Floats:
    """Return the probability, 0 to 1, that each account of a window buys within the horizon."""
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
    rows: dict[int, Floats] = {}
    bought: dict[int, Flags] = {}
    for number, window in windows.items():
        if number > 0:
            chosen = is_kind(window.accounts, kind)
            rows[number] = buying_features(window.accounts, window.horizon_days)[chosen]
            bought[number] = (window.accounts.later_purchases > 0)[chosen]
    method = _surest(rows, bought)
    newest = bought[NEWEST_WINDOW]
    rate = (float(newest.sum()) + 1) / (len(newest) + 2)
    card: dict[str, Any] = {"kind": kind, "method": method, "account_count": len(newest)}
    earlier = bought.get(NEWEST_WINDOW + 1)
    if earlier is not None and can_learn(earlier) and len(newest):
        tested = fit_ranker(rows[NEWEST_WINDOW + 1], earlier)
        card |= _tested(share_of(combined(tested, rows[NEWEST_WINDOW], method)), newest)
    if not can_learn(newest):
        return Buying(None, "rate", rate, {**card, "method": "rate"})
    return Buying(fit_ranker(rows[NEWEST_WINDOW], newest), method, rate, card)


def _surest(rows: Mapping[int, Floats], bought: Mapping[int, Flags]) -> str:
    """Return the ranker with the least Brier score over the windows before the test."""
    errors: dict[str, list[Floats]] = {name: [] for name in RANKERS}
    for number in GATE_WINDOWS:
        earlier = bought.get(number + 1)
        if number not in rows or earlier is None or not can_learn(earlier):
            continue
        ranker = fit_ranker(rows[number + 1], earlier)
        for name in RANKERS:
            said = share_of(combined(ranker, rows[number], name))
            errors[name].append((said - bought[number]) ** 2)
    if not all(errors.values()):
        return "logistic"
    return min(RANKERS, key=lambda name: float(np.concatenate(errors[name]).mean()))


def _tested(said: Floats, bought: Flags) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    told = calibration(said, bought)
    is_mixed = bool(bought.any() and not bought.all())
    return {
        "bought_share": float(bought.mean()),
        "auc": float(roc_auc_score(bought, said)) if is_mixed else float("nan"),
        "brier_skill": brier_skill(said, bought),
        "calibration_error": told.error,
        "calibration_error_by_chance": told.error_by_chance,
        "top_tenth_said_share": float(told.said[-1]),
        "top_tenth_true_share": float(told.true[-1]),
    }
