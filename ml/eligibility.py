"""Which products a type of recommendation may offer to which account (REC-4 to REC-8, REC-11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ml.purchases import Flags
from ml.scores import Slice, scored

LEAST_ORDERED: Final = 3
"""Accounts that must have bought in one order for it to count."""
REPEAT_SHARE: Final = 0.5
"""Repeat share of a product from which one purchase is enough to offer it again (REC-6)."""


def first_purchase(part: Slice) -> Flags:
    """Everything that is sold, to accounts that never bought (REC-4).

    Where it is asked for, also to accounts with one purchase what may come next (REC-5).
    """
    found = _offered(part) & _bought_times(part, 0, 0)
    if part.window.after_first:
        found = found | (next_purchase(part) & _bought_times(part, 1, 1))
    return found


def next_purchase(part: Slice) -> Flags:
    """What the account does not own, or may own again (REC-5).

    Not what others buy before, not after, what the account bought last: REC-23 offers Advanced to
    the owner of Core, and never Basic. What follows one product of the last basket is offered
    whatever the others say.
    """
    again = part.window.products.is_repeatable[None, :]
    return _offered(part) & _bought_times(part, 1) & (~part.is_owned | again) & ~_is_earlier(part)


def repeat_purchase(part: Slice) -> Flags:
    """What the account bought twice, or once where most buyers come back (REC-6)."""
    usual = part.window.products.repeat_share[None, :] >= REPEAT_SHARE
    return _offered(part) & ((part.purchases >= 2) | (part.is_owned & usual))


def cross_sell(part: Slice) -> Flags:
    """What an account with purchases does not own (REC-7)."""
    return _offered(part) & _bought_times(part, 1) & ~part.is_owned


def bundle(part: Slice) -> Flags:
    """The missing half of a frequent pair whose other half is owned or in an open deal (REC-8)."""
    return _offered(part) & (scored(part, "together") > 0) & ~part.is_owned & ~part.is_open


ELIGIBLE: Final[dict[str, Callable[[Slice], Flags]]] = {
    "first_purchase": first_purchase,
    "next_purchase": next_purchase,
    "repeat_purchase": repeat_purchase,
    "cross_sell": cross_sell,
    "bundle": bundle,
}

POPULAR: Final = ("steady_popularity", "popularity", "best_sold")
SIMPLE: Final[dict[str, tuple[str, ...]]] = {
    "first_purchase": (*POPULAR, "start"),
    "next_purchase": (*POPULAR, "transition", "cosine", "confidence"),
    "repeat_purchase": (*POPULAR, "same_again", "transition", "cosine"),
    "cross_sell": (*POPULAR, "cosine", "confidence", "transition"),
    "bundle": (*POPULAR, "together", "cosine", "confidence"),
}
"""Scorers that may give the order of a type, the simplest first."""

USUAL: Final[dict[str, str]] = {
    "first_purchase": "start",
    "next_purchase": "transition",
    "repeat_purchase": "same_again",
    "cross_sell": "cosine",
    "bundle": "together",
}
"""The scorer that orders where no past is known (`ml.md` 3.8)."""


def _offered(part: Slice) -> Flags:
    return np.broadcast_to(
        part.window.products.is_offered[None, :], (part.size, len(part.window.products))
    )


def _bought_times(part: Slice, least: int, most: float = np.inf) -> Flags:
    purchases = part.of_accounts(part.window.accounts.purchases)
    return (purchases >= least) & (purchases <= most)


def _is_earlier(part: Slice) -> Flags:
    """Whether the product comes before one of the last basket, and after none.

    One comes before another where most accounts that own both bought it earlier.
    """
    after = part.window.associations.after
    is_before = ((2 * after < after.T) & (after.T >= LEAST_ORDERED)).astype(np.float32)
    is_last = part.window.holdings.is_in_last_basket
    comes_before = part.strongest(is_before, is_last) > 0
    comes_after = part.strongest(np.ascontiguousarray(is_before.T), is_last) > 0
    return comes_before & ~comes_after
