"""The parameters of a demo CRM, and who is who in it before any record is written."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from connectors.zylker.cohorts import (
    CODE,
    COHORTS,
    FOUNDING_SHARES,
    LOST_DEALS_SHARE,
    OPEN_DEALS_SHARE,
)
from connectors.zylker.columns import Flags, Floats, Ints, between, starts_of, weighted
from connectors.zylker.vocabulary import COUNTRIES

HORIZON_DAYS: Final = 1826
"""Zylker's history: five years before the business date."""
YEARLY_GROWTH: Final = 1.22
SEASONAL_FACTORS: Final = (0.75, 0.85, 1.2, 0.8, 0.9, 1.25, 0.7, 0.65, 1.2, 0.95, 1.1, 1.65)
"""Planted seasonality, January to December: quarter ends are strong, December strongest."""
BLOCK_ACCOUNTS: Final = 50_000
SMALLEST, LARGEST = 200, 5_000_000


@dataclass(frozen=True)
class Plan:
    """The parameters of one demo CRM; equal plans give equal bytes.

    Raises ValueError for a size outside 200..5,000,000, deals per account outside 1..30, or lines
    per deal outside 1..5.
    """

    accounts: int
    seed: int
    as_of: date
    deals_per_account: float = 4.0
    lines_per_deal: float = 1.8

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        bounds = (
            ("accounts", self.accounts, SMALLEST, LARGEST),
            ("deals_per_account", self.deals_per_account, 1, 30),
            ("lines_per_deal", self.lines_per_deal, 1, 5),
            ("seed", self.seed, 0, 2**63 - 1),
        )
        for name, value, low, high in bounds:
            if not low <= value <= high:
                raise ValueError(f"demo CRM: {name} is {value:,}; allowed are {low:,} to {high:,}")

    def stream(self, module: str, block: int = 0) -> np.random.Generator:
        """Return the random numbers of one module and block; modules do not touch each other's."""
        words = [self.seed, zlib.crc32(module.encode()), block]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    @property
    def end(self) -> int:
        """The business date in days since 1970-01-01."""
        return (self.as_of - date(1970, 1, 1)).days

    @property
    def start(self) -> int:
        """The first day of the history."""
        return self.end - HORIZON_DAYS

    @property
    def top_purchases(self) -> int:
        """Fewest purchases of the top frequency band; nobody else reaches it."""
        return max(7, math.ceil(2.5 * self.deals_per_account))

    @cached_property
    def calendar(self) -> Floats:
        """Cumulated weight of each day of the history: growth, season, hardly any weekends."""
        days = np.arange(self.start, self.end + 1)
        month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        weekend = (days + 3) % 7 >= 5
        weight = (
            YEARLY_GROWTH ** ((days - self.start) / 365.25)
            * np.asarray(SEASONAL_FACTORS)[month]
            * np.where(weekend, 0.02, 1.0)
        )
        return np.concatenate(([0.0], np.cumsum(weight)))

    def business_days(self, stream: np.random.Generator, low: Ints, high: Ints) -> Ints:
        """Draw one day between `low` and `high` (included) each, as the calendar weighs them."""
        low = np.clip(low, self.start, self.end) - self.start
        high = np.maximum(np.clip(high, self.start, self.end) - self.start, low)
        bottom, top = self.calendar[low], self.calendar[high + 1]
        drawn = bottom + stream.random(len(low)) * (top - bottom)
        found = np.searchsorted(self.calendar, drawn, side="right") - 1
        return np.clip(found, low, high) + self.start

    def blocks(self) -> Iterator[Traits]:
        """Yield the accounts in blocks of about equal size, in order."""
        blocks = math.ceil(self.accounts / BLOCK_ACCOUNTS)
        first = contacts = 0
        for number in range(blocks):
            size = self.accounts // blocks + (number < self.accounts % blocks)
            traits = draw_traits(self, number, first, size, contacts)
            first += size
            contacts += int(traits.contact_count.sum())
            yield traits


@dataclass(frozen=True)
class Traits:
    """What is decided about a block of accounts before any record is written.

    Days count from 1970-01-01. `spare` accounts are steady with at least three purchases: planted
    oddities go there, so that no certain score is touched. `duplicate_of` and `merged_into` are
    positions inside the block, -1 for none.
    """

    block: int
    first: int
    cohort: Ints
    country: Ints
    has_country: Flags
    is_inactive: Flags
    is_deleted: Flags
    won_count: Ints
    created_day: Ints
    last_day: Ints
    contact_count: Ints
    first_contact: Ints
    duplicate_of: Ints
    merged_into: Ints
    spare: Ints

    @property
    def size(self) -> int:
        """Number of accounts of the block."""
        return len(self.cohort)

    @property
    def numbers(self) -> Ints:
        """Numbers of the accounts over all blocks, from 0."""
        return np.arange(self.first, self.first + self.size, dtype=np.int64)

    def in_cohort(self, *names: str) -> Flags:
        """Return which accounts belong to one of the cohorts."""
        return np.isin(self.cohort, [CODE[name] for name in names])


