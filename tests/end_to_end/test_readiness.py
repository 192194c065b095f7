"""Predictions and sales readiness of the demo CRM, told a second time (PRD-5, SRS-3 to SRS-5)."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.end_to_end.conftest import FIRST_DAY, ZYLKER, NextDay
from tests.end_to_end.crm_oracle import Crm
from tests.end_to_end.installation import Installation
from tests.end_to_end.test_zylker import Planted

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def planted(zylker: Installation) -> Planted:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return Planted(folder)


def quintile(zylker: Installation, *arguments: str) -> str:
    """Output of a command on the home folder of a run."""
    where = ["-c", str(zylker.configuration), "--home", str(zylker.home)]
    result = CliRunner().invoke(app, [*arguments, *where])
    assert result.exit_code == 0, result.output
    return result.output


def test_published_coefficients_alone_give_the_probabilities(zylker: Installation) -> None:
    """PRD-5: what is stored of a model is the model."""
    header = [
        name
        for (name,) in zylker.private_rows(
            "select column_name from duckdb_columns() where schema_name = 'learning' "
            "and table_name = 'int_account_signs__counted' order by column_index"
        )
    ]
    signs = zylker.private_rows(
        "select * from learning.int_account_signs__counted "
        "where cutoff_on = (select as_of from config.run)"
    )
    assert len(signs) == zylker.one("select count(*) from marts.dim_accounts") == 188
    for question in ("purchase", "renewal"):
        stored = zylker.rows(
            "select feature, coefficient, mean, spread from marts.rpt_prediction_coefficients "
            f"where prediction_id = '{question}'"
        )
        own = {name: weight for name, weight, *_ in stored if name.startswith("(")}
        said = zylker.pairs(
            "select account_id, prediction_probability from marts.seg_account_predictions "
            f"where prediction_id = '{question}'"
        )
        assert len(said) == 188
        for row in signs:
            account = dict(zip(header, row, strict=True))
            odds = own["(intercept)"]
            for name, weight, mean, spread in stored:
                if not name.startswith("("):
                    odds += weight * (feature(account, name, mean) - mean) / spread
            odds = own["(calibration_slope)"] * odds + own["(calibration_shift)"]
            expected = 100 / (1 + math.exp(-odds))
            assert float(said[account["account_id"]]) == pytest.approx(expected, abs=0.0051)


def feature(account: dict[str, Any], name: str, mean: float) -> float:
    """Value of a feature: a logarithm, a gap, or whether a category has a value."""
    if " = " in name:
        sign, value = name.split(" = ", 1)
        return float(account[sign] == value)
    if name.endswith(" missing"):
        return float(account[name.removesuffix(" missing")] is None)
    # A gap is filled with the mean of what is known, which is the mean of the filled column too.
    return mean if account[name] is None else math.log1p(max(float(account[name]), 0))


def test_the_model_is_better_than_rates_and_says_what_it_was_tested_on(
    zylker: Installation,
) -> None:
    cards = zylker.rows(
        "select prediction_id, method, tested_on, tested_account_count, auc, baseline_auc, "
        "brier, baseline_brier, hindsight from marts.rpt_prediction_cards order by 1"
    )
    assert [card[:4] for card in cards] == [
        ("purchase", "logistic", FIRST_DAY.replace(month=8, day=2), 185),
        ("renewal", "logistic", FIRST_DAY.replace(month=8, day=2), 185),
    ]
    for *_, auc, simple_auc, brier, simple_brier, hindsight in cards:
        assert auc > simple_auc
        assert brier < simple_brier
        assert hindsight == "industry and size_label_id of past days are those of today"
    assert cards[0][4] > 0.8


def test_every_score_again_from_its_parts_and_the_files(
    zylker: Installation, planted: Planted
) -> None:
    """SRS-3: fit is counted in the CRM's files; the score is half, three tenths and two tenths."""
    refused = frozenset((row["file"], row["row"]) for row in planted.facts["bad_rows"])
    crm = Crm(planted.folder, FIRST_DAY, refused)
    reachable: dict[str, bool] = defaultdict(bool)
    for contact in crm.newest("Contacts", "Contact Id").values():
        may_write = bool(contact["Email"].strip()) and contact["Email Opt Out"] != "true"
        if contact["Account Id"] in crm.accounts and contact.get("Is Deleted") != "true":
            reachable[crm.survivor(contact["Account Id"])] |= may_write
    industries = zylker.pairs("select account_id, industry from marts.dim_accounts")
    rows = zylker.rows(
        "select account_id, fit_score, engagement_score, prediction_probability, "
        "sales_ready_score, sales_ready_state from marts.seg_account_readiness"
    )
    assert {account for account, *_ in rows} == crm.in_scope
    for account, fit, engagement, probability, score, state in rows:
        employees = crm.accounts[account]["Employees"].replace(",", "")
        fulfilled = (
            (industries[account] in ("Hospitals", "Clinics"))
            + (employees.isdigit() and int(employees) >= 100)
            + reachable[account]
        )
        assert fit == (Decimal(100 * fulfilled) / 3).quantize(CENT, ROUND_HALF_UP), account
        exact = (5 * engagement + 3 * fit + 2 * probability) / 10
        assert score == exact.quantize(CENT, ROUND_HALF_UP)
        assert state == ("handed_off" if score >= 60 else "nurture")
    handed_off = zylker.ids("select account_id from marts.rpt_handoffs")
    assert handed_off == {account for account, *_, score, _ in rows if score >= 60}
    # Those who were planted as engaged are most of them; of the silent there is none.
    assert len(handed_off) == 22


