"""Northwind end to end: orders whose amounts come from their lines, on two business dates.

The installation runs on 5 February 1998, then on 6 May 1998, then on that day again. Every figure
is computed a second time from the raw files with nothing but the standard library.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pytest

from tests.end_to_end.installation import ROOT, Installation
from tests.end_to_end.rank_oracle import (
    Purchases,
    label_counts,
    rfm_scores,
    rounded,
    shipped_label,
)

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("real data"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

FIRST_DAY, LAST_DAY = date(1998, 2, 5), date(1998, 5, 6)
COTE_DE_BLAYE = "38"
NORTH, SOUTH = {"USA", "Canada", "Mexico"}, {"Argentina", "Brazil", "Venezuela"}
ISLES = {"UK", "Ireland"}


@dataclass(frozen=True)
class Files:
    """The raw files, and what follows from them for a business date."""

    folder: Path

    def records(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    @cached_property
    def countries(self) -> dict[str, str]:
        return {c["customerID"]: c["country"] for c in self.records("customers")}

    @cached_property
    def lines(self) -> dict[tuple[str, str], Decimal]:
        """Exact amount by order and product; the pair is unique in the file."""
        found = {
            (line["orderID"], line["productID"]): Decimal(line["quantity"])
            * Decimal(line["unitPrice"])
            * (1 - Decimal(line["discount"]))
            for line in self.records("order_details")
        }
        assert len(found) == 2155
        return found

    @cached_property
    def orders(self) -> dict[str, tuple[str, date, Decimal]]:
        """Customer, day and exact amount by order."""
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for (order, _), amount in self.lines.items():
            amounts[order] += amount
        return {
            order["orderID"]: (
                order["customerID"],
                date.fromisoformat(order["orderDate"][:10]),
                amounts[order["orderID"]],
            )
            for order in self.records("orders")
        }

    def purchases(self, as_of: date) -> dict[str, Purchases]:
        found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for customer, day, amount in self.orders.values():
            if day <= as_of:
                found[customer].append((day, amount))
        return {
            customer: Purchases(
                max(day for day, _ in orders), len(orders), sum((a for _, a in orders), Decimal())
            )
            for customer, orders in found.items()
        }

    def silent_regulars(self, as_of: date) -> set[str]:
        return {
            customer
            for customer, bought in self.purchases(as_of).items()
            if rounded(bought.amount) >= 5000 and bought.last_on <= as_of - timedelta(days=90)
        }

    def best(self, as_of: date) -> set[str]:
        scores = rfm_scores(self.purchases(as_of))
        return {c for c, triple in scores.items() if shipped_label(triple) == "rfm.most_important"}

    def buyers(self, product: str, as_of: date) -> set[str]:
        orders = {order for order, bought in self.lines if bought == product}
        return {
            customer
            for order, (customer, day, _) in self.orders.items()
            if order in orders and day <= as_of
        }


@pytest.fixture(scope="module")
def files(data_set: Callable[[str], Path]) -> Files:
    return Files(data_set("northwind") / "northwind")


@dataclass(frozen=True)
class Runs:
    """The installation after its three runs, and what the second of them had left."""

    installation: Installation
    pointer: str
    hashes: dict[str, str]
    exports: dict[str, bytes]


@pytest.fixture(scope="module")
def runs(data_set: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Runs:
    installation = Installation(
        ROOT / "examples" / "northwind" / "abm.yaml",
        tmp_path_factory.mktemp("northwind"),
        data_set("northwind"),
    )
    installation.run("--as-of", FIRST_DAY.isoformat())
    installation.run()
    before = (installation.published / "current.json").read_text()
    hashes, exports = installation.table_hashes(), installation.export_files()
    installation.run()
    return Runs(installation, before, hashes, exports)


@pytest.fixture(scope="module")
def northwind(runs: Runs) -> Installation:
    return runs.installation


def test_every_customer_is_in_scope_and_two_never_ordered(northwind: Installation) -> None:
    assert northwind.one("select count(*) from marts.dim_accounts") == 91
    assert northwind.one("select count(*) from marts.dim_landed_accounts") == 91
    never = "select account_id from marts.dim_accounts where purchase_count = 0"
    assert northwind.ids(never) == {"FISSA", "PARIS"}
    assert northwind.members("never_ordered") == {"FISSA", "PARIS"}


def test_orders_are_won_deals_and_lines_make_their_amounts(
    northwind: Installation, files: Files
) -> None:
    deals = northwind.rows(
        "select deal_id, account_id, closing_date, base_amount from marts.fct_deals "
        "where state = 'won'"
    )
    assert {deal: (account, day, amount) for deal, account, day, amount in deals} == files.orders
    assert len(deals) == 830
    total = sum(amount for *_, amount in deals)
    assert (total, rounded(total)) == (Decimal("1265793.0395"), Decimal("1265793.04"))
    lines = northwind.rows("select deal_id, product_id, base_line_amount from marts.fct_deal_lines")
    assert {(deal, product): amount for deal, product, amount in lines} == files.lines
    assert len(lines) == 2155


def test_revenue_of_every_account(northwind: Installation, files: Files) -> None:
    revenue = northwind.pairs("select account_id, revenue_amount from marts.dim_accounts")
    expected = {c: rounded(p.amount) for c, p in files.purchases(LAST_DAY).items()}
    assert revenue == {"FISSA": 0, "PARIS": 0} | expected
    best = sorted(revenue.items(), key=lambda item: -item[1])[:3]
    assert best == [
        ("QUICK", Decimal("110277.31")),
        ("ERNSH", Decimal("104874.98")),
        ("SAVEA", Decimal("104361.95")),
    ]
    assert sum(revenue.values()) == Decimal("1265793.08")  # why totals are made of exact amounts


def test_totals_round_once(northwind: Installation, files: Files) -> None:
    """A total is the rounded sum of exact amounts, not the sum of rounded ones (EDG-4)."""
    labels = northwind.pairs(
        "select label_id, revenue_amount from marts.rpt_labels where technique = 'rfm'"
    )
    scores, expected = rfm_scores(files.purchases(LAST_DAY)), defaultdict(Decimal)
    for customer, bought in files.purchases(LAST_DAY).items():
        expected[shipped_label(scores[customer])] += bought.amount
    assert {k: v for k, v in labels.items() if v} == {k: rounded(v) for k, v in expected.items()}
    for segment, amount in northwind.rows(
        "select segment_id, revenue_amount from marts.seg_segments"
    ):
        members = northwind.members(segment)
        exact = sum((a for c, _, a in files.orders.values() if c in members), Decimal())
        assert amount == rounded(exact), segment


def test_the_word_null_is_null(northwind: Installation) -> None:
    texts = northwind.rows(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where data_type = 'VARCHAR' and table_schema in ('marts', 'main')"
    )
    assert len(texts) > 100
    counts = " union all ".join(
        f"select '{schema}.{table}.{column}', count(*) from {schema}.{table} "
        f"where \"{column}\" = 'NULL'"
        for schema, table, column in texts
    )
    assert {place: found for place, found in northwind.rows(counts) if found} == {}
    states = "select count(*) from marts.dim_accounts where billing_state is null"
    assert northwind.one(states) == 60


def test_rfm_scores_equal_the_rank_form(northwind: Installation, files: Files) -> None:
    expected = rfm_scores(files.purchases(LAST_DAY))
    found = northwind.rows(
        "select account_id, recency_score, frequency_score, monetary_score, rfm_label_id "
        "from marts.seg_account_rfm where is_scored"
    )
    assert {account: tuple(scores) for account, *scores, _ in found} == expected
    for account, *scores, label in found:
        assert (label or "rfm.unlabelled") == shipped_label(tuple(scores)), account
    counts = northwind.pairs(
        "select label_id, primary_account_count from marts.rpt_labels where technique = 'rfm'"
    )
    assert {k: v for k, v in counts.items() if v} == label_counts(expected, accounts=91)
    assert counts["rfm.most_important"] == 15
    assert sum(counts.values()) == 91


def test_own_firmographic_labels(northwind: Installation, files: Files) -> None:
    found = northwind.pairs("select account_id, firmographics_label_id from marts.dim_accounts")
    regions = {
        customer: "north_america"
        if country in NORTH
        else "south_america"
        if country in SOUTH
        else "british_isles"
        if country in ISLES
        else "continent"
        for customer, country in files.countries.items()
    }
    assert found == {customer: f"firmographics.{region}" for customer, region in regions.items()}


def test_scope_waterfall_and_row_balance(northwind: Installation) -> None:
    steps = northwind.rows(
        "select dropped_count, kept_count from marts.rpt_scope_waterfall order by position"
    )
    assert steps[0] == (0, 91)
    assert steps[-1][1] == 91
    assert sum(dropped for dropped, _ in steps) == 0
    balance = northwind.rows(
        "select module, rows_read, rows_accepted, is_balanced from marts.rpt_landing_balance"
    )
    assert {module: counts for module, *counts in balance} == {
        "accounts": [91, 91, True],
        "contacts": [91, 91, True],
        "products": [77, 77, True],
        "deals": [830, 830, True],
        "deal_lines": [2155, 2155, True],
    }


def test_the_earlier_day_saw_only_what_had_happened(northwind: Installation, files: Files) -> None:
    """February was run from files that end in May: what came later is invisible (EDG-1)."""
    revenue = northwind.earlier_rows(
        FIRST_DAY,
        "select account_id, revenue_amount from marts.dim_accounts where revenue_amount > 0",
    )
    purchases = files.purchases(FIRST_DAY)
    assert dict(revenue) == {c: rounded(bought.amount) for c, bought in purchases.items()}
    findings = dict(
        northwind.earlier_rows(
            FIRST_DAY, "select check_name, finding_count from marts.rpt_data_quality"
        )
    )
    later = sum(day > FIRST_DAY for _, day, _ in files.orders.values())
    assert findings["deals_created_in_future"] == later == 205
    assert findings["lines_of_unknown_deal"] == 0


def test_a_dynamic_segment_and_its_child_follow_the_criteria(
    northwind: Installation, files: Files
) -> None:
    silent = files.silent_regulars(LAST_DAY)
    assert northwind.members("silent_regulars") == silent
    european = {c for c in silent if files.countries[c] not in NORTH | SOUTH}
    assert northwind.members("silent_regulars_in_europe") == european
    assert 0 < len(european) < len(silent)


def test_a_static_segment_keeps_its_first_members(northwind: Installation, files: Files) -> None:
    assert northwind.members("founding_circle") == files.best(FIRST_DAY)
    assert files.best(FIRST_DAY) != files.best(LAST_DAY)


def test_a_semi_dynamic_segment_only_grows(northwind: Installation, files: Files) -> None:
    early, late = files.buyers(COTE_DE_BLAYE, FIRST_DAY), files.buyers(COTE_DE_BLAYE, LAST_DAY)
    assert northwind.members("cote_de_blaye") == late
    assert early < late
    entered = northwind.pairs(
        "select account_id, entered_on from marts.seg_members where segment_id = 'cote_de_blaye'"
    )
    assert entered == {c: FIRST_DAY if c in early else LAST_DAY for c in late}


def test_ledger_replays_to_the_members_with_causes(northwind: Installation, files: Files) -> None:
    members = set(northwind.rows("select segment_id, account_id from marts.seg_members"))
    assert set(northwind.replayed_members()) == members
    events = northwind.rows(
        "select as_of, account_id, event, cause from marts.seg_membership_ledger "
        "where segment_id = 'silent_regulars'"
    )
    early, late = files.silent_regulars(FIRST_DAY), files.silent_regulars(LAST_DAY)
    bought = {c for c, day, _ in files.orders.values() if FIRST_DAY < day <= LAST_DAY}
    expected = [(FIRST_DAY, c, "entered", "definition_changed") for c in early]
    expected += [
        (LAST_DAY, c, "entered", "data_changed" if c in bought else "clock_moved")
        for c in late - early
    ]
    expected += [(LAST_DAY, c, "exited", "data_changed") for c in early - late]
    assert Counter(events) == Counter(expected)
    assert early - late
    assert late - early


def test_exports_hold_the_members(northwind: Installation) -> None:
    silent = northwind.export("silent-regulars")
    assert {row["account_id"] for row in silent} == northwind.members("silent_regulars")
    assert [row["account_id"] for row in silent] == sorted(row["account_id"] for row in silent)
    never = northwind.export("never-ordered")
    assert [row["account_id"] for row in never] == ["FISSA", "PARIS"]
    assert {"account_id", "account_name", "billing_country", "phone"} <= set(never[0])
    assert len(silent[0]) > len(never[0])


def test_a_rerun_changes_nothing(runs: Runs) -> None:
    assert (runs.installation.published / "current.json").read_text() == runs.pointer
    assert runs.installation.table_hashes() == runs.hashes
    assert runs.installation.export_files() == runs.exports
    assert runs.exports
