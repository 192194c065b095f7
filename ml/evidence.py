"""Why a product is recommended: the rule, step, rhythm or share behind it (REC-13, issue C).

One row of evidence per recommendation, as numbers; SQL puts them into words. Never a probability:
a confidence is evidence under its own name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ml.purchases import Flags, Floats, Integers
from ml.scores import OWN_RHYTHM, Slice, due_in_days, gap_in_days

NO_SOURCE: Final = -1
NO_GROUP: Final = -1
GROUPS: Final = ("all", "industry", "industry and size")
"""Similar accounts (REC-12), as `ml.purchases.Starts.groups` numbers them."""


@dataclass(frozen=True)
class Evidence:
    """Evidence of some pairs; all arrays have their length.

    Attributes:
        source: Product that points at the recommended one, -1 for none.
        count: Accounts (or deals, of a bundle) that speak for it.
        base: Of how many.
        group: Whose first purchases were counted: position in GROUPS, -1 for another evidence.
        support: count by everything there is, 0 to 1.
        confidence: count by base, 0 to 1.
        lift: confidence by the share of the recommended product.
        due_in_days: Days until the next purchase is due, negative when overdue, nan for none.
        gap_days: Days between two purchases of the product, of the account or of all its buyers.
        gap_spread_days: Between the first and third quartile of the account's own gaps, nan where
            there are fewer than two.
    """

    source: Integers
    count: Floats
    base: Floats
    group: Integers
    support: Floats
    confidence: Floats
    lift: Floats
    due_in_days: Floats
    gap_days: Floats
    gap_spread_days: Floats


def strongest_source(
    part: Slice, links: Floats, is_source: Flags, account: Integers, product: Integers
) -> Integers:
    """Return for every pair the source product of its account that points at it most strongly.

    Equal links go to the smaller product number; -1 where nothing points at it.
    """
    starts = part.window.holdings.starts[part.first : part.last + 1]
    sizes = np.diff(starts)[account]
    if not sizes.sum():
        return np.full(len(account), NO_SOURCE)
    pair = np.repeat(np.arange(len(account)), sizes)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    entry = starts[account][pair] + within
    source = part.window.holdings.product[entry]
    strength = np.where(is_source[entry], links[source, product[pair]], 0)
    order = np.lexsort((source, -strength, pair))
    firsts = order[np.flatnonzero(np.r_[True, pair[order][1:] != pair[order][:-1]])]
    found = np.full(len(account), NO_SOURCE)
    found[pair[firsts]] = np.where(strength[firsts] > 0, source[firsts], NO_SOURCE)
    return found


def rule_evidence(part: Slice, account: Integers, product: Integers) -> Evidence:
    """Owned product whose owners own the recommended one most often (REC-7).

    Support, confidence and lift are those of the rule; `count` are the owners that bought the
    recommended product later, which is what the account would do, and `base` all that could: who
    had it before, or bought both at once, is not among them.
    """
    window = part.window
    source = strongest_source(
        part, part.links.confidence, window.holdings.purchases > 0, account, product
    )
    counted, owners = window.associations, window.products.narrow_buyers
    rule = _linked(source, product, counted.accounts, owners, owners, window.narrow_accounts)
    at, has = np.maximum(source, 0), source >= 0
    later = counted.after[at, product]
    others = owners[at] - counted.accounts[at, product]
    return replace(rule, count=np.where(has, later, 0), base=np.where(has, others + later, 0))


def step_evidence(part: Slice, account: Integers, product: Integers) -> Evidence:
    """Product of the last basket after which the recommended one came most often (REC-5)."""
    window = part.window
    taken = np.where(window.associations.steps > 0, part.links.steps, 0)
    source = strongest_source(part, taken, window.holdings.is_in_last_basket, account, product)
    return _linked(
        source, product, window.associations.steps, window.associations.stepped,
        window.products.narrow_buyers, window.narrow_accounts,
    )  # fmt: skip


def bundle_evidence(part: Slice, account: Integers, product: Integers) -> Evidence:
    """Held product whose deals hold the recommended one most often (REC-8)."""
    window = part.window
    held = (window.holdings.purchases > 0) | window.holdings.is_in_open_deal
    source = strongest_source(part, part.links.together, held, account, product)
    sales = window.products.narrow_baskets
    return _linked(source, product, window.associations.deals, sales, sales, window.narrow_deals)


def _linked(
    source: Integers, product: Integers, counts: Floats, bases: Floats, shares: Floats, whole: float
) -> Evidence:
    has = source >= 0
    at = np.maximum(source, 0)
    count = np.where(has, counts[at, product], 0).astype(np.float32)
    base = np.where(has, bases[at], 0).astype(np.float32)
    confidence = count / np.maximum(base, 1)
    share = shares[product] / max(whole, 1)
    return Evidence(
        source=source,
        count=count,
        base=base,
        group=np.full(len(product), NO_GROUP),
        support=count / np.float32(max(whole, 1)),
        confidence=confidence,
        lift=np.where(has, confidence / np.maximum(share, 1e-9), np.nan).astype(np.float32),
        due_in_days=_nothing(product),
        gap_days=_nothing(product),
        gap_spread_days=_nothing(product),
    )


def rhythm_evidence(part: Slice, account: Integers, product: Integers) -> Evidence:
    """The account's own rhythm with the product, else that of all its buyers (REC-6)."""
    window = part.window
    count = part.purchases[account, product]
    own = part.spread(window.holdings.gap_spread_days, np.nan)[account, product]
    return Evidence(
        source=np.full(len(account), NO_SOURCE),
        count=count,
        base=np.broadcast_to(window.accounts.purchases[part.first :][account], count.shape),
        group=np.full(len(account), NO_GROUP),
        support=_nothing(product),
        confidence=window.products.repeat_share[product],
        lift=_nothing(product),
        due_in_days=due_in_days(part)[account, product],
        gap_days=gap_in_days(part)[account, product],
        gap_spread_days=np.where(count >= OWN_RHYTHM, own, np.nan),
    )


