"""What Zylker sells, in which currencies, through which pipelines.

Fixed tables behind the demo CRM: products with their ladders, bundles and consumables, the two
sales pipelines, and the exchange rates. All of them are planted facts that the truths name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.zylker.columns import Ints


@dataclass(frozen=True)
class Product:
    """One product of Zylker; `price_cents` is the yearly list price per unit in US cents."""

    name: str
    code: str
    category: str
    vendor: str
    price_cents: int
    is_active: bool = True


PRODUCTS: Final = (
    Product("Zylker Desk Basic", "ZD-100", "Ticketing", "Zylker", 1_900),
    Product("Zylker Desk Core", "ZD-200", "Ticketing", "Zylker", 4_900),
    Product("Zylker Desk Advanced", "ZD-300", "Ticketing", "Zylker", 9_900),
    Product("Patient Portal Basic", "PP-100", "Patient portal", "Zylker", 2_400),
    Product("Patient Portal Core", "PP-200", "Patient portal", "Zylker", 5_600),
    Product("Patient Portal Advanced", "PP-300", "Patient portal", "Zylker", 11_200),
    Product("Ward Scheduling Basic", "WS-100", "Scheduling", "Zylker", 1_500),
    Product("Ward Scheduling Core", "WS-200", "Scheduling", "Zylker", 3_800),
    Product("Ward Scheduling Advanced", "WS-300", "Scheduling", "Zylker", 7_400),
    Product("Live Chat", "AD-110", "Add-on", "Zylker", 1_200),
    Product("Chatbot", "AD-120", "Add-on", "Zylker", 2_900),
    Product("Analytics", "AD-210", "Add-on", "Zylker", 3_500),
    Product("Report Builder", "AD-220", "Add-on", "Zylker", 1_750),
    Product("Compliance Archive", "AD-310", "Compliance", "Vaultline", 4_400),
    Product("Audit Trail", "AD-320", "Compliance", "Vaultline", 2_100),
    Product("Knowledge Base", "AD-410", "Add-on", "Zylker", 900),
    Product("Telephony Connector", "AD-510", "Connector", "Ringwell", 1_650),
    Product("Ticket Pack 1000", "CO-010", "Consumable", "Zylker", 4_000),
    Product("Text Message Credits", "CO-020", "Consumable", "Ringwell", 2_500),
    Product("Training Day", "SV-010", "Service", "Zylker", 9_500),
    Product("Onboarding Package", "SV-020", "Service", "Zylker", 7_500),
    Product("Data Migration", "SV-030", "Service", "Zylker", 6_000),
    Product("Zylker Desk Classic", "ZD-001", "Ticketing", "Zylker", 1_400, is_active=False),
    Product('Fax Gateway, 19" rack', "AD-901", "Connector", "Ringwell", 2_200, is_active=False),
)

LADDERS: Final = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
"""Products bought in this order, one step per deal: Basic, Core, Advanced (REC-23)."""

BUNDLES: Final = ((9, 10), (11, 12), (13, 14))
"""Products bought in one deal: 85 % of the deals with several lines that hold one hold both."""

CONSUMABLES: Final = (17, 18, 19)
"""Products bought again and again at the account's own rhythm (REC-6)."""

FILLERS: Final = (9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23)
"""Products drawn freely; the last two are no longer sold and appear in old deals only."""

FILLER_WEIGHTS: Final = (9.0, 4.0, 8.0, 4.0, 6.0, 3.0, 4.0, 2.0, 8.0, 7.0, 1.5, 1.0)
RETIRED_AFTER_DAYS: Final = 900
"""Inactive products are in no deal that closed later than so many days before the end."""

OWNED_TOGETHER: Final = (16, 15)
"""Cross-sell (REC-7): many accounts buy the second in the deal after the one with the first."""

BUNDLE_SHARE: Final = 0.85

ENTRY_PRODUCTS: Final = (9, 11, 13, 20, 21, 16, 15, 13, 21, 11)
"""First purchase (REC-4): what accounts of each of `vocabulary.INDUSTRIES` begin with."""

ENTRY_SHARE: Final = 0.6
"""Accounts that do, unless they climb a ladder or keep a rhythm."""

STANDARD_PIPELINE: Final = "Standard"
RENEWAL_PIPELINE: Final = "Renewals"
OPEN_STAGES: Final = (
    # pipeline, stage, probability; "On Hold" is open here and lost in the other pipeline
    (STANDARD_PIPELINE, "Qualification", 10),
    (STANDARD_PIPELINE, "Needs Analysis", 25),
    (STANDARD_PIPELINE, "Value Proposition", 40),
    (STANDARD_PIPELINE, "Negotiation", 70),
    (STANDARD_PIPELINE, "On Hold", 5),
    (RENEWAL_PIPELINE, "Renewal Due", 50),
    (RENEWAL_PIPELINE, "Quote Sent", 75),
)
LOST_STAGES: Final = (
    (STANDARD_PIPELINE, "Closed Lost"),
    (STANDARD_PIPELINE, "Closed Lost to Competition"),
    (RENEWAL_PIPELINE, "Not Renewed"),
    (RENEWAL_PIPELINE, "On Hold"),
)
WON_STAGES: Final = ((STANDARD_PIPELINE, "Closed Won"), (RENEWAL_PIPELINE, "Renewed"))
LOSS_REASONS: Final = (
    "Price", "Competitor", "No budget", "Missing feature", "No decision", "Timing",
)  # fmt: skip
LEAD_SOURCES: Final = (
    "Web Form", "Trade Show", "Partner", "Webinar", "Cold Call", "Referral", "Advertisement",
)  # fmt: skip
CAMPAIGNS: Final = (
    "Spring ticket clean-up", "HealthTech Expo", "Patient portal launch", "Renewal early bird",
    "Compliance week", "Autumn webinar series", "Partner day", "Desk Advanced upgrade",
)  # fmt: skip

CURRENCIES: Final = ("USD", "EUR", "GBP", "INR", "JPY", "BRL")
CURRENCY_WITHOUT_RATE: Final = "BRL"
"""Deals in this currency have no stored rate, and no table has one: their amount is unknown."""

_OPENING_RATES: Final = (1.0, 0.92, 0.79, 81.5, 141.0, 5.1)
RATE_SCALE: Final = 6


def monthly_rates(stream: np.random.Generator, months: int) -> Ints:
    """Return rates in millionths of a record currency unit per US dollar, month by currency.

    A slow walk of at most 1.5 % a month. Rates hold from the first of the month.
    """
    steps = 1 + (stream.random((months, len(CURRENCIES))) - 0.5) * 0.03
    walk = np.cumprod(steps, axis=0) * np.asarray(_OPENING_RATES)
    walk[:, 0] = 1.0
    rates: Ints = np.rint(walk * 10**RATE_SCALE).astype(np.int64)
    return rates
