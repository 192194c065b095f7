"""Scores of every product for some accounts: simple recommenders, and features of the learned.

Holds one function per score, from a slice of the accounts of a window to an array of accounts by
products. Add a score here with a line in FEATURES or SCORERS, and read one with `scored`, which
computes it once per slice; never fit anything here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from ml.purchases import Flags, Floats, Integers, Window

LINKED_PAIRS: Final = 8_000_000
"""Links that are looked through at a time; bounds memory, not results."""
OWN_RHYTHM: Final = 3
"""Purchases, one more than gaps, from which an account has a rhythm of its own (REC-6)."""
SHRINKAGE: Final = 10.0
"""Accounts that speak for no relation are added to every share of accounts (`ml.md` 3.3)."""


@dataclass(frozen=True)
class Links:
    """How strongly products point at each other in a window: P x P, from row to column."""

    window: Window
    min_lift: float

    @cached_property
    def cosine(self) -> Floats:
        """Cosine of the accounts of two products, 0 on the diagonal."""
        buyers = np.sqrt(np.maximum(self.window.products.buyers, 1))
        links = self.window.associations.accounts / buyers[:, None] / buyers[None, :]
        np.fill_diagonal(links, 0)
        return links

    @cached_property
    def confidence(self) -> Floats:
        """Shrunk confidence of owning b when a is owned (REC-7), 0 at or below the least lift."""
        owners, both = self.window.products.narrow_buyers, self.window.associations.accounts
        lift = both * self.window.narrow_accounts / np.maximum(np.outer(owners, owners), 1)
        shares = both / (owners[:, None] + SHRINKAGE)
        return np.where(lift > self.min_lift, shares, 0).astype(np.float32)

    @cached_property
    def steps(self) -> Floats:
        """Share of accounts that bought b right after a, backed off to popularity (REC-5)."""
        recent = self.window.products.recent_baskets + 1e-3
        found = self.window.associations
        shares = found.steps + SHRINKAGE / 2 * (recent / recent.sum())[None, :]
        links: Floats = shares / (found.stepped[:, None] + SHRINKAGE / 2)
        return links.astype(np.float32)

    @cached_property
    def together(self) -> Floats:
        """Shrunk share of the deals with a that hold b (REC-8), 0 at or below the least lift."""
        sales, both = self.window.products.narrow_baskets, self.window.associations.deals
        lift = both * self.window.narrow_deals / np.maximum(np.outer(sales, sales), 1)
        shares = both / (sales[:, None] + SHRINKAGE)
        return np.where(lift > self.min_lift, shares, 0).astype(np.float32)


@dataclass(frozen=True)
class Slice:
    """Accounts `first` to `last` (excluded) of a window, spread over products when asked for."""

    links: Links
    first: int
    last: int
    known_scores: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)
    """Simple scores by name, once they were asked for (`scored`)."""

    @property
    def window(self) -> Window:
        """The window the accounts are part of."""
        return self.links.window

    @property
    def size(self) -> int:
        """Number of accounts."""
        return self.last - self.first

    @cached_property
    def entries(self) -> slice:
        """Entries of the holdings of these accounts."""
        starts = self.window.holdings.starts
        return slice(int(starts[self.first]), int(starts[self.last]))

    @cached_property
    def rows(self) -> Integers:
        """Account of each entry, counted from the first of the slice."""
        return self.window.holdings.account[self.entries] - self.first

    @cached_property
    def columns(self) -> Integers:
        """Product of each entry."""
        return self.window.holdings.product[self.entries]

    def spread(self, values: Floats | Flags, fill: float = 0.0) -> Floats:
        """Spread values of the entries over accounts and products."""
        found = np.full((self.size, len(self.window.products)), fill, np.float32)
        found[self.rows, self.columns] = values[self.entries]
        return found

    @cached_property
    def purchases(self) -> Floats:
        """How often each account bought each product."""
        return self.spread(self.window.holdings.purchases)

    @cached_property
    def is_owned(self) -> Flags:
        """Whether the account ever bought the product."""
        return self.purchases > 0

    @cached_property
    def is_open(self) -> Flags:
        """Whether an open deal of the account holds the product."""
        return self.spread(self.window.holdings.is_in_open_deal) > 0

    @cached_property
    def last_days(self) -> Floats:
        """Days since the account last bought the product, nan for never."""
        return self.spread(self.window.holdings.last_days, np.nan)

    @cached_property
    def is_bought(self) -> Flags:
        """Whether the account bought the product within the horizon after the cut-off."""
        return self._spread_later(every=True)

    @cached_property
    def is_bought_next(self) -> Flags:
        """Whether the first basket within the horizon holds the product."""
        return self._spread_later(every=False)

    def _spread_later(self, *, every: bool) -> Flags:
        later = self.window.later
        if later is None:
            raise ValueError(f"what followed window {self.window.number} is not known")
        part = slice(int(later.starts[self.first]), int(later.starts[self.last]))
        found = np.zeros((self.size, len(self.window.products)), bool)
        found[later.account[part] - self.first, later.product[part]] = (
            True if every else later.is_in_next_basket[part]
        )
        return found

    def of_accounts(self, values: Floats) -> Floats:
        """Return a value of the accounts for every product: A x 1."""
        return values[self.first : self.last, None]

    def strongest(self, links: Floats, is_source: Flags) -> Floats:
        """Return for every product the strongest link from a product that is a source.

        `links` is P x P, `is_source` chooses among the entries of the window.
        """
        chosen = is_source[self.entries]
        rows, columns = self.rows[chosen], self.columns[chosen]
        found = np.zeros((self.size, links.shape[1]), np.float32)
        if not len(rows):
            return found
        borders = np.r_[np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]), len(rows)]
        most = max(LINKED_PAIRS // links.shape[1], 1)
        first = 0
        while first < len(borders) - 1:
            # Whole accounts, as many as fit and at least one.
            last = int(np.searchsorted(borders, borders[first] + most, side="right")) - 1
            last = max(last, first + 1)
            start, end = borders[first], borders[last]
            found[rows[borders[first:last]]] = np.maximum.reduceat(
                links[columns[start:end]], borders[first:last] - start, axis=0
            )
            first = last
        return found


def popularity(part: Slice) -> Floats:
    """Share of the purchases of the last two horizons (`ml.md` 3.1)."""
    recent = part.window.products.recent_baskets
    everything = part.window.products.baskets
    # Long ago is better than never, where nothing was bought lately.
    shares = (recent + 0.01 * everything / max(float(everything.sum()), 1)) / max(
        float(recent.sum()), 1
    )
    return np.broadcast_to(shares, (part.size, len(shares))).astype(np.float32)


def best_sold(part: Slice) -> Floats:
    """Share of all purchases there ever were."""
    everything = part.window.products.baskets
    shares = everything / max(float(everything.sum()), 1)
    return np.broadcast_to(shares, (part.size, len(shares))).astype(np.float32)


def steady_popularity(part: Slice) -> Floats:
    """Between the two: their geometric mean, which neither a fashion nor a has-been leads."""
    return np.sqrt(scored(part, "popularity") * scored(part, "best_sold"))


def popularity_alike(part: Slice) -> Floats:
    """Share of similar buyers whose first basket held the product, smoothed (REC-4, REC-12)."""
    starts = part.window.starts
    whole = (starts.counts[0] + 1) / (starts.totals[0] + len(starts.counts[0]))
    shares = (starts.counts + SHRINKAGE * whole) / (starts.totals[:, None] + SHRINKAGE)
    cells = part.window.accounts.cell[part.first : part.last]
    return np.asarray(shares[cells], np.float32)


def same_again(part: Slice) -> Floats:
    """How often the account bought the product, halved for every horizon since (REC-6)."""
    days = np.nan_to_num(part.last_days, nan=0.0)
    return part.purchases * np.exp2(-days / part.window.horizon_days).astype(np.float32)


def cosine(part: Slice) -> Floats:
    """Sum of the cosines with what the account owns."""
    return part.is_owned.astype(np.float32) @ part.links.cosine


def confidence(part: Slice) -> Floats:
    """Best confidence of a rule from one owned product."""
    return part.strongest(part.links.confidence, part.window.holdings.purchases > 0)


def transition(part: Slice) -> Floats:
    """Best share of a step from a product of the last basket."""
    found = part.strongest(part.links.steps, part.window.holdings.is_in_last_basket)
    return np.asarray(np.maximum(found, scored(part, "popularity") * 1e-3), np.float32)


def together(part: Slice) -> Floats:
    """Best share of deals with a product that the account owns or has open."""
    held = part.window.holdings
    return part.strongest(part.links.together, (held.purchases > 0) | held.is_in_open_deal)


def together_now(part: Slice) -> Floats:
    """The same from what is open or was bought last."""
    held = part.window.holdings
    return part.strongest(part.links.together, held.is_in_last_basket | held.is_in_open_deal)


def start(part: Slice) -> Floats:
    """What similar buyers began with (REC-4); after the first purchase the best step (REC-5)."""
    has_bought = part.of_accounts(part.window.accounts.purchases) > 0
    return np.where(has_bought, scored(part, "transition"), scored(part, "popularity_alike"))


SCORERS: Final[dict[str, Callable[[Slice], Floats]]] = {
    "popularity": popularity,
    "best_sold": best_sold,
    "steady_popularity": steady_popularity,
    "popularity_alike": popularity_alike,
    "same_again": same_again,
    "cosine": cosine,
    "confidence": confidence,
    "transition": transition,
    "together": together,
    "start": start,
}


def scored(part: Slice, name: str) -> Floats:
    """Return a simple score by name (SCORERS), computed once per slice."""
    if name not in part.known_scores:
        part.known_scores[name] = SCORERS[name](part)
    return part.known_scores[name]


def _log(values: Floats) -> Floats:
    return np.log(np.maximum(values, 1e-5)).astype(np.float32)


def gap_in_days(part: Slice) -> Floats:
    """Typical days between two purchases: the account's own from two gaps, else the product's."""
    held, products = part.window.holdings, part.window.products
    own = np.where(held.purchases >= OWN_RHYTHM, held.typical_gap_days, np.nan)
    gap = part.spread(own.astype(np.float32), np.nan)
    return np.where(np.isnan(gap), products.typical_gap_days[None, :], gap)


def due_in_days(part: Slice) -> Floats:
    """Days until the next purchase is due, negative when overdue, nan where nothing is known."""
    return gap_in_days(part) - part.last_days


def _due(part: Slice) -> Floats:
    """Nearness of the due day to the horizon, 1 inside it, 0 where nothing is known."""
    horizon = part.window.horizon_days
    due = due_in_days(part)
    beside = np.maximum(np.maximum(-due, due - horizon), 0)
    return np.nan_to_num(np.exp(-beside / (horizon / 2)), nan=0.0).astype(np.float32)


def _account_gap_ratio(part: Slice) -> Floats:
    accounts = part.window.accounts
    mean = (accounts.first_days - accounts.last_days) / np.maximum(accounts.purchases - 1, 1)
    ratio = np.clip(accounts.last_days / np.maximum(mean, 7), 0, 10)
    return part.of_accounts(np.nan_to_num(ratio, nan=10.0).astype(np.float32))


def _account_rate(part: Slice) -> Floats:
    accounts = part.window.accounts
    known = np.nan_to_num(accounts.first_days, nan=0.0)
    return part.of_accounts(
        np.log1p(365 * accounts.purchases / np.maximum(known, 90)).astype(np.float32)
    )


def _days(values: Floats, none: float = 5_000.0) -> Floats:
    return np.log1p(np.maximum(np.nan_to_num(values, nan=none), 0)).astype(np.float32)


FEATURES: Final[dict[str, Callable[[Slice], Floats]]] = {
    "popularity": lambda part: _log(scored(part, "popularity")),
    "best_sold": lambda part: _log(scored(part, "best_sold")),
    "popularity_alike": lambda part: _log(scored(part, "popularity_alike")),
    "same_again": lambda part: np.log1p(scored(part, "same_again")),
    "own_purchases": lambda part: np.log1p(part.purchases),
    "own_recency": lambda part: _days(part.last_days),
    "own_due": _due,
    "repeat_share": lambda part: part.window.products.repeat_share[None, :],
    "cosine": lambda part: np.log1p(scored(part, "cosine")),
    "confidence": lambda part: scored(part, "confidence"),
    "transition": lambda part: _log(scored(part, "transition")),
    "together": together_now,
    "account_purchases": lambda part: np.log1p(part.of_accounts(part.window.accounts.purchases)),
    "account_recency": lambda part: _days(part.of_accounts(part.window.accounts.last_days)),
    "account_gap_ratio": _account_gap_ratio,
    "account_rate": _account_rate,
    "account_breadth": lambda part: np.log1p(part.is_owned.sum(axis=1, dtype=np.float32))[:, None],
    "account_open_deals": lambda part: np.log1p(part.of_accounts(part.window.accounts.open_deals)),
    "account_age": lambda part: _days(part.of_accounts(part.window.accounts.age_days), 0.0),
}


def feature_rows(part: Slice, account: Integers, product: Integers) -> Floats:
    """Return the features of some pairs, rows by feature, in the order of the pairs."""
    rows = np.empty((len(account), len(FEATURES)), np.float32)
    for column, score in enumerate(FEATURES.values()):
        values = score(part)
        rows[:, column] = values[
            account if values.shape[0] > 1 or part.size == 1 else 0,
            product if values.shape[1] > 1 else 0,
        ]
    return rows
