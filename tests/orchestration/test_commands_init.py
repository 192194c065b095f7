"""`quintile init`: what it proposes passes `quintile check`, and what it cannot know is marked."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors.zylker import write_demo
from models.detection import date_reading, number_reading
from models.documents import parse_document
from models.fields import FieldType
from models.proposal import propose
from models.proposal_feeds import read_events
from models.proposal_names import stage_category
from models.proposal_text import proposal_text, scalar
from models.sampled import SampledColumn, SampledTable
from tests.orchestration.command_line import Spoken, quintile

DataSet = Callable[[str], Path]
TODAY = date(2026, 3, 1)
ACCOUNTS = "Account ID,Account Name,Created Time,Billing Country\nA1,Acme,2026-01-01,Spain\n"


def column(name: str, values: list[str], *, rows: int | None = None) -> SampledColumn:
    counts = {value: values.count(value) for value in sorted(set(values))}
    return SampledColumn(name, counts, rows or len(values), len(values), len(counts))


def init(folder: Path, *files: Path) -> tuple[Path, Spoken]:
    configuration = folder / "abm.yaml"
    spoken = quintile("init", *files, "-o", configuration)
    assert spoken.code == 0, spoken.err
    return configuration, spoken


def checked(configuration: Path) -> dict[str, Any]:
    spoken = quintile("check", "--json", "-c", configuration)
    document = spoken.json
    assert document["problems"] == []
    assert spoken.code == 0
    return document


def edited(configuration: Path, pattern: str, replacement: str) -> None:
    text = configuration.read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert changed != text
    configuration.write_text(changed, encoding="utf-8")


def test_northwind_needs_no_edit(data_set: DataSet, tmp_path: Path) -> None:
    configuration, spoken = init(tmp_path, data_set("northwind"))
    modules = checked(configuration)["modules"]
    assert {name: module["from"] for name, module in modules.items()} == {
        "accounts": "crm.customers",
        "contacts": "crm.customers",
        "products": "crm.products",
        "deals": "crm.orders",
        "deal_lines": "crm.order_details",
    }
    assert modules["deals"]["by_hand"]["account_id"] == "customerID"
    assert modules["deals"]["by_hand"]["closing_date"] == "orderDate"
    assert modules["deal_lines"]["by_hand"]["discount_share"] == "discount"
    text = configuration.read_text(encoding="utf-8")
    assert "amount_from: lines" in text
    assert 'null_values: ["", "NULL"]' in text
    assert "as_of: 1998-05-06" in text
    # 1 means discontinued, so it must not mean active.
    assert 'is_active: {column: discontinued, true_values: ["0"], false_values: ["1"]}' in text
    assert "DECIDE" not in spoken.out
    assert "suppliers" in spoken.out  # a table that nothing uses is named


def test_maven_needs_no_edit_and_its_defect_is_told(data_set: DataSet, tmp_path: Path) -> None:
    configuration, spoken = init(tmp_path, data_set("maven_crm_sales"))
    modules = checked(configuration)["modules"]
    assert modules["deals"]["by_hand"]["amount"] == "close_value"
    assert modules["deals"]["by_themselves"]["stage"] == "deal_stage"
    assert modules["deal_lines"]["from"] == "crm.sales_pipeline"
    text = configuration.read_text(encoding="utf-8")
    assert "open: [Engaging, Prospecting]" in text
    assert "won: [Won]" in text
    assert "lost: [Lost]" in text
    assert 'contacts: {absent: "to fill in' in text
    assert "1,480 rows have no record in products: GTXPro" in spoken.out
    # The mend it offers is a line that works.
    edited(
        configuration,
        r"^      product_id: product .*\n(      # 1,480 .*\n)      # (product_id: .*replace.*)$",
        r"\1      \2",
    )
    assert checked(configuration)["modules"]["deal_lines"]["by_hand"] == {"product_id": "product"}


def test_us_dates_are_declared(data_set: DataSet, tmp_path: Path) -> None:
    configuration, _ = init(tmp_path, data_set("maven_crm_sales") / "variant_us_dates")
    checked(configuration)
    assert 'date_format: "%m/%d/%Y"' in configuration.read_text(encoding="utf-8")


def test_purchases_alone_become_accounts_and_deals(data_set: DataSet, tmp_path: Path) -> None:
    configuration, _ = init(tmp_path, data_set("cdnow") / "CDNOW_master.txt")
    modules = checked(configuration)["modules"]
    assert modules["accounts"]["by_hand"]["account_id"] == "customer_id"
    assert modules["deals"]["by_hand"]["deal_id"] == "row_number"
    text = configuration.read_text(encoding="utf-8")
    assert "delimiter: whitespace" in text
    assert 'date_format: "%Y%m%d"' in text


def test_encoding_delimiter_marks_and_dated_names_are_declared(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    rows = (
        "Kunde;Customer ID;Created;Country;Annual Revenue\nMüller;K1;31.12.2025;DE;1.234.567,50\n"
    )
    rows += "Größe;K2;05.01.2026;DE;99,5\n"
    for day in ("2026-01-31", "2026-02-28"):
        (folder / f"Customers_{day}.csv.gz").write_bytes(gzip.compress(rows.encode("latin-1")))
    configuration, _ = init(tmp_path, folder)
    text = configuration.read_text(encoding="utf-8")
    assert "customers: exports/Customers_*.csv.gz" in text
    for declared in (
        "encoding: latin-1",
        "delimiter: semicolon",
        'timestamp_format: "%d.%m.%Y"',
        'decimal: ","',
        'thousands: "."',
        "exported_at:",
    ):
        assert declared in text
    document = checked(configuration)
    assert len(document["modules"]["accounts"]["inputs"]) == 2


def test_an_ambiguous_lookup_is_left_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS + "A2,Base,2026-01-02,Spain\n")
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Company ID,Account Name.id,Stage,Closing Date,Created Time,Amount\n"
        "D1,A1,A2,Won,2026-01-05,2026-01-01,5\nD2,A2,A1,Lost,2026-01-06,2026-01-01,5\n"
    )
    configuration, spoken = init(tmp_path, tmp_path)
    assert "modules.deals.fields.account_id: several columns fit (LKP-3)" in spoken.out
    undecided = quintile("check", "-c", configuration)
    assert undecided.code == 1
    assert "modules.deals.fields.account_id" in undecided.err
    edited(configuration, r"^    # fields:\n(      # DECIDE)", r"    fields:\n\1")
    edited(configuration, r"^      # (account_id: Company ID)$", r"      \1")
    assert checked(configuration)["modules"]["deals"]["by_hand"]["account_id"] == "Company ID"


def test_without_accounts_nothing_is_pretended(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("day,celsius\n2026-01-01,5\n")
    configuration, spoken = init(tmp_path, tmp_path / "weather.csv")
    assert "modules.accounts: no table was found for this role" in spoken.out
    assert quintile("check", "-c", configuration).code == 2
    assert "weather: weather.csv" in configuration.read_text(encoding="utf-8")


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    configuration = tmp_path / "abm.yaml"
    configuration.write_text("mine: true\n")
    refused = quintile("init", tmp_path, "-o", configuration)
    assert refused.code == 2
    assert "--force" in refused.err
    assert configuration.read_text() == "mine: true\n"
    assert quintile("init", tmp_path / "accounts.csv", "-o", configuration, "--force").code == 0
    checked(configuration)


def test_the_schema_accepts_what_init_writes(tmp_path: Path) -> None:
    written = tmp_path / "abm.schema.json"
    spoken = quintile("schema", "-o", written)
    assert f"# yaml-language-server: $schema={written}" in spoken.out
    schema = json.loads(written.read_text(encoding="utf-8"))
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    configuration, _ = init(tmp_path, tmp_path / "accounts.csv")
    tree, problems = parse_document(configuration.read_bytes(), "abm.yaml")
    assert problems == []
    assert set(tree.plain()) <= set(schema["properties"])
    assert set(schema["required"]) <= set(tree.plain())


def test_the_demo_crm_is_recognised_and_its_planted_defects_mislead_nobody(tmp_path: Path) -> None:
    write_demo(tmp_path / "zylker", accounts=200, seed=7, as_of=date(2026, 1, 31), shape="csv")
    configuration, spoken = init(tmp_path, tmp_path / "zylker")
    document = checked(configuration)
    feeds = {
        "calls": "call",
        "chats": "chat",
        "emails": "email",
        "event_attendance": "event",
        "surveys": "survey",
        "tickets": "ticket",
        "web_visits": "web",
        "webinars": "webinar",
    }
    assert {name: module["from"] for name, module in document["modules"].items()} == {
        "accounts": "crm.accounts",
        "contacts": "crm.contacts",
        "products": "crm.products",
        "deals": "crm.deals",
        "deal_lines": "crm.deals_products",
        "currency_rates": "crm.currency_rates",
        **{f"events.{feed}": f"crm.{feed}" for feed in feeds},
        "leads": "crm.leads",
    }
    written = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    mapped = written["modules"]["events"]
    assert {feed: found["channel"] for feed, found in mapped.items()} == feeds
    # The words of a table are read as the events of its channel; what is like none is told.
    assert mapped["web_visits"]["fields"]["event"]["replace"] == {"visit": "visited"}
    assert "'download': no event of channel web" in spoken.out
    assert written["techniques"]["engagement"]["active"] is True
    assert document["modules"]["contacts"]["by_hand"] == {"title": "Job Designation"}
    text = configuration.read_text(encoding="utf-8")
    assert "encoding:" not in text  # one damaged line does not make it Latin-1
    assert "won: [Closed Won, Renewed]" in text
    assert "no number" not in spoken.out
    assert "currency: USD" in text


def test_feeds_are_named_as_check_allows_and_each_for_itself(tmp_path: Path) -> None:
    names = ["accounts", "E-Mails", "calls é", "calls ü", "Web Visits (all)"]
    for name in names:
        events = "Event ID,Event,Occurred At,Account ID\nE1,Opened,2026-01-01 10:00,A1\n"
        text = ACCOUNTS if name == "accounts" else events
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    configuration, _ = init(tmp_path, *(tmp_path / f"{name}.csv" for name in names))
    feeds = {name for name in checked(configuration)["modules"] if name.startswith("events.")}
    told = ("e_mails", "calls", "calls_2", "web_visits_all")
    assert feeds == {f"events.{name}" for name in told}


@pytest.mark.parametrize(
    ("key", "role"), [("Contact ID", "contacts"), ("Id", "contacts"), ("Lead ID", "leads")]
)
def test_a_table_whose_name_says_nothing_holds_leads_only_by_their_key(key: str, role: str) -> None:
    """Contacts have a lead source, a day and a mail address as well."""
    headers = [key, "Account ID", "First Name", "Last Name", "Email", "Phone", "Lead Source"]
    headers += ["Created Time", *(["Captured At", "Path"] if role == "leads" else [])]
    columns = tuple(column(header, ["x"]) for header in headers)
    extract = SampledTable("extract", "extract.csv", {}, columns, 1)
    names = tuple(column(header, ["x"]) for header in ACCOUNTS.splitlines()[0].split(","))
    accounts = SampledTable("accounts", "accounts.csv", {}, names, 1)
    proposal = propose([accounts, extract], TODAY)
    assert [name for name, module in proposal.modules.items() if module.table is extract] == [role]


@pytest.mark.parametrize(
    ("channel", "read", "strange"),
    [
        (
            "email",
            {"Open": "opened", "Click": "clicked", "Unsubscribe": "unsubscribed"},
            "Undelivered|Not delivered|Delivery failed|Deferred|Unopened|Dropped|Resubscribed",
        ),
        ("call", {"No answer": "not_answered", "NOT-ANSWERED": "not_answered"}, "Unanswered"),
        ("webinar", {"Attendee": "attended"}, "Not attended|Unregistered"),
        ("survey", {"Complete": "completed"}, "Incomplete|Not completed"),
        ("ticket", {"Open": "opened", "Close": "closed"}, "Reopened|Disclosed"),
    ],
)
def test_no_word_is_read_as_the_event_that_it_denies(
    channel: str, read: dict[str, str], strange: str
) -> None:
    words = dict.fromkeys((*read, *strange.split("|")), 1)
    column = SampledColumn("Activity", words, len(words), len(words), len(words))
    assert read_events(column, channel) == (read, tuple(strange.split("|")))


@pytest.mark.parametrize(
    ("category", "stages"),
    [
        ("won", "Closed Won|closedwon|CLOSED_WON|Won|Renewed|Contract signed|Paid|成交"),
        ("lost", "Closed Lost|closedlost|Lost to Competition|Not Renewed|Cancelled|Perdu|Dead"),
        ("open", "Qualification|Negotiation|On Hold|Assigned|Unpaid|Incomplete|Closing|Deadline"),
    ],
)
def test_stages_are_read_by_whole_words(category: str, stages: str) -> None:
    assert {stage: stage_category(stage) for stage in stages.split("|")} == dict.fromkeys(
        stages.split("|"), category
    )


def test_a_table_of_events_needs_a_time_and_somebody(tmp_path: Path) -> None:
    """INT-6; a feed that does not say what happened is told, not written."""
    headers = {
        "calls": "Call Id,Occurred At,Contact Id,Event",
        "meetings": "Id,Occurred At,Contact Id",
        "notes": "Id,Contact Id,Event",
        "chats": "Id,Occurred At,Event",
    }
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    for name, header in headers.items():
        values = {"Occurred At": "2026-01-01 10:00:00", "Event": "answered"}
        row = ",".join(values.get(column, "X1") for column in header.split(","))
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    configuration, spoken = init(tmp_path, *tmp_path.glob("*.csv"))
    written = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    assert set(written["modules"]["events"]) == {"calls"}
    assert "meetings looks like a feed of meeting; no column is event" in spoken.out


HEADERS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), min_size=1
).filter(lambda text: bool(text.strip()))


@settings(max_examples=150, deadline=None)
@given(text=HEADERS | st.sampled_from(["no", "1e5", "null", "~", "a: b", "a #b", "{x}", "- a"]))
def test_every_header_is_written_so_that_it_reads_as_itself(text: str) -> None:
    tree, problems = parse_document(f"a: {{b: {scalar(text)}}}\n".encode(), "x.yaml")
    assert problems == []
    assert tree.plain() == {"a": {"b": text}}


@settings(max_examples=60, deadline=None)
@given(headers=st.lists(HEADERS, min_size=1, max_size=6, unique_by=lambda h: h.casefold()))
def test_any_table_gives_a_file_that_is_well_formed(headers: list[str]) -> None:
    columns = tuple(column(header, ["a", "b", "c"]) for header in headers)
    named = SampledTable("accounts", "accounts.csv", {}, columns, 3)
    text = proposal_text(propose([named], TODAY), "X")
    tree, problems = parse_document(text.encode(), "abm.yaml")
    assert problems == []
    fields = tree.plain()["modules"]["accounts"].get("fields") or {}
    taken = [form for form in fields.values() if isinstance(form, str)]
    assert len(taken) == len(set(taken))  # MAP-8: a column is read once


DAY_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%b-%Y")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")


@settings(max_examples=150, deadline=None)
@given(
    moments=st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), min_size=1, max_size=12
    ),
    day=st.sampled_from(DAY_FORMATS),
    time=st.sampled_from(TIMES),
)
def test_a_date_format_is_found_or_its_doubt_is_told(
    moments: list[datetime], day: str, time: str
) -> None:
    written = [moment.strftime(day + time) for moment in moments]
    wanted = [datetime.strptime(text, day + time) for text in written]  # noqa: DTZ007
    reading = date_reading(column("when", written))
    assert reading is not None
    assert reading.unread is None
    candidates = [*reading.formats[:1], *reading.others]
    read = [
        [
            datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
            for text in written
        ]
        for form in candidates
    ]
    # The truth is the reading, or one of the others that are told beside it.
    assert wanted in read


@settings(max_examples=150, deadline=None)
@given(
    numbers=st.lists(
        st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, max_size=10
    ),
    marks=st.sampled_from([(".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'")]),
)
def test_number_marks_are_found_or_their_doubt_is_told(
    numbers: list[Decimal], marks: tuple[str, str]
) -> None:
    decimal, thousands = marks
    written = [
        f"{number:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
        for number in numbers
    ]
    reading = number_reading(column("amount", written))
    assert reading is not None
    read = [
        Decimal(text.replace(reading.thousands, "").replace(reading.decimal, "."))
        if reading.thousands
        else Decimal(text.replace(reading.decimal, "."))
        for text in written
    ]
    assert read == numbers or not reading.is_sure


@given(days=st.integers(0, 400))
def test_as_of_is_fixed_for_archived_data_only(days: int) -> None:
    assume(days != 180)
    closed = TODAY - timedelta(days=days)
    deals = SampledTable(
        "deals",
        "deals.csv",
        {},
        (
            column("Deal ID", ["D1", "D2"]),
            column("Closing Date", [closed.isoformat(), "2020-01-01"]),
            column("Stage", ["Won", "Lost"]),
        ),
        2,
    )
    proposal = propose([deals], TODAY)
    assert proposal.as_of == (closed if days > 180 else None)
    text = proposal_text(proposal, "X")
    assert (f"\n  as_of: {closed}" in text) is (days > 180)
    assert ("as_of:" in text) is (days > 180)


def test_an_open_deal_that_closes_in_the_future_dates_nothing() -> None:
    def proposed(*closings: str) -> date | None:
        columns = (
            column("Deal ID", ["D1", "D2"]),
            column("Closing Date", [*closings]),
            column("Stage", ["Won", "Open"]),
        )
        return propose([SampledTable("deals", "deals.csv", {}, columns, 2)], TODAY).as_of

    assert proposed("2027-01-01", "2026-06-01") is None
    assert proposed("2020-05-01", "2026-06-01") == date(2020, 5, 1)


def test_stages_that_differ_by_case_are_listed_once(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    rows = "".join(
        f"D{n},A1,{stage},2026-01-05,2026-01-01,{amount}\n"
        for n, (stage, amount) in enumerate(
            [("Closed Won", "-120"), ("closed won", "NaN"), ("closed won", "7"), ("Open", "8")]
        )
    )
    header = "Deal ID,Account ID,Stage,Closing Date,Created Time,Amount\n"
    (tmp_path / "deals.csv").write_text(header + rows)
    configuration, _ = init(tmp_path, tmp_path / "accounts.csv", tmp_path / "deals.csv")
    checked(configuration)
    text = configuration.read_text(encoding="utf-8")
    assert "      won: [closed won]\n" in text
    assert "values such as 'NaN' are no number" in text


def test_codes_with_leading_zeros_stay_text() -> None:
    table = SampledTable(
        "accounts",
        "accounts.csv",
        {},
        (column("Account ID", ["1", "2"]), column("Cost Centre", ["007", "010"])),
        2,
    )
    custom = dict(propose([table], TODAY).modules["accounts"].custom)
    assert custom["Cost Centre"] is FieldType.TEXT


@pytest.mark.parametrize("name", ["no_such_folder", "empty"])
def test_files_that_are_not_there_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    spoken = quintile("init", tmp_path / name, "-o", tmp_path / "abm.yaml")
    assert spoken.code == 1
    assert name in spoken.err
    assert not (tmp_path / "abm.yaml").exists()
