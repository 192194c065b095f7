"""Rows that landing must refuse, planted in the CSV shape only: table by table.

`after` counts good rows; the values are chosen so that no reading of them is right: a missing key,
a date that does not exist, text in a number, a row with too few or too many cells, bytes that are
not UTF-8.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from connectors.zylker.writing import BadRow

MISSING_KEY, BAD_DATE, BAD_NUMBER = "missing key", "impossible date", "not a number"
BAD_TIME, TOO_FEW, TOO_MANY, BAD_BYTES = (
    "impossible timestamp", "too few cells", "too many cells", "not UTF-8",
)  # fmt: skip

BAD_ROWS: Final = MappingProxyType(
    {
        "Accounts": (
            BadRow(12, MISSING_KEY, "Account Id", (("Account Id", ""),)),
            BadRow(40, BAD_DATE, "Contract End Date", (("Contract End Date", "2026-02-30"),)),
            BadRow(77, BAD_NUMBER, "Annual Revenue", (("Annual Revenue", "12.34.56"),)),
            BadRow(101, TOO_FEW, missing=5),
        ),
        "Contacts": (
            BadRow(9, MISSING_KEY, "Contact Id", (("Contact Id", "   "),)),
            BadRow(66, TOO_MANY, extra=2),
            BadRow(120, BAD_BYTES, prefix=b"\xff\xfe"),
        ),
        "Products": (BadRow(5, MISSING_KEY, "Product Id", (("Product Id", ""),)),),
        "Deals": (
            BadRow(15, MISSING_KEY, "Deal Id", (("Deal Id", ""),)),
            BadRow(48, BAD_NUMBER, "Amount", (("Amount", "12.34.56"),)),
            BadRow(90, BAD_NUMBER, "Amount", (("Amount", "NaN"),)),
            BadRow(131, BAD_DATE, "Closing Date", (("Closing Date", "0000-00-00"),)),
            BadRow(170, BAD_TIME, "Created Time", (("Created Time", "2026-13-01 25:61:00"),)),
            BadRow(171, TOO_FEW, missing=3),
        ),
        "Deals_Products": (
            BadRow(30, MISSING_KEY, "Deal Id", (("Deal Id", ""),)),
            BadRow(75, BAD_NUMBER, "Quantity", (("Quantity", "two"),)),
        ),
        "Currency_Rates": (
            BadRow(3, MISSING_KEY, "Currency", (("Currency", ""),)),
            BadRow(8, BAD_NUMBER, "Exchange Rate", (("Exchange Rate", "inf"),)),
        ),
        "Emails": (
            BadRow(20, MISSING_KEY, "Event Id", (("Event Id", ""),)),
            BadRow(55, BAD_TIME, "Occurred At", (("Occurred At", "yesterday"),)),
        ),
        "Tickets": (BadRow(6, MISSING_KEY, "Event Id", (("Event Id", ""),)),),
    }
)
