"""CDNOW end to end: one table in two roles, keys made of rows, 23,570 customers."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pytest

from tests.end_to_end.installation import ROOT, Installation
from tests.end_to_end.rank_oracle import Purchases, label_counts, rfm_scores, shipped_label

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("real data"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

AS_OF = date(1998, 6, 30)


@dataclass(frozen=True)
class Purchase:
    """One line of the file."""

    customer: str
    day: date
    discs: str
    dollars: Decimal


@dataclass(frozen=True)
class File:
    """The raw file, and what follows from it."""

    path: Path

    @cached_property
    def purchases(self) -> list[Purchase]:
        lines = self.path.read_text(encoding="ascii").splitlines()[1:]
        return [
            Purchase(customer, date.fromisoformat(day), discs, Decimal(dollars))
            for customer, day, discs, dollars in (line.split() for line in lines)
        ]

    @cached_property
    def by_customer(self) -> dict[str, list[Purchase]]:
        found: dict[str, list[Purchase]] = defaultdict(list)
        for purchase in self.purchases:
            found[purchase.customer].append(purchase)
        return found

    @cached_property
    def bought(self) -> dict[str, Purchases]:
        return {
            customer: Purchases(
                max(p.day for p in purchases),
                len(purchases),
                sum((p.dollars for p in purchases), Decimal()),
            )
            for customer, purchases in self.by_customer.items()
        }


@pytest.fixture(scope="module")
def file(data_set: Callable[[str], Path]) -> File:
    return File(data_set("cdnow") / "cdnow" / "CDNOW_master.txt")


@pytest.fixture(scope="module")
def cdnow(
    data_set: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    installation = Installation(
        ROOT / "examples" / "cdnow" / "abm.yaml",
        tmp_path_factory.mktemp("cdnow"),
        data_set("cdnow"),
    )
    installation.run()
    return installation


def test_customers_purchases_and_dollars(cdnow: Installation, file: File) -> None:
    assert cdnow.one("select count(*) from marts.dim_accounts") == 23_570
    ((purchases, dollars),) = cdnow.rows("select count(*), sum(base_amount) from marts.fct_deals")
    assert (purchases, dollars) == (69_659, Decimal("2500315.63"))
    found = cdnow.rows(
        "select account_id, first_purchase_on, last_purchase_on, purchase_count, revenue_amount "
        "from marts.dim_accounts"
    )
    assert {customer: tuple(rest) for customer, *rest in found} == {
        customer: (
            min(p.day for p in file.by_customer[customer]),
            bought.last_on,
            bought.count,
            bought.amount,
        )
        for customer, bought in file.bought.items()
    }


def test_repeated_and_free_purchases_are_kept_and_reported(cdnow: Installation, file: File) -> None:
    lines = Counter(file.purchases)
    assert sum(count - 1 for count in lines.values()) == 255
    repeated = sum(1 for count in lines.values() if count > 1)
    findings = cdnow.pairs("select check_name, finding_count from marts.rpt_data_quality")
    assert findings["deals_that_look_alike"] == repeated == 215
    assert findings["won_deals_of_zero_amount"] == 80
    alike = cdnow.one(
        "select sum(purchases - 1) from (select count(*) as purchases from marts.fct_deals "
        "group by account_id, closing_date, base_amount, deal_name)"
    )
    assert alike == 255


def test_one_table_in_two_roles_balances(cdnow: Installation) -> None:
    balance = cdnow.rows(
        "select module, rows_read, rows_accepted, rows_duplicate, is_balanced "
        "from marts.rpt_landing_balance"
    )
    assert {module: counts for module, *counts in balance} == {
        "accounts": [69_659, 23_570, 46_089, True],
        "deals": [69_659, 69_659, 0, True],
    }
    steps = cdnow.rows("select dropped_count, kept_count from marts.rpt_scope_waterfall")
    assert set(steps) == {(0, 23_570)}


def test_rfm_scores_equal_the_rank_form(cdnow: Installation, file: File) -> None:
    expected = rfm_scores(file.bought)
    found = cdnow.rows(
        "select account_id, recency_score, frequency_score, monetary_score, rfm_label_id "
        "from marts.seg_account_rfm"
    )
    assert {account: tuple(scores) for account, *scores, _ in found} == expected
    for account, *scores, label in found:
        assert (label or "rfm.unlabelled") == shipped_label(tuple(scores)), account
    counts = cdnow.pairs(
        "select label_id, primary_account_count from marts.rpt_labels where technique = 'rfm'"
    )
    assert {k: v for k, v in counts.items() if v} == label_counts(expected, accounts=23_570)


def test_ties_leave_a_frequency_score_empty(cdnow: Installation, file: File) -> None:
    counts = cdnow.pairs(
        "select score, account_count from marts.rpt_rfm_distribution where metric = 'frequency'"
    )
    assert counts[1] == sum(1 for bought in file.bought.values() if bought.count == 1) == 11_908
    assert counts[2] == 0
    assert sum(counts.values()) == 23_570


def test_members_of_every_nature(cdnow: Installation, file: File) -> None:
    labels = {c: shipped_label(scores) for c, scores in rfm_scores(file.bought).items()}
    expected = {
        "worth_a_letter": {c for c, label in labels.items() if label == "rfm.cannot_lose"},
        "two_or_three_and_gone": {
            c
            for c, bought in file.bought.items()
            if bought.count in (2, 3) and bought.last_on <= AS_OF - timedelta(days=365)
        },
        "big_baskets": {p.customer for p in file.purchases if p.dollars >= 200},
        "january_cohort": {
            c
            for c, purchases in file.by_customer.items()
            if min(p.day for p in purchases) <= date(1997, 1, 31)
        },
    }
    assert {segment: cdnow.members(segment) for segment in expected} == expected
    assert all(expected.values())
    assert set(cdnow.replayed_members()) == {(s, c) for s, found in expected.items() for c in found}
    records = cdnow.export("worth-a-letter")
    assert [row["account_id"] for row in records] == sorted(expected["worth_a_letter"])
    for row in records:
        assert Decimal(row["revenue_amount"]) == file.bought[row["account_id"]].amount


@pytest.mark.skipif(
    os.environ.get("QUINTILE_NIGHTLY") != "1",
    reason="Northwind and the demo are run again every time: QUINTILE_NIGHTLY=1",
)
def test_a_rerun_changes_nothing(cdnow: Installation) -> None:
    pointer = (cdnow.published / "current.json").read_text()
    hashes, exports = cdnow.table_hashes(), cdnow.export_files()
    cdnow.run()
    assert (cdnow.published / "current.json").read_text() == pointer
    assert (cdnow.table_hashes(), cdnow.export_files()) == (hashes, exports)
