"""Products in the deals of the demo CRM: ladders, bundles, companions, quantities and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.zylker import catalogue as cat
from connectors.zylker.account_tables import firmographics
from connectors.zylker.cohorts import CODE
from connectors.zylker.columns import Ints, positions_in, starts_of, weighted
from connectors.zylker.deals import REFUND, WON, Deals
from connectors.zylker.plan import Plan, Traits

WIDEST: Final = 6
"""Most line items of one deal."""
BUNDLED_EXTRA: Final = 0.3
"""Lines that the bundles add per single-line deal, taken off the mean again."""


@dataclass(frozen=True)
class Lines:
    """Line items of a block of deals: `deal` is the position of the deal inside the block."""

    deal: Ints
    product: Ints
    quantity: Ints
    cents: Ints
    discount_percent: Ints


@dataclass(frozen=True)
class Ladder:
    """The ladder an account climbs and the number of steps it has taken; -1 and 0 for none."""

    ladder: Ints
    level: Ints


def draw_ladders(plan: Plan, traits: Traits) -> Ladder:
    """Let ladder accounts climb to where their purchases end, and some others too.

    A step is one deal; the steps are the first deals of the account, one after the other, so Core
    is always followed by Advanced or by nothing.
    """
    stream = plan.stream("ladders", traits.block)
    ladder = stream.integers(0, len(cat.LADDERS), traits.size)
    climbs = traits.cohort == CODE["ladder"]
    draw = stream.random(traits.size)
    level = np.where(draw < 0.35, 1, np.where((draw < 0.6) & (traits.won_count >= 3), 3, 0))
    level = np.where(climbs, traits.won_count, np.minimum(level, traits.won_count))
    level[traits.in_cohort("rhythm", "prospect", "refund_only")] = 0
    return Ladder(np.where(level > 0, ladder, -1), level)


def draw_lines(plan: Plan, traits: Traits, deals: Deals, ladder: Ladder) -> Lines:
    """Decide the line items: first the product that the plan asks for, then companions."""
    stream = plan.stream("deals_products", traits.block)
    products = _products(plan, stream, traits, deals, ladder)
    count = _line_counts(plan, stream, deals, products[:, 0])
    deal = np.repeat(np.arange(deals.size), count)
    product = products[deal, positions_in(count)]
    share = 0.4 + stream.random(len(deal))
    first = starts_of(count)
    total = np.add.reduceat(share, first)
    cents = np.rint(deals.cents[deal] * share / total[deal]).astype(np.int64)
    cents[first] += deals.cents - np.add.reduceat(cents, first)
    price = np.asarray([p.price_cents for p in cat.PRODUCTS])[product]
    quantity = np.maximum(1, np.abs(cents) // price) * np.sign(cents)
    discount = np.asarray((0, 0, 0, 5, 10, 15))[stream.integers(0, 6, len(deal))]
    return Lines(deal, product, quantity, cents, discount)


def _line_counts(plan: Plan, stream: np.random.Generator, deals: Deals, first: Ints) -> Ints:
    """Lines per deal with about the mean of the plan; halves of a bundle rarely come alone."""
    more = max(plan.lines_per_deal - 1.0, 0.0)
    rate = max(more - BUNDLED_EXTRA * np.exp(-more), 0.0)
    count = np.minimum(1 + stream.poisson(rate, deals.size), WIDEST)
    bundled = np.isin(first, cat.BUNDLES) & (stream.random(deals.size) < 0.7) & (more > 0)
    count[bundled] = np.maximum(count[bundled], 2)
    count[deals.kind == REFUND] = 1
    return count


def _products(
    plan: Plan, stream: np.random.Generator, traits: Traits, deals: Deals, ladder: Ladder
) -> Ints:
    """Products by deal and line, distinct inside the deal; columns beyond its lines are unused."""
    drawn = weighted(stream, cat.FILLER_WEIGHTS, deals.size * WIDEST)
    products = np.asarray(cat.FILLERS)[drawn].reshape(deals.size, WIDEST)
    old = deals.closing < plan.end - cat.RETIRED_AFTER_DAYS
    active = np.asarray([p.is_active for p in cat.PRODUCTS])
    products[~active[products] & ~old[:, None]] = cat.FILLERS[0]
    products[:, 0] = _first_products(plan, stream, traits, deals, ladder, products[:, 0])
    products[:, 1] = _companions(stream, deals, products[:, 0], products[:, 1])
    for column in range(1, WIDEST):
        for _ in range(column + 1):
            taken = (products[:, :column] == products[:, column : column + 1]).any(axis=1)
            products[taken, column] = _next_filler(products[taken, column])
    return products


def _first_products(
    plan: Plan,
    stream: np.random.Generator,
    traits: Traits,
    deals: Deals,
    ladder: Ladder,
    drawn: Ints,
) -> Ints:
    """The product a deal is about: a ladder step, a beat of the rhythm, or the drawn one.

    Many a first purchase is the product that an industry begins with (REC-4). After the ladder,
    some accounts buy the two products of OWNED_TOGETHER in two deals (REC-7).
    """
    first = drawn
    begins = plan.stream("entry_products", traits.block).random(traits.size) < cat.ENTRY_SHARE
    entering = (deals.position == 0) & begins[deals.account]
    industry = firmographics(plan, traits).industry[deals.account]
    entry = np.asarray(cat.ENTRY_PRODUCTS)[industry]
    level = ladder.level[deals.account]
    climbing = (deals.position >= 0) & (deals.position < level)
    rungs = np.asarray(cat.LADDERS)
    step = rungs[np.maximum(ladder.ladder[deals.account], 0), np.clip(deals.position, 0, 2)]
    first = np.where(entering, entry, first)
    first = np.where(climbing, step, first)
    pairing = (stream.random(traits.size) < 0.3) & (traits.won_count >= ladder.level + 2)
    pairing &= traits.in_cohort("steady", "lapsing", "champion", "cannot_lose")
    for after, product in enumerate(cat.OWNED_TOGETHER):
        here = pairing[deals.account] & (deals.position == level + after)
        first = np.where(here, product, first)
    regular = deals.rhythm.product[deals.account]
    return np.where((regular >= 0) & (deals.kind == WON), regular, first)


def _companions(stream: np.random.Generator, deals: Deals, first: Ints, second: Ints) -> Ints:
    """Second product of a deal: the other half of the bundle in most cases."""
    partner = np.full(len(cat.PRODUCTS), -1)
    for one, other in cat.BUNDLES:
        partner[one], partner[other] = other, one
    together = (partner[first] >= 0) & (stream.random(deals.size) < cat.BUNDLE_SHARE)
    return np.where(together, partner[first], second)


def _next_filler(products: Ints) -> Ints:
    """The active filler after each product, round and round."""
    following = np.full(len(cat.PRODUCTS), cat.FILLERS[0])
    active = [p for p in cat.FILLERS if cat.PRODUCTS[p].is_active]
    for one, other in zip(active, [*active[1:], active[0]], strict=True):
        following[one] = other
    return following[products]
