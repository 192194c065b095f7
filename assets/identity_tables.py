"""Tables of schema `ml` about who is the same, as columns, and what they are made from.

They take the place of the old ones when all are filled (`assets.learned_tables`). Never compare or
decide here.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from typing import Final

import duckdb
import pandas as pd

from assets.learned_tables import Tables

DESCRIBED: Final = ("int_accounts__described", "int_contacts__described")
"""dbt models of schema `learning` that hold what identifies accounts and contacts."""
LEADS: Final = "int_leads__described"
"""The same of leads: made comparable by the rules of contacts, and merged by SQL (HYG-3)."""
_PAIR: Final = {
    "match_weight": "DECIMAL(9,4)", "match_probability": "DECIMAL(6,3)", "found_by": "VARCHAR",
    "rule": "VARCHAR", "reasons": "VARCHAR",
}  # fmt: skip
_PHONE: Final = {
    "phone_e164": "VARCHAR", "has_phone_digits": "BOOLEAN", "is_phone_valid": "BOOLEAN",
    "phone_reason": "VARCHAR",
}  # fmt: skip
IDENTITY_TABLES: Final[Tables] = {
    "account_identities": (
        "Identifiers of accounts, made comparable (ACC-9). One row per account.",
        {
            "account_id": "VARCHAR", "name_key": "VARCHAR", "region": "VARCHAR",
            "web_domain": "VARCHAR", "is_web_domain_public": "BOOLEAN",
            "website_reason": "VARCHAR", **_PHONE,
        },
    ),
    "contact_identities": (
        "Identifiers of contacts, made comparable (ACC-9). One row per contact.",
        {
            "contact_id": "VARCHAR", "email_normalized": "VARCHAR", "email_domain": "VARCHAR",
            "is_email_domain_public": "BOOLEAN", "is_email_valid": "BOOLEAN",
            "email_reason": "VARCHAR", **_PHONE,
        },
    ),
    "lead_identities": (
        "Identifiers of leads, made comparable (HYG-3). One row per lead.",
        {
            "lead_id": "VARCHAR", "person_name": "VARCHAR", "web_domain": "VARCHAR",
            "email_normalized": "VARCHAR", "email_domain": "VARCHAR", "is_email_valid": "BOOLEAN",
            "email_reason": "VARCHAR", **_PHONE,
        },
    ),
    "account_pairs": (
        "Accounts that may be the same, with weights and reasons (ACC-9). One row per pair.",
        {"account_id": "VARCHAR", "other_account_id": "VARCHAR", **_PAIR},
    ),
    "contact_pairs": (
        "Contacts that may be the same, with weights and reasons (ACC-9). One row per pair.",
        {"contact_id": "VARCHAR", "other_contact_id": "VARCHAR", **_PAIR},
    ),
}  # fmt: skip
"""Description and columns by table."""


def described(connection: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    """Return a table of what identifies records, by key."""
    return connection.execute(f"select * from learning.{table} order by 1").df()
