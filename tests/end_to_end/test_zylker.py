"""The demo CRM through the whole job: what was planted is what the marts say."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.crm_oracle import Crm
from tests.end_to_end.installation import Installation
from tests.end_to_end.rank_oracle import label_counts, rfm_scores, rounded, shipped_label

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

MODULES = {
    "accounts": "Accounts",
    "contacts": "Contacts",
    "products": "Products",
    "deals": "Deals",
    "deal_lines": "Deals_Products",
    "currency_rates": "Currency_Rates",
    "leads": "Leads",
}
FEEDS = {
    "events.mails": "Emails",
    "events.campaigns": "Emails",
    "events.calls": "Calls",
    "events.surveys": "Surveys",
    "events.webinars": "Webinars",
    "events.conferences": "Event_Attendance",
    "events.chats": "Chats",
    "events.visits": "Web_Visits",
    "events.downloads": "Web_Visits",
    "events.tickets": "Tickets",
}
REASONS = {
    "missing key": {"missing_key"},
    "impossible date": {"date_format", "date_out_of_range"},
    "impossible timestamp": {"timestamp_format"},
    "not a number": {"number_format", "not_a_number"},
    "too few cells": {"column_count"},
    "too many cells": {"column_count"},
    "not UTF-8": {"encoding"},
}
FIELDS = {"Created Time": "created_at"}
ONE_TABLE_TWO_FEEDS = 2
"""Bad rows of the table of mails, which two feeds read."""
ODDITIES = {
    "currency_without_rate": "deals_without_rate",
    "amount_missing": "won_deals_without_amount",
    "amount_zero": "won_deals_of_zero_amount",
    "won_in_future": "won_deals_in_future",
    "won_without_closing_date": "won_deals_without_date",
    "contact_of_other_account": "deals_with_contact_of_other_account",
    "created_after_closing": "deals_closed_before_created",
    "unknown_account": "deals_with_unknown_account",
}


@dataclass(frozen=True)
class Planted:
    """What the generator says it planted."""

    folder: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "truths" / "truths.json").read_text())
        return found

    def rows(self, name: str, columns: str) -> list[tuple[Any, ...]]:
        file = self.folder / "truths" / f"{name}.parquet"
        return duckdb.sql(f"select {columns} from '{file}'").fetchall()

    @property
    def bad_rows(self) -> list[dict[str, Any]]:
        """Planted bad rows of the files that are landed."""
        landed = {f"{table}.csv" for table in (*MODULES.values(), *FEEDS.values())}
        return [row for row in self.facts["bad_rows"] if row["file"] in landed]


@pytest.fixture(scope="module")
def planted(zylker: Installation) -> Planted:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return Planted(folder)


@pytest.fixture(scope="module")
def crm(planted: Planted) -> Crm:
    refused = frozenset((row["file"], row["row"]) for row in planted.bad_rows)
    return Crm(planted.folder, FIRST_DAY, refused)


def test_exactly_the_bad_rows_are_in_quarantine(zylker: Installation, planted: Planted) -> None:
    found = zylker.private_rows(
        "select source_file, source_line, source_row, field, reason from landing.quarantine"
    )
    by_place = {(file, line, row): (field, reason) for file, line, row, field, reason in found}
    expected = {(row["file"], row["line"], row["row"]): row for row in planted.bad_rows}
    assert by_place.keys() == expected.keys()
    assert len(found) - ONE_TABLE_TWO_FEEDS == len(by_place) == 21
    for place, (field, reason) in by_place.items():
        bad = expected[place]
        column = bad["column"]
        assert reason in REASONS[bad["reason"]], place
        named = FIELDS.get(column, column.lower().replace(" ", "_")) if column else None
        assert field == named, place


def test_quarantine_keeps_the_text_of_the_row(zylker: Installation, planted: Planted) -> None:
    found = zylker.private_rows("select source_file, source_line, raw_text from landing.quarantine")
    for file, line, raw_text in found:
        physical = (planted.folder / file).read_bytes().split(b"\n")[line - 1]
        shown = physical.decode("utf-8", "backslashreplace")
        assert raw_text.split("\n")[0].strip() == shown.strip(), (file, line)


def test_rows_balance_and_repeated_records_are_counted(
    zylker: Installation, planted: Planted, crm: Crm
) -> None:
    balance = zylker.rows(
        "select module, rows_read, rows_accepted, rows_quarantined, rows_duplicate, rows_filtered, "
        "is_balanced from marts.rpt_landing_balance"
    )
    repeated = planted.facts["repeated_records"]
    for module, read, accepted, quarantined, duplicate, filtered, is_balanced in balance:
        table = (MODULES | FEEDS)[module]
        bad = sum(row["file"] == f"{table}.csv" for row in planted.bad_rows)
        assert read == len(crm.read(table)) + bad, module
        assert quarantined == bad, module
        if module in MODULES:
            assert duplicate == len(repeated.get(table, [])), module
        assert accepted + quarantined + duplicate + filtered == read, module
        assert is_balanced, module
    assert {module for module, *_ in balance} == MODULES.keys() | FEEDS.keys()


def test_scope_waterfall_names_a_reason_for_everyone(zylker: Installation, crm: Crm) -> None:
    found = zylker.pairs("select account_id, scope_reason from marts.dim_landed_accounts")
    assert found == {account: crm.scope_reason(account) for account in crm.accounts}
    steps = zylker.rows(
        "select scope_reason, dropped_count, kept_count from marts.rpt_scope_waterfall "
        "order by position"
    )
    kept = len(crm.accounts)
    for reason, dropped, left in steps:
        assert dropped == (crm.scope_reasons[reason] if reason else 0)
        kept -= dropped
        assert left == kept
    assert kept == len(crm.in_scope)
    assert {r for r, n in crm.scope_reasons.items() if n} >= {"merged", "deleted", "status"}
    assert zylker.ids("select account_id from marts.dim_accounts") == crm.in_scope


def test_revenue_in_base_currency(zylker: Installation, crm: Crm) -> None:
    found = zylker.pairs("select account_id, revenue_amount from marts.dim_accounts")
    assert found == {account: rounded(crm.revenue[account]) for account in crm.in_scope}
    deals = zylker.rows(
        "select deal_id, account_id, closed_on, base_amount from marts.fct_deals "
        "where state = 'won' and closed_on is not null and not is_closed_in_future"
    )
    expected = {deal: won for deal, won in crm.won.items() if won.account in crm.in_scope}
    assert {deal for deal, *_ in deals} == expected.keys()
    for deal, account, day, amount in deals:
        won = expected[deal]
        assert (account, day) == (won.account, won.day), deal
        assert (amount is None) == (won.amount is None), deal
        if won.amount is not None:
            assert abs(amount - won.amount) < Decimal("1e-8"), deal
    currencies = zylker.ids("select rate_source from marts.fct_deals")
    assert currencies == {"base", "deal", "table", "missing"}


def test_known_scores_and_the_rank_form(zylker: Installation, planted: Planted, crm: Crm) -> None:
    rows = zylker.rows(
        "select account_id, recency_score, frequency_score, monetary_score, rfm_label_id "
        "from marts.seg_account_rfm where is_scored"
    )
    found = {account: ((r, f, m), label) for account, r, f, m, label in rows}
    expected = rfm_scores(crm.purchases)
    assert {account: scores for account, (scores, _) in found.items()} == expected
    counts = zylker.pairs(
        "select label_id, primary_account_count from marts.rpt_labels where technique = 'rfm'"
    )
    assert {k: v for k, v in counts.items() if v} == label_counts(expected, len(crm.in_scope))
    certain = planted.rows(
        "accounts", "account_id, recency_score, frequency_score, monetary_score, rfm_label"
    )
    known = 0
    for account, *scores, label in certain:
        if account in found and label is not None:
            assert found[account] == (tuple(scores), f"rfm.{label}"), account
            known += 1
        elif account in found:
            for certainly, is_ in zip(scores, found[account][0], strict=True):
                assert certainly in (None, is_), account
    assert known >= 30


def test_refunds_reduce_money_and_are_no_purchases(
    zylker: Installation, planted: Planted, crm: Crm
) -> None:
    refunds = {deal: won for deal, won in crm.won.items() if won.amount and won.amount < 0}
    flagged = zylker.ids("select deal_id from marts.fct_deals where is_refund")
    assert flagged == {deal for deal, won in refunds.items() if won.account in crm.in_scope}
    assert len(flagged) > 3
    only = {a for a, c in planted.rows("accounts", "account_id, cohort") if c == "refund_only"}
    assert only
    figures = zylker.rows(
        "select account_id, purchase_count, revenue_amount, recency_score, rfm_label_name "
        "from marts.dim_accounts where revenue_amount < 0"
    )
    assert {account for account, *_ in figures} >= only
    for account, count, _, score, label in figures:
        if account in only:
            assert (count, score, label) == (0, None, "Unscored")


def test_planted_oddities_are_reported_by_name(zylker: Installation, planted: Planted) -> None:
    found = {
        check: (count, examples)
        for check, count, examples in zylker.rows(
            "select check_name, finding_count, example_ids from marts.rpt_data_quality"
        )
    }
    for kind, check in ODDITIES.items():
        deals = planted.facts["odd_deals"][kind]
        count, examples = found[check]
        assert count == len(deals), check
        assert set(examples.split(", ")) == set(deals), check
    (deleted,) = planted.facts["odd_deals"]["deleted"]
    assert zylker.ids("select deal_id from marts.fct_deals") & {deleted} == set()


def test_repeated_products_of_a_deal_are_added_up(
    zylker: Installation, planted: Planted, crm: Crm
) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in crm.read("Deals_Products"):
        place = line["Deal Id"], line["Product Id"]
        counts[place] += 1
        amounts[place] += Decimal(line["Line Amount"])
    found = zylker.rows(
        "select deal_id, product_id, line_count, line_amount from marts.fct_deal_lines"
    )
    assert len(found) > 1000
    for deal, product, count, amount in found:
        assert (count, amount) == (counts[deal, product], amounts[deal, product]), deal
    assert {count for _, _, count, _ in found} >= {1, 2}


def test_orphans_are_in_no_figure(zylker: Installation, planted: Planted, crm: Crm) -> None:
    (orphan,) = planted.facts["odd_deals"]["unknown_account"]
    assert orphan not in zylker.ids("select deal_id from marts.fct_deals")
    kept = zylker.private_rows(
        f"select count(*) from intermediate.int_deals__converted where deal_id = '{orphan}'"
    )
    assert kept == [(1,)]
    accounts = zylker.ids("select distinct account_id from marts.dim_contacts")
    assert accounts <= crm.in_scope


def test_merged_accounts_give_everything_to_their_survivor(
    zylker: Installation, planted: Planted, crm: Crm
) -> None:
    merges = [
        record
        for table, kind, record in planted.rows("duplicates", '"table", kind, record_id')
        if (table, kind) == ("accounts", "merged")
    ]
    survivors = zylker.pairs("select account_id, survivor_id from marts.dim_landed_accounts")
    for merged in merges:
        assert survivors[merged] == crm.survivor(merged) != merged
    assert len({crm.survivor(merged) for merged in merges}) < len(merges)  # one is a chain
    moved = {
        deal["Deal Id"]: crm.survivor(deal["Account Id"])
        for deal in crm.newest("Deals", "Deal Id").values()
        if deal["Account Id"] in merges and deal["Is Deleted"] != "true"
    }
    found = zylker.pairs("select deal_id, account_id from marts.fct_deals")
    assert moved.items() <= found.items()
    assert moved


def test_planted_duplicates_are_proposed_and_nothing_is_merged(
    zylker: Installation, planted: Planted, crm: Crm
) -> None:
    expected = {
        (module, *sorted((record, other)))
        for module, kind, record, other in planted.rows(
            "duplicates", '"table", kind, record_id, same_as_id'
        )
        if kind == "duplicate"
    }
    contacts = zylker.ids("select contact_id from marts.dim_contacts")
    known = {"accounts": crm.in_scope, "contacts": contacts}
    visible = {pair for pair in expected if known[pair[0]].issuperset(pair[1:])}
    found = zylker.rows("select module, record_id, other_record_id, rule from marts.rpt_duplicates")
    assert {(module, one, other) for module, one, other, _ in found} == visible
    assert {rule for *_, rule in found} == {
        "same website domain", "same name and country",
        "same mail address", "same phone number and last name",
    }  # fmt: skip
    assert {record for _, *pair, _ in found for record in pair} <= crm.in_scope | contacts


def test_blocked_mails_and_scores_are_what_the_findings_say(zylker: Installation) -> None:
    blocked = zylker.ids("select contact_id from marts.dim_contacts where is_mail_blocked")
    errors = zylker.ids(
        "select record_id from marts.rpt_hygiene where severity = 'error' and module = 'contacts'"
    )
    assert blocked == errors
    assert blocked
    failed = zylker.pairs(
        "select account_id, count(distinct check_name) from marts.rpt_hygiene "
        "inner join marts.dim_accounts using (account_id) group by account_id"
    )
    for account, applicable, count, score in zylker.rows(
        "select account_id, applicable_check_count, failed_check_count, data_quality_score "
        "from marts.rpt_account_hygiene"
    ):
        assert count == failed.get(account, 0), account
        assert score == rounded(Decimal(100 * (applicable - count)) / applicable), account


def test_renewals_and_their_children(zylker: Installation, planted: Planted, crm: Crm) -> None:
    scores = rfm_scores(crm.purchases)
    due = {
        a for a, is_due in planted.rows("accounts", "account_id, is_renewal_next_month") if is_due
    }
    expected = {a for a in due & crm.in_scope if shipped_label(scores.get(a)) != "rfm.lost"}
    assert zylker.members("renewals_next_month") == expected
    assert expected
    sizes = {a: crm.accounts[a]["Employees"] for a in expected}
    large = {account for account, size in sizes.items() if size and int(size) >= 100}
    assert zylker.members("renewals_large_companies") == large
    assert zylker.members("renewals_without_open_deal") <= expected
    members = set(zylker.rows("select segment_id, account_id from marts.seg_members"))
    assert set(zylker.replayed_members()) == members


def test_exports_hold_the_members_with_custom_fields(zylker: Installation, crm: Crm) -> None:
    records = zylker.export("renewals-next-month")
    assert [r["account_id"] for r in records] == sorted(zylker.members("renewals_next_month"))
    for record in records:
        original = crm.accounts[record["account_id"]]
        assert (record["tier"], record["seats"]) == (original["Tier"], original["Seats"])
        assert Decimal(record["revenue_amount"]) == rounded(crm.revenue[record["account_id"]])
    chosen = zylker.export("high-value-at-risk")
    assert {r["account_id"] for r in chosen} == zylker.members("high_value_at_risk")
    assert len(chosen[0]) < len(records[0])


def test_a_second_run_is_harmless(zylker: Installation, tmp_path: Path) -> None:
    again = replace(zylker, home=tmp_path / "again")
    shutil.copytree(zylker.home, again.home)
    before = again.export_files()
    again.run()
    assert (again.published / "current.json").read_bytes() == (
        zylker.published / "current.json"
    ).read_bytes()
    assert again.table_hashes() == zylker.table_hashes()
    assert again.export_files() == before
    assert len(before) == 2
