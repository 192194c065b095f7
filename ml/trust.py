"""Who gives the order and who the probability of a type: chosen on rolling windows (`ml.md` 3.2b).

Holds the choice and what it was made from. A learned ranker orders only where it beats the best
simple scorer by one standard error over the accounts of the windows before the test window. The
probability is given by the simplest of smoothed rates, an isotonic map of that scorer, and the
rankers, that none of them beats by as much in Brier score. Too little data leaves rates (REC-20).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ml.examples import Examples, pooled
from ml.measures import calibration
from ml.purchases import Flags, Floats
from ml.ranking import RANKERS, Ranker, ScoreMap, fit_ranker, fit_score_map, share_of

NEWEST_WINDOW: Final = 1
"""The latest window whose outcome is known: it is tested on, and learned from for today."""
GATE_WINDOWS: Final = (2, 3, 4)
LEAST_BOUGHT: Final = 50
"""Purchases that a ranker or a map must have to learn from."""
LEAST_ACCOUNTS: Final = 20
"""Accounts with a purchase that the windows must have together to speak in the choice."""
ISOTONIC, RATE = "isotonic", "rate"


@dataclass(frozen=True)
class Choice:
    """Who is trusted with a type.

    Attributes:
        order: Ranker or scorer that orders.
        simple: The scorer that orders where a ranker cannot be fitted, and that isotonic maps.
        probability: Ranker that gives the probability, or isotonic or rate.
        reason: Why, in words with figures.
        calibration_error: Mean calibration error of the probability over the windows of the
            choice; None where there were none.
    """

    order: str
    simple: str
    probability: str
    reason: str
    calibration_error: float | None = None


@dataclass(frozen=True)
class Judge:
    """A choice, fitted on one window: gives order and probability of the candidates of another."""

    choice: Choice
    ranker: Ranker | None
    score_map: ScoreMap | None
    rates: Floats

    @property
    def orders_by_features(self) -> bool:
        """Whether the order needs the features of candidates, and not a simple score alone."""
        return self.choice.order in RANKERS

    def order(self, candidates: Examples) -> Floats:
        """Return the score that orders candidates, the largest first."""
        if self.ranker is not None and self.orders_by_features:
            return self.ranker.odds(candidates.rows)[self.choice.order]
        return candidates.scores[self.choice.order]

    def probability(self, candidates: Examples) -> Floats:
        """Return the probability, 0 to 1, that each candidate is bought within the horizon."""
        if self.ranker is not None and self.choice.probability in RANKERS:
            return share_of(self.ranker.odds(candidates.rows)[self.choice.probability])
        if self.score_map is not None:
            return self.score_map.probability(candidates.scores[self.choice.simple])
        return self.rates[candidates.product]


@dataclass
class _Told:
    """What the windows say, by name and window: average precision by account, errors by pair."""

    precision: dict[str, dict[int, Floats]] = field(default_factory=dict)
    errors: dict[str, dict[int, Floats]] = field(default_factory=dict)
    calibration_error: dict[str, list[float]] = field(default_factory=dict)
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
        seen: Examples by window number. What is fitted is fitted on the windows before the one it
            is judged on.
        scorers: Simple scorers of the type, the simplest first.
        usual: The one that orders where nothing is known.
    """
    told = _listen(seen, scorers)
    accounts = sum(len(found) for found in told.precision.get(scorers[0], {}).values())
    if accounts < LEAST_ACCOUNTS:
        reason = f"only {accounts} accounts bought in earlier windows: {usual} is the usual order"
        return Choice(usual, usual, RATE, reason)
    leader = max(scorers, key=told.mean)
    best = next(n for n in scorers if not is_surely_positive(told.lead(leader, n))[0])
    if not told.learned:
        reason = (
            f"too little to learn a ranker; {best} {told.mean(best):.4f} MAP@10 over {accounts:,} "
            "accounts, which no other simple scorer surely beats"
        )
        return Choice(best, best, RATE, reason)
    ranked = max(RANKERS, key=told.mean)
    gain = told.lead(ranked, best)
    is_better, error = is_surely_positive(gain)
    reason = (
        f"{ranked} ranker against {best}: {gain.mean():+.4f} MAP@10, standard error {error:.4f}, "
        f"over {len(told.learned)} windows and {len(gain):,} accounts"
    )
    surest = _surest(told, best)
    return Choice(
        order=ranked if is_better else best,
        simple=best,
        probability=ISOTONIC if surest.startswith(ISOTONIC) else surest,
        reason=reason,
        calibration_error=float(np.mean(told.calibration_error[surest])),
    )


