"""Questions about the days ahead: what may be asked (PRD-1, PRD-3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.documents import problems

FIXED = {"field": "closing_date", "after": "2020-01-31"}
RECENT = {"field": "closing_date", "in_last_days": 30}
QUARTER = {"field": "closing_date", "in": "this_quarter"}


@pytest.mark.parametrize(
    ("deals", "places"),
    [
        (FIXED, set()),
        (RECENT, {"predictions[0].deals"}),
        (QUARTER, {"predictions[0].deals"}),
        ({"any": [FIXED, {"not": RECENT}, QUARTER]},
         {"predictions[0].deals.any[1].not", "predictions[0].deals.any[2]"}),
    ],
)  # fmt: skip
def test_the_past_is_asked_the_same_question(deals: dict[str, Any], places: set[str]) -> None:
    """PRD-3: no deal that is learned from lies in a period that moves with as_of."""
    found = problems(predictions=[{"id": "p", "name": "P", "deals": deals}])
    assert set(found) == places
    assert all("relative to as_of" in message for message in found.values())


def test_ids_and_names_are_used_once() -> None:
    """PRD-1: one question, one score; names differ in more than case."""
    asked = [{"id": "p", "name": "Buys"}, {"id": "p", "name": "bUYS"}]
    assert set(problems(predictions=asked)) == {"predictions[1].id", "predictions[1].name"}
