"""Learn from the past what accounts buy, and recommend to each what it should be offered (REC).

`learn` chooses, fits and tests every type on rolling windows; `recommend` gives the best products
of some accounts. Both are pure and deterministic: equal windows give equal rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.eligibility import SIMPLE, USUAL
from ml.evidence import EVIDENCE
from ml.examples import BASELINES, Examples, candidates_of, examples, pooled
from ml.measures import (
    HIT_DEPTH,
    RECALL_DEPTH,
    RankingQuality,
    brier_skill,
    calibration,
    places,
)
from ml.purchases import Flags, Floats, Window
from ml.scores import FEATURES, SCORERS, Slice, feature_rows
from ml.trust import NEWEST_WINDOW, Judge, choose, fit

LEAST_BASKETS: Final = 20
"""Baskets in total below which nothing is recommended (REC-15)."""
MOST_PAIRS: Final = 150_000
"""Pairs of one type and window that are learned from."""
BEST: Final = 10
"""Products kept per account and type (REC-13)."""
REASONS: Final = 3
"""Signed contributions told of each recommendation."""


@dataclass(frozen=True)
class Learned:
    """One type, ready to recommend today, with what its test showed.

    Attributes:
        judge: Fitted on the latest windows whose outcome is known.
        card: One row of the report card (BEY-10), as `CARD` has it.
        methods: One row per ranker, scorer and baseline: type, method, role, hit_rate, recall, map.
        reliability: One row per tenth of the tested pairs: said, true, pairs (`ml.measures`).
    """

    judge: Judge
    card: Mapping[str, Any]
    methods: Sequence[Mapping[str, Any]]
    reliability: Sequence[Mapping[str, Any]]


def shortage(window: Window) -> str | None:
    """Return why nothing can be recommended at all, or None (REC-15)."""
    products = window.products
    if window.baskets == 0:
        return "no won deal has a product: map deal_lines and products"
    if not products.is_offered.any():
        return "no product is active and known: map products, or their is_active"
    if window.baskets < LEAST_BASKETS:
        return f"not enough data: {window.baskets:.0f} baskets, {LEAST_BASKETS} are needed (REC-15)"
    if (products.baskets > 0).sum() < 2:
        return "only one product was ever sold: there is nothing to choose from"
    return None


def learn(
    windows: Mapping[int, Window],
    type_: str,
    min_lift: float,
    most_pairs: int = MOST_PAIRS,
) -> Learned:
    """Choose who is trusted with a type, test the choice, and fit it for today.

    Args:
        windows: Windows by number, from 1 (the latest past) on; those with nothing known are left
            out by the caller or are empty.
        type_: Type of recommendation.
        min_lift: Lift that a rule must exceed.
        most_pairs: Pairs of each window that are learned from.
    """
    seen = {
        number: examples(window, type_, min_lift, most_pairs)
        for number, window in windows.items()
        if number > 0
    }
    before = {number: found for number, found in seen.items() if number > NEWEST_WINDOW}
    choice = choose(before, SIMPLE[type_], USUAL[type_])
    newest = seen[NEWEST_WINDOW]
    products = len(windows[NEWEST_WINDOW].products)
    card: dict[str, Any] = {"recommendation_type": type_}
    methods: list[Mapping[str, Any]] = []
    reliability: list[Mapping[str, Any]] = []
    earlier = pooled(seen, NEWEST_WINDOW + 1)
    if earlier is not None and len(newest):
        tested = fit(choice, earlier, products)
        tested_card, methods, reliability = _tested(tested, newest, windows[NEWEST_WINDOW], type_)
        card |= tested_card
    latest = pooled(seen, NEWEST_WINDOW)
    judge = fit(choice, newest if latest is None else latest, products)
    card |= {
        "order_method": judge.choice.order,
        "probability_method": judge.choice.probability,
        "reason": judge.choice.reason,
    }
    return Learned(judge, card, methods, reliability)


def _tested(
    judge: Judge, newest: Examples, window: Window, type_: str
) -> tuple[dict[str, Any], list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Test on the latest window what was fitted on the one before it."""
    order, said = judge.order(newest), judge.probability(newest)
    ours = newest.quality(order)
    told = calibration(said, newest.is_bought)
    shown = newest.product[places(newest.account, order, newest.product) <= BEST]
    offered = max(int(window.products.is_offered.sum()), 1)
    card: dict[str, Any] = {
        "account_count": len(ours),
        "pair_count": len(newest),
        "purchase_count": int(newest.is_bought.sum()),
        **_figures(ours),
        "coverage_share": len(np.unique(shown)) / offered,
        "calibration_error": told.error,
        "calibration_error_by_chance": told.error_by_chance,
        "calibration_error_before": judge.choice.calibration_error,
        "brier_skill": brier_skill(said, newest.is_bought),
        "top_tenth_said_share": float(told.said[-1]),
        "top_tenth_true_share": float(told.true[-1]),
    }
    rows: list[dict[str, Any]] = [{"method": "recommendations", "role": "ours", **_figures(ours)}]
    best = max(newest.simple, key=lambda name: _mean(newest.simple[name].precision))
    for name, quality in newest.simple.items():
        role = "baseline" if name in BASELINES else "scorer"
        rows.append({"method": name, "role": role, **_figures(quality)})
    card["best_simple_method"] = best
    lead = ours.precision - newest.simple[best].precision
    card["map_lead_over_best"] = _mean(lead)
    card["map_lead_standard_error"] = (
        float(lead.std(ddof=1) / np.sqrt(len(lead))) if len(lead) > 1 else float("nan")
    )
    named: dict[str, Any] = {"recommendation_type": type_}
    return card, [named | row for row in rows], [named | row for row in told.tenths()]