def _surest(told: _Told, scorer: str) -> str:
    """Return the simplest probability that the best one does not surely beat in Brier score.

    From the simplest on, as with scorers: where little was bought, the best of five is luck.
    """
    ranker = min(RANKERS, key=lambda name: float(told.error(name).mean()))
    names = (RATE, f"{ISOTONIC} {scorer}", ranker)
    leader = min(names, key=lambda name: float(told.error(name).mean()))
    return next(n for n in names if not is_surely_positive(told.error(n) - told.error(leader))[0])


def _listen(seen: Mapping[int, Examples], scorers: Sequence[str]) -> _Told:
    told = _Told()
    for number in GATE_WINDOWS:
        examples, earlier = seen.get(number), pooled(seen, number + 1)
        if examples is None or not examples.bought.any():
            continue
        for name in scorers:
            told.precision.setdefault(name, {})[number] = examples.simple[name].precision
        if earlier is None or not can_learn(earlier.is_bought) or not len(examples):
            continue
        told.learned.append(number)
        odds = fit_ranker(earlier.rows, earlier.is_bought).odds(examples.rows)
        for name, found in odds.items():
            told.precision.setdefault(name, {})[number] = examples.quality(found).precision
        said = {name: share_of(found) for name, found in odds.items()}
        said[RATE] = _rates(earlier, int(examples.product.max()) + 1)[examples.product]
        for name in scorers:
            learned_map = fit_score_map(earlier.scores[name], earlier.is_bought)
            said[f"{ISOTONIC} {name}"] = learned_map.probability(examples.scores[name])
        for name, shares in said.items():
            told.errors.setdefault(name, {})[number] = (shares - examples.is_bought) ** 2
            error = calibration(shares, examples.is_bought).error
            told.calibration_error.setdefault(name, []).append(error)
    return told


def is_surely_positive(gain: Floats) -> tuple[bool, float]:
    """Return whether a mean gain exceeds its standard error, and that error."""
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
    return bool(gain.mean() > error), error


def can_learn(is_bought: Flags) -> bool:
    """Whether there are enough purchases, and enough that was not bought, to learn from."""
    bought = int(is_bought.sum())
    return LEAST_BOUGHT <= bought <= len(is_bought) - LEAST_BOUGHT


def fit(choice: Choice, examples: Examples, products: int) -> Judge:
    """Fit a choice on the examples to learn from (`pooled`); with too few, fall back to rates."""
    rates = _rates(examples, products)
    is_learned = {choice.order, choice.probability} & set(RANKERS)
    if not can_learn(examples.is_bought):
        reason = (
            f"{int(examples.is_bought.sum())} purchases of {len(examples)} candidates in the "
            f"latest windows, {LEAST_BOUGHT} of either are needed to learn; {choice.reason}"
        )
        rated = replace(choice, order=choice.simple, probability=RATE, reason=reason)
        return Judge(rated, None, None, rates)
    ranker = fit_ranker(examples.rows, examples.is_bought) if is_learned else None
    score_map = None
    if choice.probability == ISOTONIC:
        score_map = fit_score_map(examples.scores[choice.simple], examples.is_bought)
    return Judge(choice, ranker, score_map, rates)


RATE_PAIRS: Final = 50.0
"""Pairs at the mean rate of all products that are added to those of each product."""


def _rates(examples: Examples, products: int) -> Floats:
    """Return for every product the share of candidates that bought it, smoothed to the mean.

    The mean is smoothed by one purchase among all products: without any example that is all.
    """
    bought = np.bincount(examples.product, examples.is_bought, minlength=products)
    offered = np.bincount(examples.product, minlength=products)
    mean = (bought.sum() + 1) / (offered.sum() + max(products, 2))
    return np.asarray((bought + RATE_PAIRS * mean) / (offered + RATE_PAIRS), np.float32)
