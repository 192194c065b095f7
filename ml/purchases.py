"""What is known of purchases at a cut-off: the frames that SQL counted, as arrays.

Holds the containers that every recommender reads, and how they are made from the tables of schema
`learning`. A product is its `product_number`, an account its position. Add here what a recommender
needs to know; never how it decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.floating[Any]]
"""Of 32 bits wherever there is one per account and product."""
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Products:
    """Products by number, as one window knows them; every array has length P.

    `typical_gap_days` is the median of days between two purchases by the same account, nan where
    nobody bought twice. `repeat_share` are buyers who bought again (REC-6), 0 to 1.
    The narrow are within `largest_basket`, of whom pairs are counted.
    """

    is_offered: Flags
    is_repeatable: Flags
    baskets: Floats
    buyers: Floats
    narrow_baskets: Floats
    narrow_buyers: Floats
    recent_baskets: Floats
    repeat_share: Floats
    typical_gap_days: Floats

    def __len__(self) -> int:
        return len(self.is_offered)


@dataclass(frozen=True)
class Associations:
    """How often products go together; every matrix is P x P, with nothing on the diagonal.

    `accounts[a, b]` own both; `after[a, b]` of them bought b in a later basket than a;
    `deals[a, b]` were won with both (REC-8); `steps[a, b]` accounts bought b in the basket after
    one with a, and `stepped[a]` bought anything after it (REC-5). Accounts and deals beyond
    `largest_basket` count nowhere here.
    """

    accounts: Floats
    after: Floats
    deals: Floats
    steps: Floats
    stepped: Floats


EVERY: Final = ("*",)
"""Stands for every industry or size label; no text is equal to it."""


@dataclass(frozen=True)
class Starts:
    """First baskets by cell (REC-4, REC-12).

    `cells` maps (industry, size label) to a row of `counts` (cells x P) and `totals`; industry and
    size label may be None, and (industry, EVERY) and (EVERY, EVERY) hold the sums.
    `groups` says by row what a cell is narrowed by: 0 nothing, 1 industry, 2 size as well.
    """

    cells: dict[tuple[Any, Any], int]
    groups: Integers
    counts: Floats
    totals: Floats


@dataclass(frozen=True)
class Accounts:
    """Accounts of one window; every array has length A, days are nan where none."""

    cell: Integers
    purchases: Floats
    age_days: Floats
    first_days: Floats
    last_days: Floats
    typical_gap_days: Floats
    open_deals: Floats
    recent_purchases: Floats
    """Purchases in each of the three last horizons before the cut-off: 3 x A."""
    mean_amount: Floats
    """Mean amount of a purchase in base currency, 0 where none is known."""
    later_purchases: Floats

    def __len__(self) -> int:
        return len(self.cell)


@dataclass(frozen=True)
class Holdings:
    """What accounts own or have in open deals: one entry per account and product, by account.

    `starts` (A + 1) are the borders of the accounts. Days are nan where nothing was bought.
    """

    starts: Integers
    account: Integers
    product: Integers
    purchases: Floats
    last_days: Floats
    typical_gap_days: Floats
    gap_spread_days: Floats
    is_in_last_basket: Flags
    is_in_open_deal: Flags


@dataclass(frozen=True)
class Later:
    """What accounts bought within the horizon after the cut-off: entries by account."""

    starts: Integers
    account: Integers
    product: Integers
    is_in_next_basket: Flags


@dataclass(frozen=True)
class Window:
    """One cut-off with everything known at it, and what followed where that is known."""

    number: int
    horizon_days: int
    products: Products
    associations: Associations
    starts: Starts
    accounts: Accounts
    holdings: Holdings
    later: Later | None
    baskets: float
    """Won deals with a product."""
    narrow_accounts: float
    """Accounts that bought a product, without those beyond `largest_basket`."""
    narrow_deals: float
    """Won deals with a product, without those beyond `largest_basket`."""
    after_first: bool = False
    """Whether a first purchase is also recommended after exactly one (REC-4)."""


def read_products(counted: pd.DataFrame) -> Products:
    """Return the products of one window.

    Args:
        counted: `int_products__counted`, by product_number, with is_repeatable.
    """
    buyers = _floats(counted["buyer_count"])
    return Products(
        is_offered=counted["is_offered"].to_numpy(bool),
        is_repeatable=counted["is_repeatable"].to_numpy(bool),
        baskets=_floats(counted["basket_count"]),
        buyers=buyers,
        narrow_baskets=_floats(counted["narrow_basket_count"]),
        narrow_buyers=_floats(counted["narrow_buyer_count"]),
        recent_baskets=_floats(counted["recent_basket_count"]),
        repeat_share=_floats(counted["repeat_buyer_count"]) / np.maximum(buyers, 1),
        typical_gap_days=_floats(counted["typical_gap_days"]),
    )


def read_associations(pairs: pd.DataFrame, steps: pd.DataFrame, products: int) -> Associations:
    """Return the matrices of one window.

    Args:
        pairs: `int_product_pairs__counted`.
        steps: `int_product_steps__counted`.
        products: Number of products.
    """
    one = pairs["product_number"].to_numpy(np.int64)
    other = pairs["other_product_number"].to_numpy(np.int64)

    def matrix(upper: str, lower: str) -> Floats:
        found = np.zeros((products, products), np.float32)
        found[one, other] = pairs[upper].to_numpy(np.float32)
        found[other, one] = pairs[lower].to_numpy(np.float32)
        return found

    taken = steps["next_product_number"].notna().to_numpy(bool)
    known, left = steps[taken], steps[~taken]
    step = np.zeros((products, products), np.float32)
    step[
        known["product_number"].to_numpy(np.int64), known["next_product_number"].to_numpy(np.int64)
    ] = known["account_count"].to_numpy(np.float32)
    stepped = np.zeros(products, np.float32)
    stepped[left["product_number"].to_numpy(np.int64)] = left["account_count"].to_numpy(np.float32)
    return Associations(
        accounts=matrix("account_count", "account_count"),
        after=matrix("after_count", "before_count"),
        deals=matrix("deal_count", "deal_count"),
        steps=step,
        stepped=stepped,
    )


LEAST_ALIKE = 30
"""Accounts that a cell must hold to speak for itself (REC-12)."""


def read_starts(first_baskets: pd.DataFrame, products: int) -> Starts:
    """Return first baskets by cell from one window of `int_first_baskets__counted`."""
    cells: dict[tuple[Any, Any], int] = {(EVERY, EVERY): 0}
    rows = list(
        zip(
            _keys(first_baskets["industry"]),
            _keys(first_baskets["size_label_id"]),
            first_baskets["product_number"].to_numpy(float, na_value=np.nan),
            first_baskets["account_count"].to_numpy(float),
            strict=True,
        )
    )
    for industry, size, _, _ in rows:
        cells.setdefault((industry, EVERY), len(cells))
        cells.setdefault((industry, size), len(cells))
    counts = np.zeros((len(cells), products), np.float32)
    totals = np.zeros(len(cells), np.float32)
    for industry, size, product, count in rows:
        for cell in ((EVERY, EVERY), (industry, EVERY), (industry, size)):
            if np.isnan(product):
                totals[cells[cell]] += count
            else:
                counts[cells[cell], int(product)] += count
    groups = [sum(part is not EVERY for part in cell) for cell in cells]
    return Starts(cells, np.asarray(groups, np.int64), counts, totals)


def read_accounts(purchased: pd.DataFrame, starts: Starts) -> Accounts:
    """Return accounts of one window, in the order of the rows.

    Args:
        purchased: `int_accounts__purchased`; its order gives every account its position.
        starts: Where the cell of an account is looked up.
    """
    alike = purchased[["industry", "size_label_id"]].astype(object)
    pairs = list(zip(_keys(alike["industry"]), _keys(alike["size_label_id"]), strict=True))
    cells = {pair: _cell(starts, *pair) for pair in set(pairs)}
    return Accounts(
        cell=np.asarray([cells[pair] for pair in pairs], np.int64),
        purchases=_floats(purchased["purchase_count"]),
        age_days=_floats(purchased["age_days"]),
        first_days=_floats(purchased["first_purchase_days"]),
        last_days=_floats(purchased["last_purchase_days"]),
        typical_gap_days=_floats(purchased["typical_gap_days"]),
        open_deals=_floats(purchased["open_deal_count"]),
        recent_purchases=np.stack([_floats(purchased[f"purchase_count_{n}"]) for n in (1, 2, 3)]),
        mean_amount=np.nan_to_num(
            _floats(purchased["purchase_amount"])
            / np.maximum(_floats(purchased["purchase_count"]), 1)
        ),
        later_purchases=_floats(purchased["later_purchase_count"]),
    )


def _cell(starts: Starts, industry: Any, size: Any) -> int:
    """Return the narrowest cell with enough accounts: industry and size, industry, all (REC-12).

    Accounts of which an industry or size is not known are not alike.
    """
    known = [] if industry is None else [(industry, EVERY)]
    if known and size is not None:
        known.insert(0, (industry, size))
    for cell in known:
        row = starts.cells.get(cell)
        if row is not None and starts.totals[row] >= LEAST_ALIKE:
            return row
    return 0


def read_holdings(summarized: pd.DataFrame, accounts: int) -> Holdings:
    """Return what accounts hold.

    Args:
        summarized: `int_account_products__summarized` with `account`, the position of the account,
            in place of its id; by account and product.
        accounts: Number of accounts.
    """
    account = summarized["account"].to_numpy(np.int64)
    return Holdings(
        starts=_borders(account, accounts),
        account=account,
        product=summarized["product_number"].to_numpy(np.int64),
        purchases=_floats(summarized["purchase_count"]),
        last_days=_floats(summarized["last_purchase_days"]),
        typical_gap_days=_floats(summarized["typical_gap_days"]),
        gap_spread_days=_floats(summarized["gap_spread_days"]),
        is_in_last_basket=summarized["is_in_last_basket"].to_numpy(bool),
        is_in_open_deal=summarized["is_in_open_deal"].to_numpy(bool),
    )


def read_later(bought_later: pd.DataFrame, accounts: int) -> Later:
    """Return what accounts bought next, from `int_account_products__bought_later` likewise."""
    account = bought_later["account"].to_numpy(np.int64)
    return Later(
        starts=_borders(account, accounts),
        account=account,
        product=bought_later["product_number"].to_numpy(np.int64),
        is_in_next_basket=bought_later["is_in_next_basket"].to_numpy(bool),
    )


def _borders(account: Integers, accounts: int) -> Integers:
    return np.searchsorted(account, np.arange(accounts + 1)).astype(np.int64)


def _floats(column: pd.Series[Any]) -> Floats:
    return column.to_numpy(dtype=np.float32, na_value=np.nan)


def _keys(column: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(value) else value for value in column]
