"""Which rules ask what accounts did until today, so that a past learned from is chosen by them."""

from __future__ import annotations

from typing import Any

import pytest

from models.usage import rules_by_deeds, rules_by_field
from tests.models.documents import base, configured

COUNTRY = {"field": "billing_country", "is": "not_empty"}
BOUGHT = {"field": "last_purchase_on", "after": "2024-01-01"}
HAS_WON = {"any_of": "deals", "where": {"field": "amount", "above": 10}}
HAS_CONTACTS = {"field": "contact_count", "above": 2}


def accounts(**changes: Any) -> dict[str, Any]:
    modules = base()["modules"]
    return modules | {"accounts": modules["accounts"] | changes}


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, ()),
        ({"global_criteria": {"all": [COUNTRY, HAS_CONTACTS]}}, ()),
        ({"global_criteria": {"all": [COUNTRY, {"not": BOUGHT}]}}, ("global_criteria",)),
        ({"global_criteria": HAS_WON}, ("global_criteria",)),
        (
            {"modules": accounts(dormant_after_days=400)},
            ("modules.accounts.dormant_after_days",),
        ),
        (
            {"modules": accounts(where={"field": "modified_at", "after": "2024-01-01"})},
            ("modules.accounts.where",),
        ),
        ({"limits": {"max_accounts": 101}}, ()),
        ({"limits": {"max_accounts": 100}}, ("limits.max_accounts",)),
        (
            {
                "techniques": {
                    "firmographics": {
                        "labels": [
                            {"id": "big", "name": "Big", "where": {
                                "field": "revenue_amount", "above": 10}},
                            {"id": "local", "name": "Local", "where": COUNTRY},
                        ]
                    }
                }
            },
            ("firmographics.big",),
        ),
    ],
)  # fmt: skip
def test_rules_that_ask_what_accounts_did(changes: dict[str, Any], rules: tuple[str, ...]) -> None:
    assert rules_by_deeds(configured(**changes), 100) == rules


def test_a_segment_chooses_no_accounts_to_learn_from() -> None:
    segment = {"id": "s", "name": "S", "nature": "dynamic", "where": BOUGHT}
    assert rules_by_deeds(configured(segments=[segment]), 100) == ()


def test_rules_on_events_read_the_fields_of_every_feed() -> None:
    """F24: the error about a lost column names them."""
    mails = {"from": "crm.mails", "channel": "email", "where": {"field": "page", "is": "empty"}}
    calls = {"from": "crm.calls", "channel": "call"}
    modules = base()["modules"] | {"events": {"mails": mails, "calls": calls}}
    where = {"any_of": "events", "where": {"field": "subject", "contains": "offer"}}
    segment = {"id": "s", "name": "S", "where": where}
    configuration = configured(modules=modules, segments=[segment])
    asked = {"subject": ("segment s",)}
    assert rules_by_field(configuration, "events.calls") == asked
    own = {"page": ("modules.events.mails.where",)}
    assert rules_by_field(configuration, "events.mails") == own | asked
    assert "subject" not in rules_by_field(configuration, "deals")
