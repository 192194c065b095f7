"""The Maven pipeline end to end: a CRM with blemishes, reported and not repaired in silence.

A second installation reads the same pipeline with American dates and with the product's misspelling
declared: equal figures, and one finding less.
"""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
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

STATES = {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}
CONFIGURATION = ROOT / "examples" / "maven_crm_sales" / "abm.yaml"


@dataclass(frozen=True)
class Files:
    """The raw files, and what follows from them."""

    folder: Path

    def records(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    @cached_property
    def accounts(self) -> dict[str, dict[str, str]]:
        return {record["account"]: record for record in self.records("accounts")}

    @cached_property
    def opportunities(self) -> list[dict[str, str]]:
        return self.records("sales_pipeline")

    @cached_property
    def purchases(self) -> dict[str, Purchases]:
        won: dict[str, list[dict[str, str]]] = defaultdict(list)
        for record in self.opportunities:
            if record["deal_stage"] == "Won":
                won[record["account"]].append(record)
        return {
            account: Purchases(
                max(date.fromisoformat(record["close_date"]) for record in records),
                len(records),
                sum((Decimal(record["close_value"]) for record in records), Decimal()),
            )
            for account, records in won.items()
        }

    def count_by_account(self, stages: set[str], quarter_from: str = "") -> Counter[str]:
        return Counter(
            record["account"]
            for record in self.opportunities
            if record["deal_stage"] in stages and record["close_date"] >= quarter_from
        )


@pytest.fixture(scope="module")
def files(data_set: Callable[[str], Path]) -> Files:
    return Files(data_set("maven_crm_sales") / "maven_crm_sales")


@pytest.fixture(scope="module")
def maven(
    data_set: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    home = tmp_path_factory.mktemp("maven")
    installation = Installation(CONFIGURATION, home, data_set("maven_crm_sales"))
    installation.run()
    return installation


@pytest.fixture(scope="module")
def variant(
    data_set: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """The same pipeline with M/D/YYYY dates, declared, and GTXPro declared to be GTX Pro."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for old, new in (
        ("maven_crm_sales/sales_pipeline", "maven_crm_sales/variant_us_dates/sales_pipeline"),
        ('#   date_format: "%m/%d/%Y"', 'date_format: "%m/%d/%Y"'),
        ('#   timestamp_format: "%m/%d/%Y"', 'timestamp_format: "%m/%d/%Y"'),
        ("product_id: product\n      quantity", "# product_id: product\n      quantity"),
        ("#   product_id: {column: product, replace", "product_id: {column: product, replace"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    folder = tmp_path_factory.mktemp("maven_us_dates")
    configuration = folder / "abm.yaml"
    configuration.write_text(text, encoding="utf-8")
    installation = Installation(configuration, folder / "home", data_set("maven_crm_sales"))
    installation.run()
    return installation


@pytest.fixture(params=["maven", "variant"])
def either(request: pytest.FixtureRequest) -> Installation:
    """Both installations: what is asserted of the one holds for the other."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Installation)
    return found


def test_every_opportunity_is_a_deal(either: Installation, files: Files) -> None:
    landed = either.private_rows(
        "select deal_id, state, account_id, amount from intermediate.int_deals__converted"
    )
    assert len(landed) == 8800
    assert {deal: (state, account, amount) for deal, state, account, amount in landed} == {
        record["opportunity_id"]: (
            STATES[record["deal_stage"]],
            record["account"] or None,
            Decimal(record["close_value"]) if record["close_value"] else None,
        )
        for record in files.opportunities
    }
    assert Counter(state for _, state, _, _ in landed) == {"won": 4238, "lost": 2473, "open": 2089}


def test_won_revenue(either: Installation, files: Files) -> None:
    total = "select sum(base_amount) from marts.fct_deals where state = 'won'"
    assert either.one(total) == 10_005_534
    assert either.one("select sum(revenue_amount) from marts.dim_accounts") == 10_005_534
    revenue = either.pairs("select account_id, revenue_amount from marts.dim_accounts")
    assert revenue == {account: bought.amount for account, bought in files.purchases.items()}
    assert len(revenue) == 85


def test_deals_without_account_are_reported(either: Installation, files: Files) -> None:
    findings = either.pairs("select check_name, finding_count from marts.rpt_data_quality")
    assert findings["deals_without_account"] == 1425
    assert findings["deals_account_id_missing"] == 1425  # as the door saw it
    assert findings["deals_closing_date_missing"] == 2089
    assert findings["deals_created_at_missing"] == 500
    assert findings["deals_in_unknown_stage"] == 0
    ((examples,),) = either.rows(
        "select example_ids from marts.rpt_data_quality where check_name = 'deals_without_account'"
    )
    without = {r["opportunity_id"] for r in files.opportunities if not r["account"]}
    assert set(example_ids(examples)) <= without
    assert either.one("select count(*) from marts.fct_deals") == 8800 - 1425


def example_ids(examples: object) -> list[str]:
    """Ids of a finding, whether they come as a list or as one text."""
    if isinstance(examples, str):
        return [text.strip() for text in examples.split(",")]
    assert isinstance(examples, list)
    return examples


def test_a_product_spelled_in_two_ways_is_reported(
    maven: Installation, variant: Installation
) -> None:
    query = (
        "select finding_count, example_ids from marts.rpt_data_quality "
        "where check_name = 'lines_of_unknown_product'"
    )
    ((count, examples),) = maven.rows(query)
    assert (count, set(example_ids(examples))) == (1480, {"GTXPro"})
    ((count, _),) = variant.rows(query)
    assert count == 0
    sold = "select count(*) from marts.fct_deal_lines where product_name = 'GTX Pro'"
    assert (maven.one(sold), variant.one(sold)) == (0, variant.one(sold))
    assert variant.one(sold) > 1000


def test_a_misspelled_sector_is_normalised(either: Installation, files: Files) -> None:
    industries = either.rows("select account_id, industry, landed_industry from marts.dim_accounts")
    assert {account: landed for account, _, landed in industries} == {
        account: record["sector"] for account, record in files.accounts.items()
    }
    counts = Counter(industry for _, industry, _ in industries)
    assert counts["technology"] == 12
    assert "technolgy" not in counts


def test_rfm_scores_equal_the_rank_form(either: Installation, files: Files) -> None:
    expected = rfm_scores(files.purchases)
    found = either.rows(
        "select account_id, recency_score, frequency_score, monetary_score from "
        "marts.seg_account_rfm"
    )
    assert {account: tuple(scores) for account, *scores in found} == expected
    counts = either.pairs(
        "select label_id, primary_account_count from marts.rpt_labels where technique = 'rfm'"
    )
    assert {k: v for k, v in counts.items() if v} == label_counts(expected, accounts=85)


def test_size_labels(either: Installation, files: Files) -> None:
    found = either.pairs("select account_id, firmographics_label_id from marts.dim_accounts")
    sizes = ((1000, "enterprise"), (100, "mid_size"), (10, "small"), (0, "micro"))
    assert found == {
        account: "firmographics."
        + next(name for least, name in sizes if int(record["employees"]) >= least)
        for account, record in files.accounts.items()
    }


def test_scope_waterfall_and_row_balance(either: Installation) -> None:
    steps = either.rows(
        "select step, dropped_count, kept_count from marts.rpt_scope_waterfall order by position"
    )
    assert [step for step, _, _ in steps if step] == [1, 2]  # the two global criteria
    assert {(dropped, kept) for _, dropped, kept in steps} == {(0, 85)}
    balance = either.rows(
        "select module, rows_read, rows_accepted, rows_quarantined, is_balanced "
        "from marts.rpt_landing_balance"
    )
    assert {module: counts for module, *counts in balance} == {
        "accounts": [85, 85, 0, True],
        "products": [7, 7, 0, True],
        "deals": [8800, 8800, 0, True],
        "deal_lines": [8800, 8800, 0, True],
    }


def test_members_of_every_nature(either: Installation, files: Files) -> None:
    opened = files.count_by_account({"Engaging", "Prospecting"})
    crowded = {account for account in files.accounts if opened[account] >= 10}
    lost = files.count_by_account({"Lost"}, quarter_from="2017-10-01")
    losing = {account for account in files.accounts if lost[account] >= 10}
    technology = {a for a in losing if files.accounts[a]["sector"] == "technolgy"}
    owners = {
        record["account"]
        for record in files.opportunities
        if record["product"] == "GTK 500" and record["deal_stage"] == "Won"
    }
    labels = {a: shipped_label(scores) for a, scores in rfm_scores(files.purchases).items()}
    references = {
        account
        for account, record in files.accounts.items()
        if labels[account] in ("rfm.most_important", "rfm.important")
        and int(record["year_established"]) < 2000
    }
    expected = {
        "crowded_pipeline": crowded,
        "losing_this_quarter": losing,
        "losing_technology": technology,
        "gtk_500_owners": owners,
        "reference_customers": references,
    }
    assert {segment: either.members(segment) for segment in expected} == expected
    assert all(expected.values())
    assert len(owners) == 12
    assert set(either.replayed_members()) == {
        (s, a) for s, found in expected.items() for a in found
    }
    ids = [row["account_id"] for row in either.export("crowded-pipeline")]
    assert ids == sorted(crowded)


def test_dates_declared_in_another_way_give_equal_deals(
    maven: Installation, variant: Installation
) -> None:
    query = (
        "select deal_id, account_id, state, closing_date, created_at, base_amount "
        "from marts.fct_deals order by deal_id"
    )
    assert maven.rows(query) == variant.rows(query)


@pytest.mark.skipif(
    os.environ.get("QUINTILE_NIGHTLY") != "1",
    reason="Northwind and the demo are run again every time: QUINTILE_NIGHTLY=1",
)
def test_a_rerun_changes_nothing(maven: Installation) -> None:
    pointer = (maven.published / "current.json").read_text()
    hashes, exports = maven.table_hashes(), maven.export_files()
    maven.run()
    assert (maven.published / "current.json").read_text() == pointer
    assert (maven.table_hashes(), maven.export_files()) == (hashes, exports)
