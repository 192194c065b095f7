"""Records of tests as the frames that `ml.identity` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ml.identity.records import account_identities, contact_identities

ACCOUNT = ("account_name", "website", "phone", "billing_country", "billing_city")
CONTACT = ("account_id", "first_name", "last_name", "email", "phone", "billing_country", "city",
           "birth_date")  # fmt: skip


def accounts_frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Accounts by the values of ACCOUNT; keys count from a0000."""
    return _frame("account_id", "a", ACCOUNT, rows)


def contacts_frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Contacts by the values of CONTACT; keys count from c0000."""
    return _frame("contact_id", "c", CONTACT, rows)


def accounts(*rows: dict[str, Any]) -> pd.DataFrame:
    """Accounts by column; what is not said is missing."""
    return accounts_frame([[row.get(name) for name in ACCOUNT] for row in rows])


def contacts(*rows: dict[str, Any]) -> pd.DataFrame:
    """Contacts by column; what is not said is missing."""
    return contacts_frame([[row.get(name) for name in CONTACT] for row in rows])


def identities(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Identifiers of a frame of accounts or contacts, as rows."""
    read = account_identities if frame.columns[0] == "account_id" else contact_identities
    return read(frame).to_dict("records")


def _frame(
    key: str, letter: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> pd.DataFrame:
    found: dict[str, Any] = {key: [f"{letter}{n:04}" for n in range(len(rows))]}
    for place, name in enumerate(columns):
        found[name] = pd.Series([row[place] for row in rows], dtype=object)
    return pd.DataFrame(found, dtype=object)
