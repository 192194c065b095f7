"""The demo CRM's exports read again: scope, purchases and revenue as the specification says.

Reads the CSV files that Quintile landed with the standard library, leaves out the rows that were
planted to be refused, and computes with exact decimals. Nothing is imported from the project.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from tests.end_to_end.rank_oracle import Purchases

Record = dict[str, str]

WON_STAGES = {("Standard", "Closed Won"), ("Renewals", "Renewed")}
BASE_CURRENCY = "USD"


@dataclass(frozen=True)
class Deal:
    """A won deal that counts: its account after merges, its day, its exact base amount if known."""

    account: str
    day: date
    amount: Decimal | None


@dataclass(frozen=True)
class Crm:
    """The files of one export; `refused` are file and record number of the planted bad rows."""

    folder: Path
    as_of: date
    refused: frozenset[tuple[str, int]]

    def read(self, table: str) -> list[Record]:
        """All records of a table in file order, the refused ones left out."""
        content = (self.folder / f"{table}.csv").read_bytes().decode("utf-8", "replace")
        rows = csv.reader(io.StringIO(content, newline=""))
        header = next(rows)
        return [
            dict(zip(header, row, strict=True))
            for number, row in enumerate(rows, start=1)
            if (f"{table}.csv", number) not in self.refused
        ]

    def newest(self, table: str, key: str) -> dict[str, Record]:
        """One record per key: the highest modified time, of equal ones the last (EDG-13)."""
        found: dict[str, Record] = {}
        for record in self.read(table):
            known = found.get(record[key])
            if known is None or record["Modified Time"] >= known["Modified Time"]:
                found[record[key]] = record
        return found

    @cached_property
    def accounts(self) -> dict[str, Record]:
        """Accounts by id."""
        return self.newest("Accounts", "Account Id")

    def survivor(self, account: str) -> str:
        """The account that remains after all merges (EDG-12)."""
        while self.accounts[account]["Merged Into Id"]:
            account = self.accounts[account]["Merged Into Id"]
        return account

    def scope_reason(self, account: str) -> str | None:
        """Why an account is out of scope; None when it is in."""
        record = self.accounts[account]
        if record["Merged Into Id"]:
            return "merged"
        if record["Is Deleted"] == "true":
            return "deleted"
        if record["Account Status"] == "Inactive":
            return "status"
        return None if record["Billing Country"].strip() else "criteria"

    @cached_property
    def in_scope(self) -> set[str]:
        """Accounts in scope."""
        return {account for account in self.accounts if self.scope_reason(account) is None}

    @cached_property
    def scope_reasons(self) -> Counter[str | None]:
        """Number of accounts by reason."""
        return Counter(map(self.scope_reason, self.accounts))

    @cached_property
    def rates(self) -> dict[str, list[tuple[date, Decimal]]]:
        """Rates by currency in order of their first day."""
        found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for record in self.read("Currency_Rates"):
            first_day = date.fromisoformat(record["Valid From"])
            found[record["Currency"]].append((first_day, Decimal(record["Exchange Rate"])))
        return {currency: sorted(rates) for currency, rates in found.items()}

    def base_amount(self, deal: Record, day: date) -> Decimal | None:
        """Amount in base currency by the deal's own rate, else by the table's (EDG-4)."""
        if not deal["Amount"]:
            return None
        amount = Decimal(deal["Amount"])
        if deal["Currency"] in ("", BASE_CURRENCY):
            return amount
        if deal["Exchange Rate"]:
            return amount / Decimal(deal["Exchange Rate"])
        rates = self.rates.get(deal["Currency"], [])
        place = bisect_right(rates, day, key=lambda rate: rate[0])
        return amount / rates[place - 1][1] if place else None

    @cached_property
    def won(self) -> dict[str, Deal]:
        """Won deals that are in the figures of the business date, by id."""
        found = {}
        for deal_id, deal in self.newest("Deals", "Deal Id").items():
            is_counted = (
                (deal["Pipeline"], deal["Stage"]) in WON_STAGES
                and deal["Is Deleted"] != "true"
                and deal["Account Id"] in self.accounts
                and deal["Closing Date"]
            )
            if is_counted and (day := date.fromisoformat(deal["Closing Date"])) <= self.as_of:
                account = self.survivor(deal["Account Id"])
                found[deal_id] = Deal(account, day, self.base_amount(deal, day))
        return found

    @cached_property
    def revenue(self) -> dict[str, Decimal]:
        """Exact won revenue by account, refunds netted (EDG-6, RFM-31)."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for deal in self.won.values():
            found[deal.account] += deal.amount or 0
        return found

    @cached_property
    def purchases(self) -> dict[str, Purchases]:
        """Purchases of accounts in scope; refunds reduce the money and are none (RFM-31)."""
        bought: dict[str, list[Deal]] = defaultdict(list)
        for deal in self.won.values():
            if deal.account in self.in_scope and (deal.amount is None or deal.amount >= 0):
                bought[deal.account].append(deal)
        return {
            account: Purchases(max(deal.day for deal in deals), len(deals), self.revenue[account])
            for account, deals in bought.items()
        }