def test_an_answer_of_sales_counts_in_the_next_run_and_nobody_is_handed_off_twice(
    next_day: NextDay,
) -> None:
    """SRS-4, SRS-5: returned goes to nurture; a week later nobody is handed off again."""
    home = next_day.copy("answered")
    before = home.ids("select account_id from marts.rpt_handoffs")
    returned, accepted, *_ = sorted(before)
    day = ["--on", str(FIRST_DAY)]
    quintile(home, "handoff", returned, "accepted", "--by", "ann", *day)
    quintile(home, "handoff", returned, "returned", "--note", "no budget", "--by", "ann", *day)
    told = quintile(home, "handoff", accepted, "accepted", "--by", "bob", "--json", *day)
    assert json.loads(told)["answer"] == "accepted"
    home.run("--as-of", "2026-11-07")
    states = home.pairs("select account_id, sales_ready_state from marts.seg_account_readiness")
    assert states[returned] == "nurture"
    assert states[accepted] == "accepted"
    handoffs = home.rows(
        "select account_id, handed_off_on, handoff_state, answered_by, note "
        "from marts.rpt_handoffs order by 1, 2"
    )
    assert len({account for account, *_ in handoffs}) == len(handoffs)
    assert (returned, FIRST_DAY, "returned", "ann", "no budget") in handoffs
    assert {account for account, day, *_ in handoffs if day == FIRST_DAY} == before
    waiting = json.loads(quintile(home, "handoffs", "--json"))
    assert waiting["count"] == sum(state == "handed_off" for _, _, state, *_ in handoffs)
    assert returned not in {row["account_id"] for row in waiting["handoffs"]}


def test_the_commands_tell_what_is_published(zylker: Installation) -> None:
    account, probability = zylker.rows(
        "select account_id, prediction_probability from marts.seg_account_predictions "
        "where prediction_id = 'purchase' order by prediction_probability desc, account_id limit 1"
    )[0]
    told = json.loads(quintile(zylker, "predict", account, "--json"))
    assert [row["prediction_id"] for row in told["predictions"]] == ["purchase", "renewal"]
    assert Decimal(str(told["predictions"][0]["prediction_probability"])) == probability
    shown = quintile(zylker, "predict", account)
    assert f"Buys within 90 days: {probability} %, likely to win" in shown
    nobody = zylker.ids("select account_id from marts.seg_account_readiness") - zylker.ids(
        "select account_id from marts.rpt_handoffs"
    )
    refused = CliRunner().invoke(
        app,
        ["handoff", min(nobody), "accepted", "-c", str(ZYLKER / "abm.yaml"), "--home",
         str(zylker.home)],
    )  # fmt: skip
    assert refused.exit_code == 2
    assert "was never handed off" in refused.output
