"""Products, exchange rates, campaigns and competitors: the small tables of the demo CRM."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from connectors.zylker import catalogue as cat
from connectors.zylker.columns import (
    Ints,
    between,
    dates,
    decimals,
    flags,
    integers,
    moments,
    picked,
    record_ids,
)
from connectors.zylker.phrases import COMPETITORS
from connectors.zylker.plan import Plan


def product_table(plan: Plan) -> pa.Table:
    """Return the columns of Products."""
    stream = plan.stream("products")
    size = len(cat.PRODUCTS)
    every = np.arange(size)
    price = np.asarray([p.price_cents for p in cat.PRODUCTS])
    return pa.table(
        {
            "Product Id": record_ids("products", every),
            "Product Name": picked([p.name for p in cat.PRODUCTS], every),
            "Product Code": picked([p.code for p in cat.PRODUCTS], every),
            "Product Category": picked([p.category for p in cat.PRODUCTS], every),
            "Vendor Name": picked([p.vendor for p in cat.PRODUCTS], every),
            "Unit Price": decimals(price, 2),
            "Qty in Stock": integers(between(stream, 0, 900, size)),
            "Qty Ordered": integers(between(stream, 0, 90, size)),
            "Product Active": flags(np.asarray([p.is_active for p in cat.PRODUCTS])),
            "Created Time": moments(np.full(size, plan.start), every * 60 + 32_400),
            "Modified Time": moments(np.full(size, plan.end - 200), every * 60 + 32_400),
        }
    )


def rate_table(plan: Plan, rates: Ints) -> pa.Table:
    """Return the columns of Currency_Rates: record currency per US dollar, month by month.

    The US dollar itself and CURRENCY_WITHOUT_RATE are not in it.
    """
    months = len(rates)
    first = np.asarray([plan.start]).astype("datetime64[D]").astype("datetime64[M]")
    valid_from = (first + np.arange(months)).astype("datetime64[D]").astype(np.int64)
    listed = [
        i for i, c in enumerate(cat.CURRENCIES) if c not in ("USD", cat.CURRENCY_WITHOUT_RATE)
    ]
    currency = np.repeat(np.asarray(listed), months)
    return pa.table(
        {
            "Currency": picked(cat.CURRENCIES, currency),
            "Valid From": dates(np.tile(valid_from, len(listed))),
            "Exchange Rate": decimals(rates[:, listed].T.ravel(), cat.RATE_SCALE),
        }
    )


def drawn_rates(plan: Plan) -> Ints:
    """Return the planted rates from the first month of the history to the month after the end."""
    bounds = np.asarray([plan.start, plan.end]).astype("datetime64[D]").astype("datetime64[M]")
    months = int((bounds[1] - bounds[0]).astype(np.int64)) + 1
    return cat.monthly_rates(plan.stream("currency_rates"), months)


def campaign_table(plan: Plan) -> pa.Table:
    """Return the columns of Campaigns, with what they cost in US dollars."""
    stream = plan.stream("campaigns")
    size = len(cat.CAMPAIGNS)
    every = np.arange(size)
    return pa.table(
        {
            "Campaign Id": record_ids("campaigns", every),
            "Campaign Name": picked(cat.CAMPAIGNS, every),
            "Type": picked(("Email", "Trade Show", "Webinar", "Partner"), every % 4),
            "Start Date": dates(plan.end - 330 + every * 40),
            "Actual Cost": decimals(between(stream, 2_000, 40_000, size) * 100, 2),
        }
    )


def competitor_table() -> pa.Table:
    """Return the columns of Competitors: the list that the CRM knows, with aliases (VOC-9)."""
    names = [(name, spelling) for name, alias in COMPETITORS for spelling in (name, alias)]
    return pa.table({"Competitor": [n for n, _ in names], "Spelling": [s for _, s in names]})
