"""Deals of the demo CRM as decided facts: rhythm, money, refunds, stages, currencies.

A block of deals is decided in numpy here; `connectors.zylker.deal_tables` writes it out. Within an
account, won deals are numbered by closing date, so that deal ids break ties of the date in buying
order (REC-9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.zylker import catalogue as cat
from connectors.zylker.cohorts import CODE, COHORTS, LOST_DEALS_SHARE, MIDDLE, OPEN_DEALS_SHARE
from connectors.zylker.columns import Flags, Ints, between, positions_in, weighted
from connectors.zylker.plan import Plan, Traits
from connectors.zylker.vocabulary import COUNTRIES

WON, REFUND, LOST, OPEN = 0, 1, 2, 3
RHYTHM_GAPS: Final = (60, 75, 90, 120)
RHYTHM_SPREAD_DAYS: Final = 3
"""A purchase of a rhythm lies at most so many days beside its beat; gaps differ by twice that."""
STOPPED_SHARE: Final = 0.12
"""Accounts of a rhythm that may have stopped; all others are not due before the end."""
REFUNDED_SHARE: Final = 0.10
RATELESS_SHARE: Final = 0.05


@dataclass(frozen=True)
class Rhythm:
    """Planted beat of each account: consumable product and days between purchases; -1 for none."""

    product: Ints
    gap: Ints


@dataclass(frozen=True)
class Deals:
    """A block of deals, one element per deal.

    `account` is the position inside the block, `position` counts the won deals of the account from
    0 (-1 for others), `kind` is WON, REFUND, LOST or OPEN; money is in US cents before conversion.
    """

    account: Ints
    kind: Ints
    position: Ints
    closing: Ints
    created: Ints
    cents: Ints
    stage: Ints
    currency: Ints
    rate: Ints
    rhythm: Rhythm

    @property
    def size(self) -> int:
        """Number of deals."""
        return len(self.account)


def draw_deals(plan: Plan, traits: Traits, rates: Ints) -> Deals:
    """Decide the deals of a block of accounts; `rates` as `catalogue.monthly_rates` gives them."""
    stream = plan.stream("deals", traits.block)
    rhythm = _rhythms(plan, stream, traits)
    owner = np.repeat(np.arange(traits.size), traits.won_count)
    position = positions_in(traits.won_count)
    closing = _won_days(plan, stream, traits, rhythm, owner, position)
    cents = _amounts(stream, traits, owner)
    parts = [(owner, np.full(len(owner), WON), position, closing, cents)]
    parts.append(_refunds(plan, stream, traits, parts[0]))
    parts.extend(_unwon(plan, stream, traits))
    account, kind, position, closing, cents = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    order = np.argsort(account, kind="stable")
    account, kind, position, closing, cents = (
        values[order] for values in (account, kind, position, closing, cents)
    )
    currency = np.asarray([cat.CURRENCIES.index(c.currency) for c in COUNTRIES])[
        traits.country[account]
    ]
    return Deals(
        account=account,
        kind=kind,
        position=position,
        closing=closing,
        created=_created(plan, stream, traits, account, closing),
        cents=cents,
        stage=_stages(stream, kind, traits.cohort[account] == CODE["rhythm"], position),
        currency=currency,
        rate=rates[_months_since_start(plan, np.minimum(closing, plan.end)), currency],
        rhythm=rhythm,
    )


def _rhythms(plan: Plan, stream: np.random.Generator, traits: Traits) -> Rhythm:
    """Choose product and gap of the rhythm accounts, within the time they have been customers.

    Most still keep their rhythm: the gap is longer than the time since the last purchase.
    """
    product = np.asarray(cat.CONSUMABLES)[stream.integers(0, len(cat.CONSUMABLES), traits.size)]
    gaps = np.asarray(RHYTHM_GAPS)
    shortest = np.searchsorted(gaps, plan.end - traits.last_day)
    has_stopped = plan.stream("stopped", traits.block).random(traits.size) < STOPPED_SHARE
    shortest = np.where(has_stopped, 0, np.minimum(shortest, len(gaps) - 1))
    drawn = stream.integers(0, len(gaps), traits.size)
    gap = gaps[shortest + drawn * (len(gaps) - shortest) // len(gaps)]
    room = (traits.last_day - traits.created_day - 30) // np.maximum(traits.won_count - 1, 1)
    absent = traits.cohort != CODE["rhythm"]
    gap = np.minimum(gap, room)
    gap[absent] = -1
    return Rhythm(np.where(absent, -1, product), gap)


def _won_days(
    plan: Plan,
    stream: np.random.Generator,
    traits: Traits,
    rhythm: Rhythm,
    owner: Ints,
    position: Ints,
) -> Ints:
    """Closing dates of the won deals, ascending inside each account; the last is given."""
    low = traits.created_day[owner] + 10
    days = plan.business_days(stream, low, traits.last_day[owner])
    to_go = traits.won_count[owner] - 1 - position
    beat = traits.last_day[owner] - to_go * rhythm.gap[owner]
    beat += between(stream, -RHYTHM_SPREAD_DAYS, RHYTHM_SPREAD_DAYS, len(owner)) * (to_go > 0)
    days = np.where(rhythm.gap[owner] > 0, beat, days)
    days[to_go == 0] = traits.last_day[owner[to_go == 0]]
    return days[np.lexsort((days, owner))]


def _amounts(stream: np.random.Generator, traits: Traits, owner: Ints) -> Ints:
    """Amounts in US cents: a level per account, a little spread per deal, inside the bounds."""
    low = np.asarray([c.money[0] for c in COHORTS], dtype=np.float64)[traits.cohort]
    high = np.asarray([c.money[1] for c in COHORTS], dtype=np.float64)[traits.cohort]
    level = low * (high / low) ** stream.random(traits.size)
    amount = level[owner] * np.exp(stream.normal(0.0, 0.2, len(owner)))
    return np.rint(np.clip(amount, low[owner], high[owner]) * 100).astype(np.int64)


_Part = tuple[Ints, Ints, Ints, Ints, Ints]


def _refunds(plan: Plan, stream: np.random.Generator, traits: Traits, won: _Part) -> _Part:
    """Take back 5 to 30 % of the first deal of some accounts with three purchases and more.

    Accounts that only ever got money back are added: they have no purchase (RFM-31).
    """
    owner, _, position, closing, cents = won
    bought = np.isin(traits.cohort, (CODE["steady"], CODE["lapsing"])) & (traits.won_count >= 3)
    lucky = bought & (stream.random(traits.size) < REFUNDED_SHARE)
    first = np.flatnonzero((position == 0) & lucky[owner])
    back = -(cents[first] * between(stream, 5, 30, len(first)) // 100)
    day = np.minimum(closing[first] + between(stream, 5, 40, len(first)), plan.end)
    only = np.flatnonzero(traits.cohort == CODE["refund_only"])
    account = np.concatenate((owner[first], only))
    return (
        account,
        np.full(len(account), REFUND),
        np.full(len(account), -1),
        np.concatenate((day, traits.last_day[only])),
        np.concatenate((back, -between(stream, 20_000, 90_000, len(only)))),
    )


def _unwon(plan: Plan, stream: np.random.Generator, traits: Traits) -> list[_Part]:
    """Draw lost deals of the past and open deals with closing dates around the business date."""
    parts = []
    eager = np.where(traits.in_cohort("prospect"), 3.0, 0.7)
    gone = traits.in_cohort("lost", "cannot_lose", "refund_only")
    for kind, share in ((LOST, LOST_DEALS_SHARE), (OPEN, OPEN_DEALS_SHARE)):
        rate = share * plan.deals_per_account * eager * np.where(gone & (kind == OPEN), 0.0, 1.0)
        counts = stream.poisson(rate)
        owner = np.repeat(np.arange(traits.size), counts)
        size = len(owner)
        if kind == OPEN:
            closing = plan.end + between(stream, -12, 120, size)
        else:
            closing = plan.business_days(
                stream, traits.created_day[owner] + 5, np.full(size, plan.end)
            )
        low, high = np.log(MIDDLE[0]), np.log(MIDDLE[1])
        cents = np.rint(np.exp(low + (high - low) * stream.random(size)) * 100).astype(np.int64)
        parts.append((owner, np.full(size, kind), np.full(size, -1), closing, cents))
    return parts


def _created(
    plan: Plan, stream: np.random.Generator, traits: Traits, account: Ints, closing: Ints
) -> Ints:
    """Day each deal was created: 5 to 110 days before it closes, within the account's life."""
    days = np.minimum(closing - between(stream, 5, 110, len(closing)), plan.end - 1)
    created: Ints = np.minimum(np.maximum(days, traits.created_day[account]), closing)
    return created


def _stages(stream: np.random.Generator, kind: Ints, is_rhythm: Flags, position: Ints) -> Ints:
    """Stage of each deal: position in WON_STAGES, LOST_STAGES or OPEN_STAGES of its kind."""
    size = len(kind)
    renewing = (position > 0) & (is_rhythm | (stream.random(size) < 0.3))
    stage = np.where((kind == WON) & renewing, 1, 0)
    lost = weighted(stream, (5.0, 2.0, 1.5, 0.5), size)
    pending = weighted(stream, (3.0, 3.0, 2.5, 2.0, 0.5, 1.5, 1.5), size)
    stage = np.where(kind == LOST, lost, stage)
    known: Ints = np.where(kind == OPEN, pending, stage)
    return known


def _months_since_start(plan: Plan, days: Ints) -> Ints:
    """Row of the rate table for each day."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = np.asarray([plan.start]).astype("datetime64[D]").astype("datetime64[M]")
    rows: Ints = np.maximum(months - first.astype(np.int64)[0], 0)
    return rows