def draw_traits(plan: Plan, block: int, first: int, size: int, contacts: int) -> Traits:
    """Decide about the accounts `first` to `first + size`; `contacts` were given out before."""
    stream = plan.stream("traits", block)
    cohort = _cohorts(stream, size)
    won = _won_counts(plan, stream, cohort)
    last = _last_days(plan, stream, plan.stream("still_buying", block), cohort)
    created = _created_days(plan, stream, cohort, won, last)
    ordinary = np.isin(cohort, [CODE[n] for n in ("steady", "prospect", "sleepy", "lapsing")])
    plain = np.flatnonzero((cohort == CODE["steady"]) & (won == 1))
    silent = np.flatnonzero(cohort == CODE["prospect"])
    merged = _paired(size, plain, max(2, size // 250))
    survivors = merged[merged >= 0]
    if len(survivors) > 1:
        merged[survivors[0]] = survivors[1]  # one chain per block: merged, then merged again
    duplicate = _paired(size, silent, max(3, size // 100))
    kept = ordinary & (merged < 0) & (duplicate < 0)
    kept[merged[merged >= 0]] = False
    kept[duplicate[duplicate >= 0]] = False
    fate = stream.random(size)
    contact_count = 1 + weighted(stream, (34.0, 28.0, 20.0, 11.0, 7.0), size)
    contact_count[(cohort == CODE["prospect"]) & (stream.random(size) < 0.2)] = 0
    steady_many = (cohort == CODE["steady"]) & (won >= 3) & (fate >= 0.08)
    return Traits(
        block=block,
        first=first,
        cohort=cohort,
        country=weighted(stream, [c.weight for c in COUNTRIES], size),
        has_country=~(kept & (fate < 0.05)),
        is_inactive=kept & (fate >= 0.05) & (fate < 0.07),
        is_deleted=kept & (fate >= 0.07) & (fate < 0.08),
        won_count=won,
        created_day=created,
        last_day=last,
        contact_count=contact_count,
        first_contact=contacts + starts_of(contact_count),
        duplicate_of=duplicate,
        merged_into=merged,
        spare=np.flatnonzero(steady_many),
    )


def _cohorts(stream: np.random.Generator, size: int) -> Ints:
    """Give every cohort its exact share of the block, in random order."""
    edges = np.rint(np.cumsum([c.share for c in COHORTS]) * size).astype(np.int64)
    edges[-1] = size
    return stream.permutation(np.searchsorted(edges, np.arange(size), side="right")).astype(
        np.int64
    )


def _won_counts(plan: Plan, stream: np.random.Generator, cohort: Ints) -> Ints:
    """Purchases per account; the steady ones make up what the mean of the plan still needs.

    Only the cohorts of the top frequency band reach it.
    """
    counts = np.zeros(len(cohort), dtype=np.int64)
    for code, kind in enumerate(COHORTS):
        low, high = kind.purchases
        if kind.multiples is not None:
            low, high = (round(multiple * plan.deals_per_account) for multiple in kind.multiples)
        if kind.scores[1] == 5:
            low, high = plan.top_purchases, max(plan.top_purchases, high)
        else:
            low, high = (min(count, plan.top_purchases - 1) for count in (low, high))
        members = cohort == code
        counts[members] = between(stream, low, max(low, high), int(members.sum()))
    steady = np.flatnonzero(cohort == CODE["steady"])
    others = int(counts.sum()) - int(counts[steady].sum())
    won_share = 1 - OPEN_DEALS_SHARE - LOST_DEALS_SHARE
    wanted = (won_share * plan.deals_per_account * len(cohort) - others) / len(steady)
    drawn = stream.geometric(1 / max(wanted, 1.3), len(steady))
    counts[steady] = np.minimum(drawn, plan.top_purchases - 1)
    return counts


def _last_days(
    plan: Plan, stream: np.random.Generator, buying_stream: np.random.Generator, cohort: Ints
) -> Ints:
    """Day of the last purchase of each account, inside the bounds of its cohort.

    Half of the steady still buy, so that customers end about as often in the last months as in
    those before: else no past would tell what comes (BEY-10).
    """
    nearest = np.asarray([c.last_days[0] for c in COHORTS])[cohort]
    furthest = np.asarray([c.last_days[1] for c in COHORTS])[cohort]
    buying = (cohort == CODE["steady"]) & (buying_stream.random(len(cohort)) < 0.5)
    within = between(buying_stream, nearest, furthest, len(cohort))
    furthest = np.where(buying, within, furthest)
    return plan.business_days(stream, plan.end - furthest, plan.end - nearest)


def _created_days(
    plan: Plan, stream: np.random.Generator, cohort: Ints, won: Ints, last: Ints
) -> Ints:
    """Day each account entered the CRM: early enough for its purchases.

    Most champions and many of the steady were customers before the history begins.
    """
    room = 30 + 30 * won
    room[np.isin(cohort, (CODE["champion"], CODE["cannot_lose"], CODE["rhythm"]))] = 500
    room[cohort == CODE["prospect"]] = 5
    low = np.full(len(cohort), plan.start)
    low[cohort == CODE["new"]] = plan.end - 160
    low[cohort == CODE["promising"]] = plan.end - 760
    created = plan.business_days(stream, low, last - room)
    chance = np.zeros(len(COHORTS))
    for name, share in FOUNDING_SHARES.items():
        chance[CODE[name]] = share
    founding = stream.random(len(cohort)) < chance[cohort]
    return np.where(founding, plan.start - between(stream, 30, 1500, len(cohort)), created)


def _paired(size: int, candidates: Ints, wanted: int) -> Ints:
    """Point the first candidates at the ones after them: two halves of one list, no chains."""
    pairs = min(wanted, len(candidates) // 2)
    found = np.full(size, -1, dtype=np.int64)
    found[candidates[:pairs]] = candidates[pairs : 2 * pairs]
    return found
