"""Writing the demo CRM: block by block into one file per table, then the truths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from connectors.zylker import truths
from connectors.zylker.account_tables import account_table, contact_table
from connectors.zylker.bad_rows import BAD_ROWS
from connectors.zylker.behaviour import draw_behaviour, draw_responses
from connectors.zylker.columns import Ints, record_ids
from connectors.zylker.deal_tables import deal_table, draw_money, draw_oddities, line_table
from connectors.zylker.deals import Deals, draw_deals
from connectors.zylker.event_tables import (
    EventWriter,
    TextTruth,
    call_table,
    chat_table,
    survey_table,
    ticket_table,
)
from connectors.zylker.lead_tables import draw_leads, lead_table, lead_truths
from connectors.zylker.lines import Ladder, draw_ladders, draw_lines
from connectors.zylker.mails import draw_attempts, mail_table
from connectors.zylker.occasions import attendance_table, visit_table, webinar_table
from connectors.zylker.plan import Plan, Traits
from connectors.zylker.product_tables import (
    campaign_table,
    competitor_table,
    drawn_rates,
    product_table,
    rate_table,
)
from connectors.zylker.writing import Shape, TableFile

CRM_TABLES: Final = (
    "Accounts", "Contacts", "Products", "Deals", "Deals_Products", "Currency_Rates", "Leads",
)  # fmt: skip
EVENT_TABLES: Final = (
    "Emails", "Calls", "Surveys", "Webinars", "Event_Attendance", "Chats", "Web_Visits", "Tickets",
)  # fmt: skip
TABLES: Final = (*CRM_TABLES, "Campaigns", "Competitors", *EVENT_TABLES)
MAIL_RATES: Final = (4.0, 4, 0.35)
CALL_RATES: Final = (1.2, 3, 0.5)
REPEATED: Final = {"Accounts": (20, 90), "Contacts": (15,), "Deals": (25, 26, 300)}
"""Rows of the first block that come twice, word for word (EDG-13)."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoSummary:
    """What was written: rows by table (planted bad rows not counted), bad rows by table, bytes."""

    directory: Path
    shape: Shape
    rows: dict[str, int]
    bad_rows: dict[str, int]
    size_bytes: int


def write_demo(
    directory: Path,
    *,
    accounts: int = 200,
    seed: int = 7,
    as_of: date,
    shape: Shape = "csv",
    modules: Collection[str] | None = None,
    deals_per_account: float = 4.0,
    lines_per_deal: float = 1.8,
    progress: Progress | None = None,
) -> DemoSummary:
    """Write Zylker's CRM into `directory`; equal parameters give equal bytes.

    Args:
        directory: made when missing; files of the same names are replaced, each in one step.
        accounts: number of accounts, 200 to 5,000,000.
        seed: start of the random numbers; each module has its own, so that leaving one out does
            not change the others.
        as_of: business date; the history is the five years before it.
        shape: `csv` as Zoho exports it (with planted bad rows), or typed `parquet` (without).
        modules: names of tables to write, such as `deals`; default all of them.
        deals_per_account: mean number of deals of an account, 1 to 30; the planted cohorts
            keep it at two and more.
        lines_per_deal: mean number of line items of a deal, 1 to 5.
        progress: called with accounts done and accounts wanted after every block.

    Raises:
        ValueError: a parameter out of its bounds, or a module that does not exist.
    """
    plan = Plan(accounts, seed, as_of, deals_per_account, lines_per_deal)
    if shape not in ("csv", "parquet"):
        raise ValueError(f"demo CRM: shape is {shape!r}; allowed are csv, parquet")
    wanted = _wanted(modules)
    (directory / "truths").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(TableFile(directory, name, shape, BAD_ROWS.get(name, ())))
            for name in TABLES
            if name in wanted
        }
        records = {
            name: stack.enter_context(TableFile(directory / "truths", name, "parquet"))
            for name in ("accounts", "texts", "duplicates", "leads")
        }
        book = _Book(plan, files, records, drawn_rates(plan))
        book.write_small_tables()
        for traits in plan.blocks():
            book.write_block(traits)
            if progress is not None:
                progress(traits.first + traits.size, accounts)
    planted = [row for file in files.values() for row in file.planted]
    facts = directory / "truths" / "truths.json"
    truths.write_facts(facts, plan, planted, dict(book.odd_deals), book.repeated)
    return DemoSummary(
        directory=directory,
        shape=shape,
        rows={name: file.rows for name, file in files.items()},
        bad_rows={name: len(file.planted) for name, file in files.items()},
        size_bytes=sum(file.path.stat().st_size for file in files.values()),
    )


def _wanted(modules: Collection[str] | None) -> set[str]:
    names = {name.lower(): name for name in TABLES}
    if modules is None:
        return set(TABLES)
    unknown = sorted(set(modules) - names.keys())
    if unknown:
        raise ValueError(
            f"demo CRM: no module {', '.join(unknown)}; there are {', '.join(sorted(names))}"
        )
    return {names[module] for module in modules}


