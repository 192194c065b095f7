"""The kinds of customers in Zylker's customer base, from which the planted scores follow.

An account belongs to one cohort. The cohorts bound recency, frequency and money so that the RFM
scores of four of them are certain by construction, whatever the random numbers are:

| cohort | last purchase, days before the end | purchases | money per deal | scores (R, F, M) |
|---|---|---|---|---|
| champion | 0-13 | top band | high | 5, 5, 5 |
| cannot_lose | 545 and more | top band | high | 1, 5, 5 |
| new | 0-13 | 1 | low | 5, 1, 1 |
| lost | 545 and more | 1 | low | 1, 1, 1 |
| promising | 150-330 | 1-2 | low | -, -, 1 |

Everybody else has bought 15-540 days before the end, fewer times than the top band, for money
between the low and the high band. Each band at an end holds fewer than a fifth of the purchasing
accounts in scope, so that its scores are 1 and 5 (RFM-17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Cohort:
    """A kind of customer. `last_days` bound the last purchase in days before the end.

    `purchases` bound the number of purchases, or, where `multiples` are given, they do: times the
    deals per account. `money` bounds the amount of a deal in US dollars; `scores` are the certain
    R, F and M, 0 where not certain.
    """

    name: str
    share: float
    last_days: tuple[int, int]
    money: tuple[int, int]
    purchases: tuple[int, int] = (1, 1)
    multiples: tuple[float, float] | None = None
    scores: tuple[int, int, int] = (0, 0, 0)
    label: str | None = None


LOW, MIDDLE, HIGH = (200, 900), (2_000, 20_000), (21_000, 80_000)
LOST_MONEY: Final = (21_000, 40_000)
COHORTS: Final = (
    Cohort("champion", 0.055, (0, 13), HIGH, (0, 0), (2.5, 3.0), (5, 5, 5), "most_important"),
    Cohort(
        "cannot_lose", 0.03, (545, 900), LOST_MONEY, (0, 0), (2.5, 3.0), (1, 5, 5), "cannot_lose"
    ),
    Cohort("new", 0.045, (0, 13), LOW, scores=(5, 1, 1), label="new"),
    Cohort("lost", 0.045, (545, 1500), LOW, scores=(1, 1, 1), label="lost"),
    Cohort("promising", 0.035, (150, 330), LOW, (1, 2), scores=(0, 0, 1)),
    Cohort("sleepy", 0.07, (200, 480), (3_000, 12_000)),
    Cohort("lapsing", 0.06, (150, 480), (8_000, 20_000), multiples=(1.5, 2.2)),
    Cohort("rhythm", 0.10, (15, 120), MIDDLE, multiples=(1.25, 1.75)),
    Cohort("ladder", 0.12, (15, 300), MIDDLE, (2, 3)),
    Cohort("steady", 0.295, (15, 540), MIDDLE),  # makes up what the mean of the plan still needs
    Cohort("prospect", 0.14, (0, 0), MIDDLE, (0, 0)),
    Cohort("refund_only", 0.005, (30, 400), LOW, (0, 0)),
)
CODE: Final = {cohort.name: code for code, cohort in enumerate(COHORTS)}
OPEN_DEALS_SHARE, LOST_DEALS_SHARE = 0.09, 0.11
"""Open and lost deals per account, as shares of the deals per account."""

FOUNDING_SHARES: Final = {
    "champion": 0.8, "cannot_lose": 0.8, "lost": 0.5, "lapsing": 0.5, "steady": 0.35,
}  # fmt: skip
"""Accounts that were in the CRM before the history begins, by cohort."""
