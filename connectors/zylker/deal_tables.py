"""Deals, line items and their planted oddities as tables, in the columns of a Zoho export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from connectors.zylker import catalogue as cat
from connectors.zylker.columns import (
    Flags,
    Ints,
    between,
    chosen,
    dates,
    decimals,
    flags,
    integers,
    joined,
    moments,
    picked,
    record_ids,
    texts,
    weighted,
)
from connectors.zylker.deals import LOST, OPEN, RATELESS_SHARE, REFUND, WON, Deals
from connectors.zylker.lines import Ladder, Lines
from connectors.zylker.plan import Plan, Traits

ODDITIES: Final = (
    "currency_without_rate",  # EDG-4: amount unknown, the deal still counts
    "amount_missing",  # RFM-30
    "amount_zero",  # RFM-30
    "won_in_future",  # RFM-32
    "won_without_closing_date",  # RFM-32
    "contact_of_other_account",  # LKP-6
    "created_after_closing",  # EDG-21
    "deleted",  # EDG-11
    "unknown_account",  # LKP-7
    "product_twice",  # LKP-8
)
UNKNOWN_ACCOUNT: Final = 999_999_999


@dataclass(frozen=True)
class Oddities:
    """Planted oddities of a block: positions of the deals by kind (ODDITIES)."""

    deals: dict[str, Ints]

    def mask(self, kind: str, size: int) -> Flags:
        """Return which of `size` deals have the oddity."""
        found = np.zeros(size, dtype=np.bool_)
        found[self.deals[kind]] = True
        return found


def draw_oddities(plan: Plan, traits: Traits, deals: Deals, ladder: Ladder) -> Oddities:
    """Choose the second last purchase of spare accounts, one oddity per account."""
    stream = plan.stream("oddities", traits.block)
    spare = traits.spare[traits.won_count[traits.spare] >= ladder.level[traits.spare] + 2]
    spare = stream.permutation(spare)
    each = min(len(spare) // len(ODDITIES), max(1, traits.size // 500))
    is_won = deals.kind == WON
    first = np.full(traits.size, -1)
    won = np.flatnonzero(is_won)
    first[deals.account[won][::-1]] = won[::-1]
    second_last = first + traits.won_count - 2
    return Oddities(
        {
            kind: np.sort(second_last[spare[number * each : (number + 1) * each]])
            for number, kind in enumerate(ODDITIES)
        }
    )


@dataclass(frozen=True)
class Money:
    """Amounts in the currency of the record, in hundredths, and what is stored about them."""

    currency: Ints
    rate: Ints
    has_rate: Flags
    deal_amount: Ints
    line_amount: Ints
    is_known: Flags


def draw_money(plan: Plan, traits: Traits, deals: Deals, lines: Lines, oddities: Oddities) -> Money:
    """Convert US cents into the record's currency line by line; the deal is the sum of its lines.

    The amount of a yen deal is whole.
    """
    stream = plan.stream("money", traits.block)
    exotic = oddities.mask("currency_without_rate", deals.size)
    zero = oddities.mask("amount_zero", deals.size)
    currency = np.where(exotic, cat.CURRENCIES.index(cat.CURRENCY_WITHOUT_RATE), deals.currency)
    rate = np.where(exotic, 5 * 10**cat.RATE_SCALE, deals.rate)
    step = np.where(currency == cat.CURRENCIES.index("JPY"), 100, 1)[lines.deal]
    amount = lines.cents * (rate[lines.deal] / 10**cat.RATE_SCALE) / step
    line_amount = np.rint(amount).astype(np.int64) * step
    line_amount[zero[lines.deal]] = 0
    sums = np.add.reduceat(line_amount, np.flatnonzero(np.diff(lines.deal, prepend=-1)))
    foreign = currency != 0
    forgotten = foreign & (stream.random(deals.size) < RATELESS_SHARE)
    return Money(
        currency=currency,
        rate=rate,
        has_rate=~forgotten & ~exotic,
        deal_amount=sums,
        line_amount=line_amount,
        is_known=~oddities.mask("amount_missing", deals.size),
    )


def deal_table(
    plan: Plan,
    traits: Traits,
    deals: Deals,
    lines: Lines,
    oddities: Oddities,
    money: Money,
    first_deal: int,
) -> pa.Table:
    """Return the columns of Deals; the block's deals are numbered from `first_deal`."""
    stream = plan.stream("deal columns", traits.block)
    size = deals.size
    numbers = np.arange(first_deal, first_deal + size)
    closing = np.where(oddities.mask("won_in_future", size), plan.end + 21, deals.closing)
    created = np.where(
        oddities.mask("created_after_closing", size), deals.closing + 9, deals.created
    )
    modified = np.minimum(np.maximum(closing, created) + between(stream, 0, 6, size), plan.end)
    modified = np.where(deals.kind == OPEN, plan.end - between(stream, 0, 9, size), modified)
    second = between(stream, 8 * 3600, 17 * 3600, size)
    account = traits.first + deals.account
    lost = oddities.mask("unknown_account", size)
    pipeline, stage, probability = _stage_columns(deals)
    campaign = stream.random(size) < 0.35
    return pa.table(
        {
            "Deal Id": record_ids("deals", numbers),
            "Deal Name": _deal_names(deals, lines, numbers),
            "Account Id": record_ids("accounts", np.where(lost, UNKNOWN_ACCOUNT, account)),
            "Contact Id": _contacts(stream, traits, deals, oddities),
            "Amount": decimals(money.deal_amount, 2, money.is_known),
            "Currency": picked(cat.CURRENCIES, money.currency),
            "Exchange Rate": decimals(money.rate, cat.RATE_SCALE, money.has_rate),
            "Closing Date": dates(closing, ~oddities.mask("won_without_closing_date", size)),
            "Stage": stage,
            "Probability (%)": integers(probability),
            "Type": _types(deals),
            "Pipeline": pipeline,
            "Lead Source": picked(
                cat.LEAD_SOURCES,
                weighted(stream, (5, 3, 2, 3, 1, 2, 1), size),
                stream.random(size) < 0.9,
            ),
            "Campaign Source Id": record_ids(
                "campaigns", between(stream, 0, len(cat.CAMPAIGNS) - 1, size), campaign
            ),
            "Reason For Loss": picked(
                cat.LOSS_REASONS,
                weighted(stream, (5, 4, 3, 2, 2, 1), size),
                (deals.kind == LOST) & (stream.random(size) < 0.85),
            ),
            "Created Time": moments(created, second),
            "Modified Time": moments(modified, second + 600),
            "Is Deleted": flags(oddities.mask("deleted", size)),
        }
    )