@dataclass
class _Book:
    """The open files, and what is counted over all blocks."""

    plan: Plan
    files: dict[str, TableFile]
    records: dict[str, TableFile]
    rates: Ints
    odd_deals: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    repeated: dict[str, list[str]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def write_small_tables(self) -> None:
        """Write the tables that do not grow with the accounts."""
        self._write("Products", lambda: product_table(self.plan))
        self._write("Currency_Rates", lambda: rate_table(self.plan, self.rates))
        self._write("Campaigns", lambda: campaign_table(self.plan))
        self._write("Competitors", competitor_table)

    def write_block(self, traits: Traits) -> None:
        """Write one block of accounts with everything that belongs to them."""
        contacts, copies = contact_table(self.plan, traits)
        self._write("Accounts", lambda: account_table(self.plan, traits), traits.block)
        self._write("Contacts", lambda: contacts, traits.block)
        self._write_leads(traits, contacts, copies)
        deals, ladder = self._write_deals(traits)
        emails = contacts.column("Email").combine_chunks()
        behaviour = draw_behaviour(self.plan, traits, emails)
        for truth in self._write_events(traits, behaviour):
            self.records["texts"].write(truths.text_truths(truth))
        self.records["accounts"].write(
            truths.account_truths(self.plan, traits, deals, ladder, behaviour)
        )
        self.records["duplicates"].write(truths.duplicate_truths(traits, copies))

    def _write_leads(
        self, traits: Traits, contacts: pa.Table, copies: list[tuple[int, int]]
    ) -> None:
        leads = draw_leads(self.plan, traits, contacts, copies, self._numbers["leads"])
        self._write("Leads", lambda: lead_table(self.plan, traits, contacts, leads))
        self.records["leads"].write(lead_truths(contacts, leads))
        self._numbers["leads"] += len(leads.fate)

    def _write_deals(self, traits: Traits) -> tuple[Deals, Ladder]:
        plan, first = self.plan, self._numbers["deals"]
        deals = draw_deals(plan, traits, self.rates)
        ladder = draw_ladders(plan, traits)
        if {"Deals", "Deals_Products"}.isdisjoint(self.files):
            return deals, ladder
        lines = draw_lines(plan, traits, deals, ladder)
        oddities = draw_oddities(plan, traits, deals, ladder)
        money = draw_money(plan, traits, deals, lines, oddities)
        self._write(
            "Deals",
            lambda: deal_table(plan, traits, deals, lines, oddities, money, first),
            traits.block,
        )
        line_number = self._numbers["lines"]
        self._write(
            "Deals_Products", lambda: line_table(lines, oddities, money, first, line_number)
        )
        self._numbers["deals"] += deals.size
        self._numbers["lines"] += len(lines.deal)
        for kind, positions in oddities.deals.items():
            self.odd_deals[kind] += record_ids("deals", first + positions).to_pylist()
        return deals, ladder

    def _write_events(self, traits: Traits, behaviour: Any) -> list[TextTruth]:
        """Write the wanted events; returns the truths of their texts."""
        texts = draw_responses(self.plan, traits, behaviour)
        known: list[TextTruth] = []

        def written(name: str, make: Callable[[EventWriter], Any]) -> None:
            if name not in self.files:
                return
            first = self._numbers[name]
            writer = EventWriter(self.plan, traits, behaviour, name.lower(), first)
            made = make(writer)
            table, found = made if isinstance(made, tuple) else (made, [])
            known.extend(found if isinstance(found, list) else [found])
            self.files[name].write(table)
            self._numbers[name] += table.num_rows

        written("Emails", lambda writer: mail_table(writer, texts, MAIL_RATES))
        written("Calls", _calls)
        written("Surveys", lambda writer: survey_table(writer, texts))
        written("Webinars", webinar_table)
        written("Event_Attendance", attendance_table)
        written("Chats", lambda writer: chat_table(writer, texts))
        written("Web_Visits", visit_table)
        written("Tickets", lambda writer: ticket_table(writer, texts))
        return known

    def _write(self, name: str, table: Callable[[], pa.Table], block: int = -1) -> None:
        """Write a table if it is wanted; some rows of its first block are written twice."""
        if name not in self.files:
            return
        made = table()
        rows = [row for row in REPEATED.get(name, ()) if row < made.num_rows]
        if block == 0 and rows:
            again = made.take(pa.array(np.asarray(rows)))
            self.repeated[name] = again.column(0).to_pylist()
            made = pa.concat_tables([made, again])
        self.files[name].write(made)


def _calls(writer: EventWriter) -> pa.Table:
    attempts = draw_attempts(writer, CALL_RATES)
    return call_table(writer, attempts.when, attempts.answered)
