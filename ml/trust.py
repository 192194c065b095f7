"""Who gives the order and who the probability of a type: chosen on rolling windows (`ml.md` 3.2b).

Holds the choice and what it was made from. A learned ranker orders only where it beats the best
simple scorer by one standard error over the accounts of the windows before the test window, and
gives the probability only where its Brier score beats that of an isotonic map of the scorer by as
much. Too little data leaves smoothed rates (REC-20).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ml.examples import Examples
from ml.purchases import Flags, Floats
from ml.ranking import Ranker, ScoreMap, fit_ranker, fit_score_map

NEWEST_WINDOW: Final = 1
"""The latest window whose outcome is known: it is tested on, and learned from for today."""
GATE_WINDOWS: Final = (2, 3, 4)
LEAST_BOUGHT: Final = 50
"""Purchases that a ranker or a map must have to learn from."""
LEAST_ACCOUNTS: Final = 20
"""Accounts with a purchase that the windows must have together to speak in the choice."""
RANKERS: Final = ("mean", "logistic", "boosting")
"""The mean of the log-odds of both models, the logistic one, the boosted one."""
ISOTONIC, RATE = "isotonic", "rate"


@dataclass(frozen=True)
class Choice:
    """Who is trusted with a type.

    Attributes:
        order: Ranker or scorer that orders.
        simple: The scorer that orders where a ranker cannot be fitted.
        probability: Ranker that gives the probability, or isotonic or rate.
        reason: Why, in words with figures.
        precision: MAP@10 over the windows of the choice, by ranker and scorer.
    """

    order: str
    simple: str
    probability: str
    reason: str
    precision: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """A choice, fitted on one window: gives order and probability of the candidates of another."""

    choice: Choice
    ranker: Ranker | None
    score_map: ScoreMap | None
    rates: Floats

    def order(self, candidates: Examples) -> Floats:
        """Return the score that orders candidates, the largest first."""
        if self.ranker is not None and self.choice.order in RANKERS:
            return combined(self.ranker, candidates.rows, self.choice.order)
        return candidates.scores[self.choice.order]

    def probability(self, candidates: Examples) -> Floats:
        """Return the probability, 0 to 1, that each candidate is bought within the horizon."""
        if self.ranker is not None and self.choice.probability in RANKERS:
            return share_of(combined(self.ranker, candidates.rows, self.choice.probability))
        if self.score_map is not None:
            return self.score_map.probability(candidates.scores[self.choice.order])
        return self.rates[candidates.product]


def combined(ranker: Ranker, rows: Floats, name: str) -> Floats:
    """Return the log-odds of a ranker by name (RANKERS)."""
    if name == "logistic":
        return ranker.order(rows)
    boosted = _log_odds(ranker.probability(rows))
    return boosted if name == "boosting" else (ranker.order(rows) + boosted) / 2


@dataclass
class _Told:
    """What the windows say: average precision by account, squared errors by pair, by window."""

    precision: dict[str, dict[int, Floats]] = field(default_factory=dict)
    errors: dict[str, dict[int, Floats]] = field(default_factory=dict)
    learned: list[int] = field(default_factory=list)

    def mean(self, name: str) -> float:
        """MAP@10 over all windows."""
        return float(np.concatenate(list(self.precision[name].values())).mean())

    def lead(self, one: str, other: str) -> Floats:
        """Average precision of one less the other, by account of the windows both speak in."""
        windows = [n for n in self.precision[one] if n in self.precision[other]]
        return np.concatenate([self.precision[one][n] - self.precision[other][n] for n in windows])

    def error(self, name: str) -> Floats:
        """Squared errors of a probability, by pair."""
        return np.concatenate(list(self.errors[name].values()))


def choose(seen: Mapping[int, Examples], scorers: Sequence[str], usual: str) -> Choice:
    """Choose from the windows before the test window. Deterministic.

    Args:
        seen: Examples by window number. What is fitted is fitted on the window before the one it
            is judged on.
        scorers: Simple scorers of the type, the simplest first.
        usual: The one that orders where nothing is known.
    """
    told = _listen(seen, scorers)
    accounts = sum(len(found) for found in told.precision.get(scorers[0], {}).values())
    if accounts < LEAST_ACCOUNTS:
        reason = f"only {accounts} accounts bought in earlier windows: {usual} is the usual order"
        return Choice(usual, usual, RATE, reason)
    means = {name: told.mean(name) for name in told.precision}
    best = _simplest_of_the_best(told, scorers)
    if not told.learned:
        reason = (
            f"too little to learn a ranker; {best} {means[best]:.4f} MAP@10 over {accounts:,} "
            "accounts, which no other simple scorer surely beats"
        )
        return Choice(best, best, RATE, reason, means)
    ranked = max(RANKERS, key=told.mean)
    gain = told.lead(ranked, best)
    is_better, error = _is_surely_positive(gain)
    surest = min(RANKERS, key=lambda name: float(told.error(name).mean()))
    is_surer, _ = _is_surely_positive(told.error(f"{ISOTONIC} {best}") - told.error(surest))
    reason = (
        f"{ranked} ranker against {best}: {gain.mean():+.4f} MAP@10, standard error {error:.4f}, "
        f"over {len(told.learned)} windows and {len(gain):,} accounts"
    )
    if is_better:
        return Choice(ranked, best, surest, reason, means)
    return Choice(best, best, surest if is_surer else ISOTONIC, reason, means)


def _simplest_of_the_best(told: _Told, scorers: Sequence[str]) -> str:
    """Return the first scorer that the best one does not beat by one standard error.

    Scorers come from the simplest on: where a window holds 50 accounts, the best of five is luck.
    """
    leader = max(scorers, key=told.mean)
    for name in scorers:
        if not _is_surely_positive(told.lead(leader, name))[0]:
            return name
    return leader


def _listen(seen: Mapping[int, Examples], scorers: Sequence[str]) -> _Told:
    told = _Told()
    for number in GATE_WINDOWS:
        examples, earlier = seen.get(number), seen.get(number + 1)
        if examples is None or not examples.bought.any():
            continue
        for name in scorers:
            told.precision.setdefault(name, {})[number] = examples.simple[name].precision
        if earlier is None or not can_learn(earlier.is_bought) or not len(examples):
            continue
        told.learned.append(number)
        ranker = fit_ranker(earlier.rows, earlier.is_bought)
        odds = {name: combined(ranker, examples.rows, name) for name in RANKERS}
        for name, found in odds.items():
            told.precision.setdefault(name, {})[number] = examples.quality(found).precision
        said = {name: share_of(found) for name, found in odds.items()}
        for name in scorers:
            learned_map = fit_score_map(earlier.scores[name], earlier.is_bought)
            said[f"{ISOTONIC} {name}"] = learned_map.probability(examples.scores[name])
        for name, shares in said.items():
            told.errors.setdefault(name, {})[number] = (shares - examples.is_bought) ** 2
    return told


def _is_surely_positive(gain: Floats) -> tuple[bool, float]:
    """Return whether a mean gain exceeds its standard error, and that error."""
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
    return bool(gain.mean() > error), error


def can_learn(is_bought: Flags) -> bool:
    """Whether there are enough purchases, and enough that was not bought, to learn from."""
    bought = int(is_bought.sum())
    return LEAST_BOUGHT <= bought <= len(is_bought) - LEAST_BOUGHT


def fit(choice: Choice, examples: Examples, products: int) -> Judge:
    """Fit a choice on the examples of a window; with too little in it, fall back to rates."""
    rates = _rates(examples, products)
    is_learned = {choice.order, choice.probability} & set(RANKERS)
    if not can_learn(examples.is_bought):
        reason = (
            f"{int(examples.is_bought.sum())} purchases of {len(examples)} candidates in the "
            f"latest window, {LEAST_BOUGHT} of either are needed to learn; {choice.reason}"
        )
        rated = replace(choice, order=choice.simple, probability=RATE, reason=reason)
        return Judge(rated, None, None, rates)
    ranker = fit_ranker(examples.rows, examples.is_bought) if is_learned else None
    score_map = None
    if choice.probability == ISOTONIC and choice.order not in RANKERS:
        score_map = fit_score_map(examples.scores[choice.order], examples.is_bought)
    return Judge(choice, ranker, score_map, rates)


RATE_PAIRS: Final = 50.0
"""Pairs at the mean rate of all products that are added to those of each product."""


def _rates(examples: Examples, products: int) -> Floats:
    """Return for every product the share of candidates that bought it, smoothed to the mean."""
    bought = np.bincount(examples.product, examples.is_bought, minlength=products)
    offered = np.bincount(examples.product, minlength=products)
    mean = (bought.sum() + 1) / (offered.sum() + 2)
    return np.asarray((bought + RATE_PAIRS * mean) / (offered + RATE_PAIRS), np.float32)


def share_of(odds: Floats) -> Floats:
    """Return the probability, 0 to 1, of log-odds."""
    return (1 / (1 + np.exp(-odds.astype(np.float64)))).astype(np.float32)


def _log_odds(share: Floats) -> Floats:
    kept = np.clip(share.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(kept / (1 - kept)).astype(np.float32)
