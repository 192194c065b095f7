"""Weights in words: why two records may be the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.identity.linking import Model

LEAST_SAID: Final = 0.05
"""Weights that round to nothing are not said."""
START: Final = "two of all records"


def reasons(pairs: pd.DataFrame, model: Model) -> list[str]:
    """Return one text per pair: what agrees and what differs, with weights, the strongest first.

    The weights add up to the weight of the pair; the last one is that of any two records.

    Args:
        pairs: As `ml.identity.linking.explained_pairs` returns them.
        model: With which they were compared.
    """
    words: list[Sequence[str]] = []
    weights: list[np.ndarray[Any, Any]] = []
    for comparison in model.comparisons:
        level = pairs[f"gamma_{comparison.column}"].to_numpy()
        weight = pairs[f"mw_{comparison.column}"].to_numpy(float).copy()
        adjusted = f"mw_tf_adj_{comparison.column}"
        if adjusted in pairs:
            weight += pairs[adjusted].to_numpy(float)
        # Splink counts levels from the last; -1 is nothing to compare.
        named = [f"{comparison.name} {lv.words}" for lv in reversed(comparison.levels)]
        words.append([named[n] if n >= 0 else "" for n in level])
        weights.append(np.where(level < 0, 0.0, weight))
    start = math.log2(model.prior / (1 - model.prior))
    return [
        _told([w[row] for w in words], [float(w[row]) for w in weights], start)
        for row in range(len(pairs))
    ]


def _told(words: Sequence[str], weights: Sequence[float], start: float) -> str:
    said = [
        (weight, word)
        for word, weight in zip(words, weights, strict=True)
        if word and abs(weight) >= LEAST_SAID
    ]
    said.sort(key=lambda found: -abs(found[0]))
    return "; ".join(f"{word} {weight:+.1f}" for weight, word in [*said, (start, START)])
