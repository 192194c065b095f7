"""Engagement of the demo CRM told a second time: the rules of SPEC 7 and INT-6 over its CSV files.

Plain loops over the records, times as the export writes them, in the organisation's own zone.
Nothing is imported from the project.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from tests.end_to_end.crm_oracle import Crm, Record

POINTS = {
    ("call", "answered"): 6, ("call", "not_answered"): -3,
    ("mail", "replied"): 6, ("mail", "opened"): 5, ("mail", "clicked"): 10,
    ("mail", "bounced"): -10, ("mail", "unsubscribed"): -10,
    ("survey", "completed"): 10, ("survey", "started"): 3,
    ("webinar", "registered"): 6, ("webinar", "attended"): 12, ("webinar", "absent"): -3,
    ("event", "registered"): 6, ("event", "checked_in"): 10,
    ("web", "visit"): 2, ("web", "download"): 15, ("chat", "attended"): 6,
}  # fmt: skip
"""Points of ENG-7, with the one that the example changes (a webinar attended)."""
SILENCE_POINTS, SILENCE_DAYS, WINDOW_DAYS, WEB_CAP = -6, 7, 180, 20
MESSAGE = {
    "Emails": "Message Id", "Surveys": "Survey", "Webinars": "Webinar",
    "Event_Attendance": "Conference Id", "Tickets": "Ticket Id",
}  # fmt: skip
KIND = {
    "Emails": "mail", "Calls": "call", "Surveys": "survey", "Webinars": "webinar",
    "Event_Attendance": "event", "Chats": "chat", "Web_Visits": "web", "Tickets": "ticket",
}  # fmt: skip
REVOKES = {("survey", "completed"): "started", ("event", "cancelled"): "registered"}


@dataclass(frozen=True)
class Happened:
    """One event: who, what, when; `message` is empty where there is none."""

    event_id: str
    contact: str | None
    kind: str
    event: str
    message: str
    at: datetime
    is_machine: bool
    is_follow_up: bool


@dataclass(frozen=True)
class Engagement:
    """Events and points of one export."""

    crm: Crm

    @cached_property
    def contacts(self) -> dict[str, Record]:
        return self.crm.newest("Contacts", "Contact Id")

    def account(self, contact: str) -> str | None:
        """Account of a contact after merges; None when it has none that landed."""
        account = self.contacts[contact]["Account Id"]
        return self.crm.survivor(account) if account in self.crm.accounts else None

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """Records of every event table, each id once, known by the end of the business date."""
        found = {}
        for table in KIND:
            by_id = {record["Event Id"]: record for record in self.crm.read(table)}
            found[table] = [
                record
                for record in by_id.values()
                if day_of(record["Occurred At"]) <= self.crm.as_of
                and day_of(record["Ingested At"]) <= self.crm.as_of
            ]
        return found

    @cached_property
    def owners(self) -> dict[str, str]:
        """Contact by mail address in small letters; of several the one INT-6 names."""
        sharing: dict[str, list[str]] = defaultdict(list)
        for contact, record in self.contacts.items():
            if record["Email"]:
                sharing[record["Email"].strip().lower()].append(contact)
        last: dict[str, str] = {}
        for records in self.records.values():
            for record in records:
                named = record["Contact Id"]
                last[named] = max(last.get(named, ""), record["Occurred At"])

        def order(contact: str) -> tuple[bool, bool, str]:
            account, record = self.account(contact), self.contacts[contact]
            active = max(record["Modified Time"], last.get(contact, ""))
            return account in self.crm.in_scope, record["Is Deleted"] != "true", active

        return {mail: max(sorted(found), key=order) for mail, found in sharing.items()}

    def contact_of(self, record: Record) -> str | None:
        """By id, else by mail (INT-6)."""
        if record["Contact Id"] in self.contacts:
            return record["Contact Id"]
        return self.owners.get(record["Contact Email"].strip().lower())

    def addressee(self, record: Record) -> str:
        """Whom a mail reached: the contact, else the address."""
        return self.contact_of(record) or record["Contact Email"].strip().lower()

    @cached_property
    def events(self) -> list[Happened]:
        """Everything that happened, with who it was and whether a machine did it (ENG-13)."""
        delivered: dict[tuple[str, str], datetime] = {}
        for record in self.records["Emails"]:
            if record["Event"] == "delivered":
                key = (record["Message Id"], self.addressee(record))
                moment = datetime.fromisoformat(record["Occurred At"])
                delivered[key] = min(delivered.get(key, moment), moment)
        found = []
        for table, records in self.records.items():
            for record in records:
                moment = datetime.fromisoformat(record["Occurred At"])
                message = record[MESSAGE[table]] if table in MESSAGE else ""
                key = (message, self.addressee(record))
                arrived = delivered.get(key) if record["Event"] == "opened" else None
                is_quick = arrived is not None and (
                    timedelta() <= moment - arrived <= timedelta(seconds=2)
                )
                found.append(
                    Happened(
                        record["Event Id"], self.contact_of(record), KIND[table], record["Event"],
                        message, moment, record.get("Is Machine") == "true" or is_quick,
                        record.get("Is Follow Up") == "true",
                    )
                )  # fmt: skip
        return found

    @cached_property
    def entries(self) -> list[tuple[str, str, int, date]]:
        """Contact, kind of event, points and day of everything that gives points (ENG-7)."""
        people = [e for e in self.events if e.contact is not None and not e.is_machine]
        revoked: dict[tuple[str, str, str, str], datetime] = {}
        for event in people:
            taken = REVOKES.get((event.kind, event.event))
            if taken and event.message:
                key = (event.contact or "", event.kind, taken, event.message)
                revoked[key] = max(revoked.get(key, event.at), event.at)
        seen: set[tuple[str, str, str, str]] = set()
        entries = []
        for event in sorted(people, key=lambda e: (e.at, e.event_id)):
            contact, points = event.contact or "", POINTS.get((event.kind, event.event))
            if points is None:
                continue
            gone = revoked.get((contact, event.kind, event.event, event.message))
            if gone is not None and (event.event == "started" or event.at <= gone):
                continue
            once = self.once(event)
            if (contact, event.kind, event.event, once) in seen:
                continue
            seen.add((contact, event.kind, event.event, once))
            entries.append((contact, f"{event.kind} {event.event}", points, event.at.date()))
        return entries + self.silences(people)

    @staticmethod
    def once(event: Happened) -> str:
        """What an event counts once for: its message, its day, or itself."""
        if (event.kind, event.event) == ("web", "visit"):
            return str(event.at.date())
        each = event.kind in ("call", "chat") or event.event in ("replied", "download")
        return event.event_id if each or not event.message else event.message

    def silences(self, people: list[Happened]) -> list[tuple[str, str, int, date]]:
        """Follow-up mails without a reaction in time, each message once (ENG-7)."""
        answers: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for event in people:
            if event.kind == "mail" and event.event in ("opened", "clicked", "replied", "bounced"):
                answers[(event.contact or "", event.message)].append(event.at)
        found, asked = [], set()
        for event in sorted(people, key=lambda e: (e.at, e.event_id)):
            key = (event.contact or "", event.message)
            if event.kind != "mail" or event.event != "sent" or not event.is_follow_up:
                continue
            if not event.message or key in asked:
                continue
            asked.add(key)
            until = event.at.date() + timedelta(days=SILENCE_DAYS)
            is_answered = any(event.at <= at and at.date() <= until for at in answers[key])
            if until <= self.crm.as_of and not is_answered:
                found.append((event.contact or "", "mail silence", SILENCE_POINTS, until))
        return found

    @cached_property
    def alive(self) -> set[str]:
        """Accounts with any event of a person in the window, with points or without (ENG-11)."""
        since = self.crm.as_of - timedelta(days=WINDOW_DAYS)
        return {
            account
            for event in self.events
            if event.contact is not None and not event.is_machine and event.at.date() > since
            if (account := self.account(event.contact)) is not None
        }

    def net_points(self, as_of: date) -> dict[str, int]:
        """Net points by account of the window that ends with a day, website points capped."""
        plain: dict[str, int] = defaultdict(int)
        visits: dict[str, int] = defaultdict(int)
        for contact, kind, points, day in self.entries:
            account = self.account(contact)
            if account is not None and as_of - timedelta(days=WINDOW_DAYS) < day <= as_of:
                (visits if kind == "web visit" else plain)[account] += points
        return {
            account: plain[account] + min(visits[account], WEB_CAP) for account in {*plain, *visits}
        }


def day_of(moment: str) -> date:
    """Day of a moment as the export writes it."""
    return date.fromisoformat(moment[:10])
