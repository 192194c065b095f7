"""Leads of the demo CRM: who came by search or from a list, who became a contact, who came twice.

All is drawn from sources of random numbers of its own, so that no other table changes with it.
Telephone numbers are of the ranges kept free for fiction, domains of strangers end in `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.zylker import catalogue as cat
from connectors.zylker import vocabulary as voc
from connectors.zylker.account_tables import account_domains
from connectors.zylker.columns import (
    Flags,
    Ints,
    between,
    chosen,
    flags,
    integers,
    joined,
    moments,
    nulls,
    picked,
    record_ids,
    texts,
    weighted,
)
from connectors.zylker.plan import Plan, Traits

LEADS_PER_ACCOUNT: Final = 1.2
FATES: Final = ("converted", "known", "colleague", "visitor", "stranger", "repeated")
CONVERTED, KNOWN, COLLEAGUE, VISITOR, STRANGER, REPEATED = range(6)
NOTHING, NUMBER, WORDS = range(3)
_FATE_WEIGHTS: Final = (30.0, 10.0, 12.0, 6.0, 32.0, 10.0)

KINDS: Final = ("inbound", "outbound", "partner")
SOURCES: Final = (
    ("Web Search", "Webinar", "Download"),
    ("Trade Show", "Bought List", "Cold Call"),
    ("Partner Portal", "Reseller Day", "Referral"),
)
_FIRST_STEPS: Final = (
    ("ticket software hospital", "Ticket Software Hospital", "patient help desk", "zylker desk"),
    ("HealthTech Expo list", "Hospital directory 2025", "Lapsed customers", "IT managers list"),
    ("Partner page", "Partner newsletter", "Reseller visit", "Partner page"),
)
_MIDDLE_STEPS: Final = (
    ("Landing page", "Price page", "Case study"),
    ("First mail", "First call", "Second mail"),
    ("Product page", "Product call", "Demo video"),
)
_LAST_STEPS: Final = ("Demo form", "Contact form", "Webinar form", "Call-back form")
_AREAS: Final = ("212", "305", "312", "404", "415", "512", "602", "617", "702", "713")
_INTERESTS: Final = ("Desk", "Portal", "Analytics", "Telephony")


@dataclass(frozen=True)
class Leads:
    """What is decided about the leads of a block: fate, contact or account, original of a copy.

    `contact` and `original` are rows of the block's contacts and leads, `account` a position in the
    block; each -1 for none. `phone`: nothing, a number, or words. Days count from 1970-01-01.
    """

    first: int
    fate: Ints
    contact: Ints
    account: Ints
    original: Ints
    kind: Ints
    day: Ints
    second: Ints
    phone: Ints
    has_bad_mail: Flags
    is_deleted: Flags

    @property
    def numbers(self) -> Ints:
        """Numbers of the leads over all blocks, from 0."""
        return np.arange(self.first, self.first + len(self.fate), dtype=np.int64)

    @property
    def person(self) -> Ints:
        """Row of the lead that is the same person and came first."""
        return np.where(self.original >= 0, self.original, np.arange(len(self.fate)))


def draw_leads(
    plan: Plan, traits: Traits, contacts: pa.Table, copies: list[tuple[int, int]], first: int
) -> Leads:
    """Decide who the leads of a block are; `first` of them were given out before.

    Every contact with mail and account, and not planted twice, is taken by one lead at most.
    """
    stream = plan.stream("leads", traits.block)
    size = round(LEADS_PER_ACCOUNT * traits.size)
    fate = weighted(stream, _FATE_WEIGHTS, size)
    fate[: len(FATES)] = STRANGER
    free = _free_contacts(stream, traits, contacts, copies)
    wanting = np.flatnonzero(fate <= KNOWN)
    fate[wanting[len(free) :]] = STRANGER
    taken = np.flatnonzero(fate <= KNOWN)
    contact = np.full(size, -1)
    contact[taken] = free[: len(taken)]
    account = np.where(
        (fate == COLLEAGUE) | (fate == VISITOR), between(stream, 0, traits.size - 1, size), -1
    )
    created = contacts.column("Created Time").combine_chunks().cast(pa.int64()).to_numpy()
    created = created // 86_400
    day = plan.end - between(stream, 1, 700, size)
    before = created[np.maximum(contact, 0)] - between(stream, 0, 45, size)
    day = np.where(contact >= 0, before, day)
    # A copy comes after its original, which is one of the leads before it that is no copy. The
    # first lead is captured in the future and has none.
    copied = np.flatnonzero(fate == REPEATED)
    singles = np.flatnonzero(fate != REPEATED)[1:]
    chosen_ones = (stream.random(len(copied)) * np.searchsorted(singles, copied)).astype(np.int64)
    original = np.full(size, -1)
    original[copied] = singles[chosen_ones]
    day[copied] = np.minimum(day[original[copied]] + between(stream, 1, 40, len(copied)), plan.end)
    second = between(stream, 7 * 3600, 18 * 3600, size)
    second[copied] = np.maximum(second[copied], second[original[copied]] + 60)
    kind = weighted(stream, (5.0, 4.0, 1.0), size)
    few = (fate == STRANGER) | (fate == KNOWN)
    phone = np.where(few, weighted(stream, (0.35, 0.6, 0.05), size), NUMBER)
    wrong = (fate == STRANGER) & (stream.random(size) < 0.12)
    deleted = (fate == STRANGER) & (stream.random(size) < 0.05)
    phone[original[copied]] = NUMBER
    wrong[original[copied]] = deleted[original[copied]] = deleted[0] = False
    return Leads(first, fate, contact, account, original, kind, day, second, phone, wrong, deleted)


def lead_table(plan: Plan, traits: Traits, contacts: pa.Table, leads: Leads) -> pa.Table:
    """Return the columns of Leads.

    The mail of a known contact is in capitals. A copy has the mail of its original with the name
    before it, or another mail with the telephone and name of its original. The first lead is
    captured after the business date; some that nobody knows are deleted.
    """
    stream = plan.stream("lead_table", traits.block)
    size, person = len(leads.fate), leads.person
    numbers, of_person = leads.numbers, leads.first + person
    first, last = of_person * 7 % 30, of_person * 11 // 7 % 30
    by_mail = (leads.fate == REPEATED) & (numbers % 2 == 0)
    mail = _mails(traits, contacts, leads, first, last, by_mail)
    names = [
        picked(words, row) for words, row in ((voc.FIRST_NAMES, first), (voc.LAST_NAMES, last))
    ]
    is_contact = leads.contact[person] >= 0
    row = pa.array(np.maximum(leads.contact[person], 0))
    given, family = (
        chosen(is_contact, contacts.column(column).combine_chunks().take(row), name)
        for column, name in zip(("First Name", "Last Name"), names, strict=True)
    )
    mail = chosen(
        by_mail, joined(given, " ", family, " <", mail, ">"), chosen(
            leads.fate == KNOWN, pc.utf8_upper(mail), mail
        )
    )  # fmt: skip
    day = leads.day.copy()
    day[0] = plan.end + 2
    converted = leads.fate == CONVERTED
    created = contacts.column("Created Time").combine_chunks().take(row)
    visited = leads.account[person]
    source = between(stream, 0, 2, size)
    has_path = stream.random(size) >= 0.05
    return pa.table(
        {
            "Lead Id": record_ids("leads", numbers),
            "First Name": given,
            "Last Name": family,
            "Company": joined("Company ", texts(of_person)),
            "Email": mail,
            "Phone": _phones(leads),
            "Website": _websites(traits, visited, leads.fate[person] == VISITOR),
            "Country": picked(("United States", "United Kingdom"), of_person % 2),
            "Lead Source": picked([name for s in SOURCES for name in s], leads.kind * 3 + source),
            "Campaign Kind": picked(KINDS, leads.kind, stream.random(size) >= 0.03),
            "Campaign Id": record_ids(
                "campaigns", between(stream, 0, len(cat.CAMPAIGNS) - 1, size), leads.kind > 0
            ),
            "Path": _paths(stream, leads.kind, has_path),
            "Interest": picked(_INTERESTS, between(stream, 0, 3, size), stream.random(size) < 0.8),
            "Seats Wanted": integers(between(stream, 1, 400, size), stream.random(size) < 0.6),
            "Converted Contact Id": _ids_of(contacts, "Contact Id", row, converted),
            "Converted Account Id": _ids_of(contacts, "Account Id", row, converted),
            "Converted Time": pc.if_else(pa.array(converted), created, None),
            "Created Time": moments(day, leads.second),
            "Modified Time": moments(np.minimum(day + 50, plan.end), leads.second),
            "Is Deleted": flags(leads.is_deleted),
        }
    )


def lead_truths(contacts: pa.Table, leads: Leads) -> pa.Table:
    """Return one row per lead: its fate, whose copy it is, and the contact it was made from."""
    row = pa.array(np.maximum(leads.contact, 0))
    return pa.table(
        {
            "lead_id": record_ids("leads", leads.numbers),
            "fate": picked(FATES, leads.fate),
            "duplicate_of_lead_id": record_ids(
                "leads", leads.first + leads.original, leads.original >= 0
            ),
            "contact_id": _ids_of(contacts, "Contact Id", row, leads.contact >= 0),
            "has_bad_mail": flags(leads.has_bad_mail),
        }
    )


def _free_contacts(
    stream: np.random.Generator, traits: Traits, contacts: pa.Table, copies: list[tuple[int, int]]
) -> Ints:
    """Rows of the contacts that a lead may have become, in random order."""
    usable = contacts.column("Email").combine_chunks().is_valid().to_numpy(zero_copy_only=False)
    usable &= contacts.column("Account Id").combine_chunks().is_valid().to_numpy(False)
    usable &= ~contacts.column("Is Deleted").combine_chunks().to_numpy(zero_copy_only=False)
    planted = np.asarray(copies, dtype=np.int64).reshape(-1) - int(traits.first_contact[0])
    usable[planted] = False
    return stream.permutation(np.flatnonzero(usable))


def _mails(
    traits: Traits, contacts: pa.Table, leads: Leads, first: Ints, last: Ints, by_mail: Flags
) -> Any:
    person = leads.person
    fate = leads.fate[person]
    account = np.maximum(leads.account[person], 0)
    local = joined(picked(voc.MAIL_FIRST, first), ".", picked(voc.MAIL_LAST, last))
    own = joined(local, texts(leads.first + person))
    domain = chosen(
        fate == COLLEAGUE,
        account_domains(traits).take(pa.array(account)),
        chosen(
            fate == VISITOR, "gmail.com", joined("care", texts(leads.first + person), ".example")
        ),
    )
    mail = joined(own, "@", domain)
    of_contact = contacts.column("Email").combine_chunks()
    of_contact = of_contact.take(pa.array(np.maximum(leads.contact[person], 0)))
    mail = chosen(leads.contact[person] >= 0, of_contact, mail)
    other = joined("private.", own, "@post.example")
    mail = chosen((leads.fate == REPEATED) & ~by_mail, other, mail)
    return chosen(leads.has_bad_mail, joined(own, "(at)", domain), mail)


def _phones(leads: Leads) -> Any:
    """Numbers kept free for fiction; copies write them without the code of their country."""
    person = leads.first + leads.person
    number, american = person // 2 % 1_000, person % 2 == 0
    united_states = joined(picked(_AREAS, number // 100), " 555 01", texts(number % 100, digits=2))
    united_kingdom = joined("20 7946 0", texts(number, digits=3))
    whole = chosen(american, joined("+1 ", united_states), joined("+44 ", united_kingdom))
    local = chosen(american, united_states, joined("0", united_kingdom))
    phone = chosen(leads.fate == REPEATED, local, whole)
    phone = chosen(leads.phone == WORDS, "on request", phone)
    return chosen(leads.phone == NOTHING, nulls(len(person), pa.string()), phone)


def _websites(traits: Traits, account: Ints, wanted: Flags) -> Any:
    domain = account_domains(traits).take(pa.array(np.maximum(account, 0)))
    return chosen(
        wanted, joined("https://www.", domain, "/contact"), nulls(len(account), pa.string())
    )


def _paths(stream: np.random.Generator, kind: Ints, has_path: Flags) -> Any:
    size = len(kind)
    first = picked(
        [step for s in _FIRST_STEPS for step in s], kind * 4 + between(stream, 0, 3, size)
    )
    middle = picked(
        [step for s in _MIDDLE_STEPS for step in s], kind * 3 + between(stream, 0, 2, size)
    )
    last = picked(_LAST_STEPS, between(stream, 0, 3, size))
    whole = joined(first, " > ", middle, " > ", last)
    short = joined(first, " > ", last)
    path = chosen(stream.random(size) < 0.25, short, whole)
    return chosen(has_path, path, nulls(size, pa.string()))


def _ids_of(contacts: pa.Table, column: str, row: Any, valid: Flags) -> Any:
    return pc.if_else(pa.array(valid), contacts.column(column).combine_chunks().take(row), None)