def _figures(quality: RankingQuality) -> dict[str, float]:
    return {
        f"hit_rate_at_{HIT_DEPTH}": _mean(quality.hits),
        f"recall_at_{RECALL_DEPTH}": _mean(quality.recall),
        f"map_at_{RECALL_DEPTH}": _mean(quality.precision),
    }


def _mean(values: Floats) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else float("nan")


def recommend(
    part: Slice, type_: str, judge: Judge, asked: Flags, best: int = BEST
) -> pd.DataFrame:
    """Return the best products of some accounts, and those that labels ask for (REC-13, REC-18).

    Args:
        part: Accounts of today's window.
        type_: Type of recommendation.
        judge: Who orders and who says how likely.
        asked: Products (P) whose probability is wanted wherever they rank.
        best: Products kept per account.

    Returns:
        Numbers only, by account and rank: account (position in the window), product_number,
        source_product_number (-1 for none), recommendation_rank (1 is first),
        recommendation_probability (0 to 100, two decimals), evidence_count, evidence_base_count,
        evidence_group (position in `ml.evidence.GROUPS`, -1 for none), support, confidence, lift,
        due_in_days, gap_days, gap_spread_days (nan for none), and for n up to REASONS reason_n
        (position in REASON_NAMES, -1 for none) and contribution_n
        (log-odds).
    """
    found = candidates_of(part, type_, asked, with_rows=judge.orders_by_features)
    rank = places(found.account, judge.order(found), found.product)
    positions = np.flatnonzero((rank <= best) | asked[found.product])
    positions = positions[np.lexsort((rank[positions], found.account[positions]))]
    account, product = found.account[positions], found.product[positions]
    chosen = found.at(positions)
    if not judge.orders_by_features:
        chosen = replace(chosen, rows=feature_rows(part, account, product))
    evidence = EVIDENCE[type_](part, account, product)
    return pd.DataFrame(
        {
            "account": account + part.first,
            "product_number": product,
            "source_product_number": evidence.source,
            "recommendation_rank": rank[positions],
            "recommendation_probability": _percent(judge.probability(chosen)),
            "evidence_count": evidence.count,
            "evidence_base_count": evidence.base,
            "evidence_group": evidence.group,
            "support": evidence.support,
            "confidence": evidence.confidence,
            "lift": evidence.lift,
            "due_in_days": evidence.due_in_days,
            "gap_days": evidence.gap_days,
            "gap_spread_days": evidence.gap_spread_days,
            **_reasons(judge, chosen.rows),
        }
    )


def _percent(share: Floats) -> Any:
    return np.round(share.astype(np.float64) * 100, 2)


REASON_NAMES: Final = (*FEATURES, *(name for name in SCORERS if name not in FEATURES))
"""What a reason can be: a feature, or the simple scorer that ordered."""


def _reasons(judge: Judge, rows: Floats) -> dict[str, Any]:
    """Return the strongest signed contributions to the log-odds, the strongest first."""
    reasons = np.full((len(rows), REASONS), -1, np.int64)
    values = np.full((len(rows), REASONS), np.nan)
    if judge.ranker is None:
        reasons[:, 0] = REASON_NAMES.index(judge.choice.order)
    else:
        parts = judge.ranker.contributions(rows)
        reasons = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :REASONS]
        values = np.round(np.take_along_axis(parts, reasons, axis=1).astype(np.float64), 3)
    return {
        **{f"reason_{n + 1}": reasons[:, n] for n in range(REASONS)},
        **{f"contribution_{n + 1}": values[:, n] for n in range(REASONS)},
    }