def start_evidence(part: Slice, account: Integers, product: Integers) -> Evidence:
    """Similar buyers that began with the product (REC-4, REC-12); after a purchase, the step."""
    found = _began(part, account, product)
    if not part.window.after_first:
        return found
    has_bought = part.window.accounts.purchases[part.first :][account] > 0
    step = step_evidence(part, account, product)
    return Evidence(**{
        name: np.where(has_bought, getattr(step, name), getattr(found, name))
        for name in Evidence.__dataclass_fields__
    })  # fmt: skip


def _began(part: Slice, account: Integers, product: Integers) -> Evidence:
    starts = part.window.starts
    cell = part.window.accounts.cell[part.first : part.last][account]
    count, base = starts.counts[cell, product], starts.totals[cell]
    whole = starts.counts[0, product] / np.maximum(starts.totals[0], 1)
    confidence = count / np.maximum(base, 1)
    return Evidence(
        source=np.full(len(account), NO_SOURCE),
        count=count,
        base=base,
        group=starts.groups[cell],
        support=count / np.maximum(starts.totals[0], 1),
        confidence=confidence,
        lift=np.where(whole > 0, confidence / np.maximum(whole, 1e-9), np.nan).astype(np.float32),
        due_in_days=_nothing(product),
        gap_days=_nothing(product),
        gap_spread_days=_nothing(product),
    )


def _nothing(product: Integers) -> Floats:
    return np.full(len(product), np.nan, np.float32)


EVIDENCE: Final[dict[str, Callable[[Slice, Integers, Integers], Evidence]]] = {
    "first_purchase": start_evidence,
    "next_purchase": step_evidence,
    "repeat_purchase": rhythm_evidence,
    "cross_sell": rule_evidence,
    "bundle": bundle_evidence,
}
