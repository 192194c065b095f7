"""Registered labels of the demo CRM, again from published deals and predictions."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.end_to_end.conftest import FIRST_DAY, ZYLKER
from tests.end_to_end.installation import Installation

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

HOLIDAYS = (date(2024, 12, 25), date(2025, 12, 25), date(2024, 11, 28), date(2025, 11, 27))


def holders(zylker: Installation, label: str) -> set[str]:
    return zylker.ids(
        f"select account_id from marts.seg_account_labels where label_id = 'registry.{label}'"
    )


def test_rule_labels_again_from_the_deals(zylker: Installation) -> None:
    """LBL-5: owners until they talk of a competitor; LBL-6: most of it before holidays, 3 deals."""
    owners = zylker.ids(
        "select distinct lines.account_id from marts.fct_deal_lines as lines "
        "inner join marts.dim_products as products using (product_id) "
        "where contains(lower(products.product_name), 'desk') and lines.state = 'won'"
    )
    scope = zylker.ids("select account_id from marts.dim_accounts")
    elsewhere = zylker.ids(
        "select account_id from marts.seg_account_labels "
        "where label_id = 'voice_of_customer.looking_elsewhere'"
    )
    assert holders(zylker, "desk_owner") == (owners & scope) - elsewhere
    assert owners & elsewhere
    deals = zylker.rows(
        "select account_id, closed_on, base_amount from marts.fct_deals where state = 'won' "
        "and base_amount > 0 and closed_on > date '2024-10-31' and closed_on <= date '2026-10-31'"
    )
    amounts: dict[str, list[tuple[bool, Decimal]]] = defaultdict(list)
    for account, day, amount in deals:
        before = any(timedelta(0) <= holiday - day <= timedelta(21) for holiday in HOLIDAYS)
        amounts[account].append((before, amount))
    seasonal = {
        account
        for account, found in amounts.items()
        if len(found) >= 3
        and 5 * sum(a for before, a in found if before) >= 3 * sum(a for _, a in found)
    }
    assert holders(zylker, "holiday_buyer") == seasonal & scope != set()


def test_model_and_ensemble_labels_again_from_the_probabilities(zylker: Installation) -> None:
    """LBL-2, LBL-3."""
    said: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for account, question, probability in zylker.rows(
        "select account_id, prediction_id, prediction_probability "
        "from marts.seg_account_predictions"
    ):
        said[account][question] = probability
    buying = {account for account, found in said.items() if found["purchase"] >= 50}
    assert holders(zylker, "about_to_buy") == buying
    loyal = {
        account
        for account, found in said.items()
        if Decimal("0.4") * found["purchase"] + Decimal("0.6") * found["renewal"] >= 40
    }
    assert holders(zylker, "loyal") == loyal
    assert 10 < len(loyal) < len(said) / 4


def test_the_registry_tells_what_is_due_and_explain_tells_why(zylker: Installation) -> None:
    """LBL-4, BEY-1."""
    rows = zylker.rows(
        "select label_id, owner, is_review_due, is_valid, account_count "
        "from marts.rpt_label_registry where technique = 'registry' order by position"
    )
    assert [row[:4] for row in rows] == [
        ("registry.holiday_buyer", "Marketing", False, True),
        ("registry.desk_owner", "Product marketing", True, True),
        ("registry.about_to_buy", "Marketing", False, True),
        ("registry.loyal", "Customer success", False, True),
    ]
    assert [row[4] for row in rows] == [
        len(holders(zylker, label))
        for label in ("holiday_buyer", "desk_owner", "about_to_buy", "loyal")
    ]
    account = min(holders(zylker, "desk_owner"))
    result = CliRunner().invoke(
        app,
        ["explain", account, "registry.desk_owner", "--json", "-c", str(zylker.configuration),
         "--home", str(zylker.home)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["as_of"] == str(FIRST_DAY)
    assert len(told["conditions"]) == 2


def test_explain_says_when_a_label_begins_and_what_an_ensemble_is(
    zylker: Installation, tmp_path: Path
) -> None:
    """LBL-4: before its first day nobody has a label, whatever its rule says."""
    shutil.copytree(ZYLKER, tmp_path, dirs_exist_ok=True)
    text = (ZYLKER / "abm.yaml").read_text(encoding="utf-8")
    assert text.count("valid_from: 2026-01-15") == 1
    configuration = tmp_path / "abm.yaml"
    configuration.write_text(
        text.replace("valid_from: 2026-01-15", "valid_from: 2027-01-15"), encoding="utf-8"
    )
    where = ["-c", str(configuration), "--home", str(zylker.home)]
    account = min(holders(zylker, "desk_owner"))
    told = CliRunner().invoke(app, ["explain", account, "registry.desk_owner", *where]).output
    assert "Nobody has the label before 2027-01-15" in told
    assert "Nearest miss" not in told
    told = CliRunner().invoke(app, ["explain", account, "registry.loyal", *where]).output
    assert "An ensemble: 0.4 x purchase + 0.6 x renewal is at least 40" in told
