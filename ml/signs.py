"""Signs of an account at a cut-off: which there are, how a model reads them, and what they say.

The names are columns of the dbt model int_account_signs__counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    "won_count": ("deals won: {:,.0f}", ""),
    "won_count_365": ("deals won in the last year: {:,.0f}", ""),
    "won_amount": ("won in all: {:,.0f}", ""),
    "first_won_days": ("days since the first deal won: {:,.0f}", "no deal won yet"),
    "last_won_days": ("days since the last deal won: {:,.0f}", "no deal won yet"),
    "lost_count": ("deals lost: {:,.0f}", ""),
    "open_count": ("deals open: {:,.0f}", ""),
    "contact_count": ("contacts: {:,.0f}", ""),
    "age_days": ("days since they were entered: {:,.0f}", "no day of creation"),
    "attempt_count_90": ("mails and calls in 90 days: {:,.0f}", ""),
    "reaction_count_90": ("reactions in 90 days: {:,.0f}", ""),
    "reaction_count_365": ("reactions in the last year: {:,.0f}", ""),
    "last_reaction_days": ("days since they last reacted: {:,.0f}", "never reacted"),
    "ticket_count_365": ("tickets in the last year: {:,.0f}", ""),
}
"""Numbers, each with what it says and what it says where it is missing."""
LABELS: Final = ("recency_label", "frequency_label", "size_label_id")
"""Labels as of the cut-off; their combinations are what rates are told by (PRD-3)."""
CATEGORIES: Final = (*LABELS, "industry")
_CATEGORY_WORDS: Final[Mapping[str, str]] = {
    "recency_label": "last deal won",
    "frequency_label": "deals won",
    "size_label_id": "size",
    "industry": "industry",
}
TODAYS: Final = ("industry", "size_label_id")
"""Signs of which no history is kept: of a past day they say what is known today (PRD-5)."""
MOST_VALUES: Final = 20
"""Values of a category that a model tells apart, the most frequent ones."""
MISSING: Final = "missing"


@dataclass(frozen=True)
class Encoder:
    """How a model reads signs: one standardised column per number, gap and value of a category.

    `names` are `<sign>` of numbers on a logarithmic scale, `<sign> missing`, `<sign> = <value>`.
    """

    names: tuple[str, ...]
    signs: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    fill: Mapping[str, float]
    mean: Floats
    spread: Floats

    def rows(self, signs: pd.DataFrame) -> Floats:
        """Return standardised features: accounts by `names`."""
        raw = _raw(signs, self.values, self.fill)
        standardised: Floats = (raw - self.mean) / self.spread
        return standardised

    def by_sign(self, added: Floats) -> tuple[tuple[str, ...], Floats]:
        """Add up the columns of each sign: names of signs, accounts by signs."""
        names = tuple(dict.fromkeys(self.signs))
        chosen = np.asarray(self.signs)
        return names, np.column_stack([added[:, chosen == name].sum(axis=1) for name in names])


def fit_encoder(signs: pd.DataFrame) -> Encoder:
    """Learn fill values, known values of categories, means and spreads."""
    fill = {}
    for name in NUMBERS:
        known = _scaled(signs[name])
        fill[name] = float(np.nanmean(known)) if np.isfinite(known).any() else 0.0
    values = {}
    for name in CATEGORIES:
        counts = signs[name].dropna().astype(str).value_counts()
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        values[name] = tuple(str(value) for value, _ in ordered[:MOST_VALUES])
    raw = _raw(signs, values, fill)
    spread = raw.std(axis=0)
    spread[spread < 1e-9] = 1.0
    numbers = [name for name in NUMBERS for _ in (0, 1)]
    shown = [f"{name}{gap}" for name in NUMBERS for gap in ("", f" {MISSING}")]
    categories = [(name, value) for name in CATEGORIES for value in values[name]]
    return Encoder(
        names=(*shown, *(f"{name} = {value}" for name, value in categories)),
        signs=(*numbers, *(name for name, _ in categories)),
        values=values,
        fill=fill,
        mean=raw.mean(axis=0),
        spread=spread,
    )


def label_words(signs: pd.DataFrame, names: Sequence[str]) -> list[list[str]]:
    """Return what each sign says of each account, in words: signs by accounts."""
    told = []
    for name in names:
        if name == "labels":
            parts = [_category_words(signs, label) for label in LABELS]
            told.append([", ".join(words) for words in zip(*parts, strict=True)])
        elif name in NUMBERS:
            told.append(_number_words(signs[name], *NUMBERS[name]))
        else:
            told.append(_category_words(signs, name))
    return told


def _number_words(values: pd.Series[float], words: str, missing: str) -> list[str]:
    numbers = pd.to_numeric(values).astype("float64")
    return [missing if np.isnan(value) else words.format(value) for value in numbers]


def _category_words(signs: pd.DataFrame, name: str) -> list[str]:
    shown = signs[name].astype(object).where(signs[name].notna(), "unknown")
    return [
        f"{_CATEGORY_WORDS[name]}: {str(value).split('.')[-1].replace('_', ' ')}" for value in shown
    ]


def _scaled(values: pd.Series[float]) -> Floats:
    numbers = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    scaled: Floats = np.log1p(np.clip(numbers, 0, None))
    return scaled


def _raw(
    signs: pd.DataFrame, values: Mapping[str, tuple[str, ...]], fill: Mapping[str, float]
) -> Floats:
    columns = []
    for name in NUMBERS:
        scaled = _scaled(signs[name])
        is_missing = np.isnan(scaled)
        columns += [np.where(is_missing, fill[name], scaled), is_missing.astype(np.float64)]
    for name in CATEGORIES:
        texts = signs[name].astype(object).to_numpy()
        columns += [(texts == value).astype(np.float64) for value in values[name]]
    return np.column_stack(columns)