def line_table(
    lines: Lines,
    oddities: Oddities,
    money: Money,
    first_deal: int,
    first_line: int,
) -> pa.Table:
    """Return the columns of Deals_Products; `product_twice` deals repeat their first product."""
    size = len(lines.deal)
    deals = len(money.deal_amount)
    twice = oddities.mask("product_twice", deals)
    first = np.flatnonzero(np.diff(lines.deal, prepend=-1))
    product = lines.product.copy()
    second = first + 1
    has_second = np.diff(first, append=size) > 1
    repeated = twice & has_second
    product[second[repeated]] = product[first[repeated]]
    paid = np.abs(money.line_amount) * 100 / (100 - lines.discount_percent)
    price = np.rint(paid / np.maximum(np.abs(lines.quantity), 1)).astype(np.int64)
    numbers = np.arange(first_line, first_line + size)
    return pa.table(
        {
            "Line Id": record_ids("deals_products", numbers),
            "Deal Id": record_ids("deals", first_deal + lines.deal),
            "Product Id": record_ids("products", product),
            "Quantity": integers(lines.quantity),
            "Unit Price": decimals(price, 2),
            "Discount Share": decimals(lines.discount_percent, 2),
            "Line Amount": decimals(money.line_amount, 2),
        }
    )


def _deal_names(deals: Deals, lines: Lines, numbers: Ints) -> Any:
    first = lines.product[np.flatnonzero(np.diff(lines.deal, prepend=-1))]
    names = picked([p.name for p in cat.PRODUCTS], first)
    what = chosen(deals.kind == REFUND, "Credit note, ", "")
    return joined(what, names, " #", texts(numbers + 1))


def _types(deals: Deals) -> Any:
    renewing = ((deals.kind == WON) & (deals.stage == 1)) | (
        (deals.kind == OPEN) & (deals.stage >= 5)
    )
    known = np.where(renewing, 2, np.where(deals.position > 0, 1, 0))
    kinds = ("New Business", "Existing Business", "Renewal", "Refund")
    return picked(kinds, np.where(deals.kind == REFUND, 3, known))


def _stage_columns(deals: Deals) -> tuple[Any, Any, Ints]:
    """Return pipeline, stage and probability of every deal."""
    every = [
        *((p, s, 100) for p, s in cat.WON_STAGES),
        *((p, s, 0) for p, s in cat.LOST_STAGES),
        *cat.OPEN_STAGES,
    ]
    offset = np.asarray((0, 0, len(cat.WON_STAGES), len(cat.WON_STAGES) + len(cat.LOST_STAGES)))
    index = offset[deals.kind] + deals.stage
    return (
        picked([stage[0] for stage in every], index),
        picked([stage[1] for stage in every], index),
        np.asarray([stage[2] for stage in every])[index],
    )


def _contacts(stream: np.random.Generator, traits: Traits, deals: Deals, oddities: Oddities) -> Any:
    """Main contact of each deal; null for accounts without contacts and now and then."""
    count = traits.contact_count[deals.account]
    chosen_one = (stream.random(deals.size) ** 2 * count).astype(np.int64)
    number = traits.first_contact[deals.account] + chosen_one
    stranger = oddities.mask("contact_of_other_account", deals.size)
    elsewhere = (deals.account + traits.size // 2) % traits.size
    elsewhere = np.where(traits.contact_count[elsewhere] > 0, elsewhere, 0)
    number = np.where(stranger, traits.first_contact[elsewhere], number)
    known = (count > 0) & ((stream.random(deals.size) < 0.93) | stranger)
    return record_ids("contacts", number, known)
