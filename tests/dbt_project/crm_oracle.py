"""A plain-Python reading of the rules from landed loads to account measures: the oracle of SQL.

Written from the specification, record by record, without regard to speed. Add a rule here when its
dbt model gets one; never import anything that SQL uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.dbt_project.warehouse import Load

Record = dict[str, Any]
Version = tuple[tuple[date, int], Load, Record]

FIRST_DAY = date.min
EARLIEST = datetime.fromisoformat("0001-01-01")
LATEST = datetime.fromisoformat("9999-12-31")


@dataclass
class Measures:
    """What SQL measures of one account."""

    won_deal_count: int = 0
    lost_deal_count: int = 0
    open_deal_count: int = 0
    contact_count: int = 0
    purchase_count: int = 0
    revenue: Fraction = field(default_factory=Fraction)
    revenue_12_months: Fraction = field(default_factory=Fraction)
    open_pipeline: Fraction = field(default_factory=Fraction)
    expected_pipeline: Fraction = field(default_factory=Fraction)
    first_purchase_on: date | None = None
    last_purchase_on: date | None = None


def rounded(amount: Fraction) -> Decimal:
    """Cents, half away from zero (EDG-4)."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


class Oracle:
    """The state of a CRM at the end of a business date, from its loads."""

    def __init__(self, loads: Sequence[Load], as_of: date, year_ago: date) -> None:
        self.as_of, self.year_ago = as_of, year_ago
        self._ends_at = datetime.combine(as_of + timedelta(days=1), datetime.min.time())
        self._loads = list(enumerate(loads))
        self.accounts = self._in_force("accounts", "account_id")
        self.contacts = self._in_force("contacts", "contact_id")
        self.deals = self._in_force("deals", "deal_id")
        self._rates = self._table_rates()

    def _in_time(self, load: Load) -> bool:
        return load.exported_on is None or load.exported_on <= self.as_of

    def _in_force(self, module: str, key: str) -> dict[str, Record]:
        versions: dict[str, list[Version]] = defaultdict(list)
        newest_snapshot: tuple[date, int] | None = None
        for sequence, load in self._loads:
            if load.module != module:
                continue
            order = (load.exported_on or FIRST_DAY, sequence)
            if load.is_snapshot and self._in_time(load):
                newest_snapshot = max(order, newest_snapshot or order)
            for record in load.rows:
                versions[record[key]].append((order, load, dict(record)))
        found = {}
        for identifier, candidates in versions.items():
            record = self._newest(candidates)
            if record.get("created_at") and record["created_at"] >= self._ends_at:
                continue
            in_time = [order for order, load, _ in candidates if self._in_time(load)]
            last = max(in_time, default=(FIRST_DAY, -1))
            absent = newest_snapshot is not None and last < newest_snapshot
            found[identifier] = record | {"is_deleted": bool(record.get("is_deleted")) or absent}
        return found

    def _newest(self, candidates: list[Version]) -> Record:
        def is_visible(version: Version) -> bool:
            modified = version[2].get("modified_at")
            return self._in_time(version[1]) if modified is None else modified < self._ends_at

        visible = [version for version in candidates if is_visible(version)]
        if not visible:
            # Nothing is old enough: the oldest, as far as it is known.
            return min(candidates, key=lambda v: (v[2].get("modified_at") or LATEST, v[0]))[2]
        return max(
            visible,
            key=lambda v: (
                v[2].get("modified_at") or EARLIEST,
                self._in_time(v[1]),
                v[0] if self._in_time(v[1]) else (date.max - (v[0][0] - FIRST_DAY), -v[0][1]),
            ),
        )[2]

    def survivor(self, account_id: str | None) -> str | None:
        """Last survivor of an account; itself in a cycle or without a landed one (EDG-12)."""
        if account_id is None or account_id not in self.accounts:
            return None
        seen, current = [account_id], account_id
        while (following := self.accounts[current].get("merged_into_id")) is not None:
            if following not in self.accounts:
                return current
            if following in seen:
                return account_id
            seen.append(following)
            current = following
        return current

    def _table_rates(self) -> dict[str, list[tuple[date, Fraction]]]:
        found: dict[tuple[str, date], Fraction] = {}
        for _, load in self._loads:
            for row in load.rows if load.module == "currency_rates" else ():
                if row["valid_from"] <= self.as_of:
                    found[row["currency"], row["valid_from"]] = Fraction(row["exchange_rate"])
        rates: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
        for (currency, day), rate in sorted(found.items()):
            if rate > 0:
                rates[currency].append((day, rate))
        return rates

    def base_amount(self, deal: Record) -> Fraction | None:
        """Amount in base currency; None without an amount or a rate (EDG-4)."""
        if deal.get("amount") is None:
            return None
        amount, currency = Fraction(deal["amount"]), deal.get("currency")
        if currency in (None, "USD"):
            return amount
        rate = Fraction(deal.get("exchange_rate") or 0)
        if rate <= 0:
            day = min(deal.get("closing_date") or deal.get("won_on") or self.as_of, self.as_of)
            known = [r for valid_from, r in self._rates[currency] if valid_from <= day]
            if not known:
                return None
            rate = known[-1]
        return amount / rate

    def measures(self) -> dict[str, Measures]:
        """Measures of every landed account."""
        found = {account_id: Measures() for account_id in self.accounts}
        for contact in self.contacts.values():
            account_id = self.survivor(contact.get("account_id"))
            if account_id is not None and not contact["is_deleted"]:
                found[account_id].contact_count += 1
        for deal in self.deals.values():
            account_id = self.survivor(deal.get("account_id"))
            if account_id is not None and not deal["is_deleted"]:
                self._count(found[account_id], deal)
        return found

    def _count(self, measures: Measures, deal: Record) -> None:
        state = {"Closed Won": "won", "Closed Lost": "lost"}.get(deal["stage"], "open")
        amount = self.base_amount(deal) or Fraction(0)
        if state == "lost":
            measures.lost_deal_count += 1
        if state == "open":
            measures.open_deal_count += 1
            measures.open_pipeline += amount
            default = 40 if deal["stage"] == "Qualification" else 0
            measures.expected_pipeline += amount * (deal.get("probability") or default) / 100
        closed = deal.get("closing_date") or deal.get("won_on")
        if state != "won" or closed is None or closed > self.as_of:
            return
        measures.revenue += amount
        if closed > self.year_ago:
            measures.revenue_12_months += amount
        if (deal.get("amount") or 0) < 0:
            return
        measures.won_deal_count += 1
        measures.purchase_count += 1
        measures.first_purchase_on = min(closed, measures.first_purchase_on or closed)
        measures.last_purchase_on = max(closed, measures.last_purchase_on or closed)
