"""The leads of the demo CRM counted again from its CSV files, with the standard library (HYG-5).

Reads mails and numbers in the few spellings that the demo writes. What it does not know from the
files is whether mail to a contact is blocked: that is asked of whoever uses it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tests.end_to_end.crm_oracle import WON_STAGES, Crm, Record

STAGES = ("captured", "unique", "reachable", "contact", "account_in_scope", "deal", "won_deal")


@dataclass(frozen=True)
class Person:
    """Contact and account of somebody, and what each was known by."""

    contact: str | None = None
    contact_by: str | None = None
    account: str | None = None
    account_by: str | None = None


def mail_of(lead: Record) -> str | None:
    """The address in small letters, the name before it left out; None for none and no address."""
    text = re.sub(r"^.*<(.*)>$", r"\1", lead["Email"]).strip().lower()
    return text if "@" in text else None


def number_of(lead: Record) -> str | None:
    """The digits of a telephone number without the code of the country; None for no number."""
    text = re.sub(r"^(\+1 |\+44 |0(?=20 ))", "", lead["Phone"])
    return re.sub(r"\D", "", text) or None


@dataclass(frozen=True)
class LeadOracle:
    """Leads by the files of a CRM; `blocked` are contacts that no mail may be sent to."""

    crm: Crm
    blocked: Collection[str]

    @cached_property
    def leads(self) -> dict[str, Record]:
        """Visible leads in the order of their capture."""
        found = [
            lead
            for lead in self.crm.newest("Leads", "Lead Id").values()
            if lead["Is Deleted"] != "true"
            and date.fromisoformat(lead["Created Time"][:10]) <= self.crm.as_of
        ]
        found.sort(key=lambda lead: (lead["Created Time"], lead["Lead Id"]))
        return {lead["Lead Id"]: lead for lead in found}

    @cached_property
    def first(self) -> dict[str, str]:
        """The lead of the same person that was captured first, by lead."""
        by_mail: dict[str, str] = {}
        by_phone: dict[tuple[str, ...], str] = {}
        found: dict[str, str] = {}
        for key, lead in self.leads.items():
            mail, number = mail_of(lead), number_of(lead)
            place = (number, lead["First Name"], lead["Last Name"]) if number else ()
            found[key] = by_mail.get(mail or "") or by_phone.get(place) or key
            if mail:
                by_mail.setdefault(mail, found[key])
            if place:
                by_phone.setdefault(place, found[key])
        return found

    @cached_property
    def contacts(self) -> dict[str, Record]:
        """Contacts that are not deleted."""
        known = self.crm.newest("Contacts", "Contact Id")
        return {key: row for key, row in known.items() if row["Is Deleted"] != "true"}

    @cached_property
    def contacts_by_mail(self) -> dict[str, list[str]]:
        """Contacts by mail address."""
        found: dict[str, list[str]] = defaultdict(list)
        for key, contact in self.contacts.items():
            if contact["Email"]:
                found[contact["Email"].lower()].append(key)
        return found

    @cached_property
    def accounts_by_domain(self) -> dict[str, list[str]]:
        """Accounts in scope by the domain of their website."""
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.crm.in_scope:
            website = self.crm.accounts[key]["Website"]
            if website:
                found[_domain(website)].append(key)
        return found

    def known(self, lead: Record) -> Person:
        """Who one lead is by itself (INT-6, ACC-9)."""
        mail = mail_of(lead)
        contact, by = None, None
        if lead["Converted Contact Id"] in self.contacts:
            contact, by = lead["Converted Contact Id"], "contact_id"
        elif mail in self.contacts_by_mail:
            # The demo gives no lead the address of several contacts.
            (contact,), by = self.contacts_by_mail[mail], "email"
        if contact is not None:
            owner = self.contacts[contact]["Account Id"]
            if owner in self.crm.accounts:
                return Person(contact, by, self.crm.survivor(owner), "contact")
        if lead["Converted Account Id"] in self.crm.accounts:
            account = self.crm.survivor(lead["Converted Account Id"])
            return Person(contact, by, account, "account_id")
        domains = (
            (_domain(lead["Website"]), "website"),
            ((mail or "").partition("@")[2], "email_domain"),
        )
        for domain, name in domains:
            owners = self.accounts_by_domain.get(domain, [])
            if len(owners) == 1:
                return Person(contact, by, owners[0], name)
        return Person(contact, by)

    @cached_property
    def persons(self) -> dict[str, Person]:
        """Who every lead is: the best that is known by any lead of the person."""
        best: dict[str, Person] = {}
        for key, lead in self.leads.items():
            person, first = self.known(lead), self.first[key]
            rank = (person.contact is None, person.account is None)
            if first not in best or rank < (
                best[first].contact is None,
                best[first].account is None,
            ):
                best[first] = person
        return {key: best[self.first[key]] for key in self.leads}

    @cached_property
    def deals(self) -> dict[str, list[tuple[str, bool]]]:
        """When deals of an account were created, and whether they were won; no refunds."""
        found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for deal in self.crm.newest("Deals", "Deal Id").values():
            created, amount = deal["Created Time"], deal["Amount"]
            is_counted = (
                deal["Is Deleted"] != "true"
                and deal["Account Id"] in self.crm.accounts
                and created[:10] <= self.crm.as_of.isoformat()
                and not amount.startswith("-")
            )
            if is_counted:
                is_won = (
                    (deal["Pipeline"], deal["Stage"]) in WON_STAGES
                    and (not amount or float(amount) > 0)
                    and created[:10] <= deal["Closing Date"] <= self.crm.as_of.isoformat()
                )
                found[self.crm.survivor(deal["Account Id"])].append((created, is_won))
        return found

    def fulfilled(self, key: str) -> tuple[bool, ...]:
        """Whether each stage is true of a lead, whatever of the others."""
        lead, person = self.leads[key], self.persons[key]
        mail = mail_of(lead)
        contact = self.contacts.get(person.contact or "")
        is_blocked = contact is not None and (
            contact["Email Opt Out"] == "true"
            or (person.contact in self.blocked and contact["Email"].lower() == mail)
        )
        in_scope = person.account in self.crm.in_scope
        later = [
            is_won
            for created, is_won in self.deals.get(person.account or "", [])
            if in_scope and created >= lead["Created Time"]
        ]
        return (
            True,
            self.first[key] == key,
            number_of(lead) is not None or (mail is not None and not is_blocked),
            person.contact is not None,
            in_scope,
            bool(later),
            any(later),
        )

    def stage(self, key: str) -> str:
        """The last stage that was reached with all before it."""
        fulfilled = self.fulfilled(key)
        return STAGES[(*fulfilled, False).index(False) - 1]

    def steps(self, key: str) -> list[str]:
        """The steps of the path."""
        path = self.leads[key]["Path"]
        return path.split(" > ") if path else []


def _domain(website: str) -> str:
    return re.sub(r"^https?://(www\.)?|/.*$", "", website)
