"""Accounts and contacts as tables, in the columns of a Zoho export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.zylker import vocabulary as voc
from connectors.zylker.columns import (
    Flags,
    Ints,
    between,
    chosen,
    dates,
    decimals,
    flags,
    integers,
    joined,
    moments,
    nulls,
    picked,
    positions_in,
    record_ids,
    texts,
    weighted,
)
from connectors.zylker.plan import Plan, Traits

OWNERS = 12
_SIZES = ((2, 9), (10, 99), (100, 999), (1_000, 25_000))
_SIZE_WEIGHTS = (15.0, 35.0, 32.0, 18.0)


@dataclass(frozen=True)
class Firmographics:
    """What is drawn first of the table of accounts, and the stream that the rest comes from.

    `industry` is a position in `vocabulary.INDUSTRIES`, `spelling` one in `_industry_words`.
    """

    stream: np.random.Generator
    second: Ints
    employees: Ints
    revenue: Ints
    parent: Ints
    seats: Ints
    industry: Ints
    spelling: Ints
    has_industry: Flags


def firmographics(plan: Plan, traits: Traits) -> Firmographics:
    """Draw who the accounts are; equal plans give equal draws, whoever asks."""
    stream = plan.stream("accounts", traits.block)
    size = traits.size
    second = between(stream, 7 * 3600, 18 * 3600, size)
    employees, revenue = _sizes(stream, size)
    parent = between(stream, 0, np.maximum(np.arange(size) - 1, 0), size)
    seats = employees // 4 + between(stream, 3, 60, size)
    industry, spelling, has_industry = _industries(stream, size)
    return Firmographics(
        stream, second, employees, revenue, parent, seats, industry, spelling, has_industry
    )


def account_table(plan: Plan, traits: Traits) -> pa.Table:
    """Return the columns of Accounts. Near-duplicates spell the name of their original another way.

    Accounts whose country is unknown have no address at all.
    """
    drawn = firmographics(plan, traits)
    stream, size, located = drawn.stream, traits.size, traits.has_country
    country = _country(traits)
    second, employees, revenue = drawn.second, drawn.employees, drawn.revenue
    modified = np.minimum(
        np.maximum(traits.created_day, np.minimum(traits.last_day + 4, plan.end)), plan.end
    )
    parent, seats = drawn.parent, drawn.seats
    industry, has_industry = drawn.spelling, drawn.has_industry
    contract, has_contract = contract_days(plan, traits)
    return pa.table(
        {
            "Account Id": record_ids("accounts", traits.numbers),
            "Account Name": account_names(traits),
            "Account Owner Id": record_ids("owners", between(stream, 0, OWNERS - 1, size)),
            "Phone": _phones(country, traits.numbers, located),
            "Website": _websites(traits),
            "Industry": picked(_industry_words(), industry, has_industry),
            "Account Type": picked(
                ("Customer", "Partner", "Prospect"),
                np.where(traits.won_count == 0, 2, np.where(stream.random(size) < 0.07, 1, 0)),
            ),
            "Employees": integers(employees, stream.random(size) < 0.92),
            "Annual Revenue": decimals(revenue * 100, 2, stream.random(size) < 0.85),
            "Ownership": picked(voc.OWNERSHIPS, weighted(stream, (6, 2, 1, 1.5, 2), size)),
            "Rating": picked(voc.RATINGS, between(stream, 0, 4, size), stream.random(size) < 0.6),
            "Parent Account Id": record_ids(
                "accounts", traits.first + parent, (stream.random(size) < 0.05) & (parent > 0)
            ),
            **_addresses(stream, country, located),
            "Currency": _currencies(country),
            "Account Status": picked(("Active", "Inactive"), traits.is_inactive.astype(np.int64)),
            "Contract End Date": dates(contract, has_contract),
            "Tier": picked(voc.TIERS, _tiers(traits), traits.won_count > 0),
            "Seats": integers(seats, traits.won_count > 0),
            "Description": picked(
                voc.DESCRIPTIONS,
                between(stream, 0, len(voc.DESCRIPTIONS) - 1, size),
                stream.random(size) < 0.2,
            ),
            "Created Time": moments(traits.created_day, second),
            "Modified Time": moments(modified, np.minimum(second + 3_600, 86_000)),
            "Is Deleted": flags(traits.is_deleted),
            "Merged Into Id": record_ids(
                "accounts", traits.first + traits.merged_into, traits.merged_into >= 0
            ),
        }
    )


def account_names(traits: Traits) -> Any:
    """Names of the accounts: unique, but for planted near-duplicates; the first ones are odd."""
    words = _name_words(traits)
    stem = joined(
        picked(voc.DIRECTIONS, words[0]),
        picked([place[0] for place in voc.PLACES], words[1]),
        " ",
        picked([kind[0] for kind in voc.KINDS], words[2]),
        chosen(words[3] > 0, joined(" ", texts(words[3] + 1)), ""),
    )
    name = joined(stem, " ", _suffixes(traits))
    copied = traits.duplicate_of >= 0
    shouted = joined(pa.compute.utf8_upper(stem), ", ", _suffixes(traits))
    name = chosen(copied, shouted, name)
    odd = traits.numbers < len(voc.STRANGE_NAMES)
    return chosen(odd, picked(voc.STRANGE_NAMES, np.where(odd, traits.numbers, 0)), name)


def account_domains(traits: Traits) -> Any:
    """Mail and web domain of each account; a near-duplicate has that of its original."""
    direction, place, kind, round_ = _name_words(traits)
    slugs = [word.strip().lower() for word in voc.DIRECTIONS]
    return joined(
        picked(slugs, direction),
        picked([entry[1] for entry in voc.PLACES], place),
        "-",
        picked([entry[1] for entry in voc.KINDS], kind),
        chosen(round_ > 0, texts(round_ + 1), ""),
        ".",
        picked([c.domain for c in voc.COUNTRIES], _country(traits)),
    )


def contact_table(plan: Plan, traits: Traits) -> tuple[pa.Table, list[tuple[int, int]]]:
    """Return the columns of Contacts, and the planted duplicates as pairs of contact numbers.

    The last contact of some accounts is the first one again: the same mail in capitals, or the
    same phone and last name with another mail (ACC-9). One contact per block has no account, one
    an unknown account (LKP-7).
    """
    stream = plan.stream("contacts", traits.block)
    owner = np.repeat(np.arange(traits.size), traits.contact_count)
    size = len(owner)
    position = positions_in(traits.contact_count)
    number = int(traits.first_contact[0]) + np.arange(size)
    is_copy = (position == traits.contact_count[owner] - 1) & (position > 0)
    is_copy &= stream.random(size) < 0.04
    start = np.arange(size) - position
    base_first = between(stream, 0, 29, traits.size)[owner]
    base_last = between(stream, 0, 29, traits.size)[owner]
    shown = np.where(is_copy, 0, position)
    first, last = (base_first + 11 * shown) % 30, (base_last + 7 * shown) % 30
    same_mail = is_copy & (number % 2 == 0)
    mail = joined(
        picked(voc.MAIL_FIRST, first), ".", picked(voc.MAIL_LAST, last), "@",
        account_domains(traits).take(pa.array(owner)),
    )  # fmt: skip
    mail = chosen(same_mail, pa.compute.utf8_upper(mail), mail)
    mail = chosen(is_copy & ~same_mail, joined("office.", mail), mail)
    created = np.minimum(traits.created_day[owner] + between(stream, 0, 200, size), plan.end - 1)
    second = between(stream, 7 * 3600, 18 * 3600, size)
    orphaned = np.zeros(size, dtype=np.bool_)
    account = traits.first + owner
    if size > 60:
        orphaned[41], account[53] = True, 999_999_999
    phone_number = number - np.where(is_copy, position, 0)
    table = pa.table(
        {
            "Contact Id": record_ids("contacts", number),
            "Account Id": record_ids("accounts", account, ~orphaned),
            "First Name": picked(voc.FIRST_NAMES, first),
            "Last Name": picked(voc.LAST_NAMES, last),
            "Email": chosen(stream.random(size) < 0.03, nulls(size, pa.string()), mail),
            "Job Designation": picked(
                voc.TITLES, between(stream, 0, 9, size), stream.random(size) < 0.9
            ),
            "Phone": _phones(_country(traits)[owner], phone_number, np.ones(size, np.bool_)),
            "Is Primary": flags(position == 0),
            "Email Opt Out": flags(stream.random(size) < 0.06),
            "Created Time": moments(created, second),
            "Modified Time": moments(np.minimum(created + 30, plan.end), second),
            "Is Deleted": flags((stream.random(size) < 0.01) & (position > 0)),
        }
    )
    pairs = zip(number[is_copy].tolist(), (number[start[is_copy]]).tolist(), strict=True)
    return table, list(pairs)


def contract_days(plan: Plan, traits: Traits) -> tuple[Ints, Flags]:
    """Last day of each contract: customers only; about 8 % end in the next calendar month.

    Contracts of lost customers ended in the past; all others end outside the next month, so the
    renewals of the next month are known (JRN-7).
    """
    stream = plan.stream("contracts", traits.block)
    first, last = next_month(plan)
    size = traits.size
    due = stream.random(size) < 0.08
    soon = between(stream, first, last, size)
    later = between(stream, last + 1, last + 330, size)
    gone = traits.in_cohort("lost", "cannot_lose")
    days = np.where(gone, np.minimum(traits.last_day + 365, plan.end - 20), later)
    return np.where(due & ~gone, soon, days), traits.won_count > 0


def next_month(plan: Plan) -> tuple[int, int]:
    """First and last day of the calendar month after the business date (EDG-3)."""
    here = plan.as_of.year * 12 + plan.as_of.month - 1
    first, after = (date((here + n) // 12, (here + n) % 12 + 1, 1) for n in (1, 2))
    epoch = date(1970, 1, 1)
    return (first - epoch).days, (after - epoch).days - 1


def _name_words(traits: Traits) -> tuple[Ints, Ints, Ints, Ints]:
    """Direction, place, kind and round of every name: all combinations before any comes twice."""
    copied = traits.duplicate_of >= 0
    number = np.where(copied, traits.first + traits.duplicate_of, traits.numbers)
    kinds, places, directions = len(voc.KINDS), len(voc.PLACES), len(voc.DIRECTIONS)
    every = kinds * places * directions
    mixed = number % every * 7_919 % every
    return mixed // (kinds * places), mixed // kinds % places, mixed % kinds, number // every


def _country(traits: Traits) -> Ints:
    copied = traits.duplicate_of >= 0
    return traits.country[np.where(copied, traits.duplicate_of, np.arange(traits.size))]


def _suffixes(traits: Traits) -> Any:
    words = [suffix for c in voc.COUNTRIES for suffix in c.suffixes]
    counts = np.asarray([len(c.suffixes) for c in voc.COUNTRIES])
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    country = _country(traits)
    return picked(words, starts[country] + traits.numbers % counts[country])


def _websites(traits: Traits) -> Any:
    """Website; every second near-duplicate has none and is found by name and country only."""
    copied = traits.duplicate_of >= 0
    url = chosen(
        copied,
        joined("http://", account_domains(traits)),
        joined("https://www.", account_domains(traits), "/"),
    )
    without = (copied & (traits.numbers % 2 == 1)) | (~copied & (traits.numbers % 29 == 13))
    return chosen(without, nulls(traits.size, pa.string()), url)


def _phones(country: Ints, numbers: Ints, valid: Flags) -> Any:
    prefix = picked([c.dialling for c in voc.COUNTRIES], country, valid)
    return joined(prefix, texts(numbers * 7_919 % 1_000_000, digits=6))


def _currencies(country: Ints) -> Any:
    return picked([c.currency for c in voc.COUNTRIES], country)


def _addresses(stream: np.random.Generator, country: Ints, located: Flags) -> dict[str, Any]:
    places = [place for c in voc.COUNTRIES for place in c.cities]
    counts = np.asarray([len(c.cities) for c in voc.COUNTRIES])
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    size = len(country)
    here = starts[country] + (stream.random(size) * counts[country]).astype(np.int64)
    house = texts(between(stream, 1, 240, size))
    street = joined(picked(voc.STREETS, between(stream, 0, 9, size), located), " ", house)
    code = picked([f"{n:05d}" for n in range(1_000, 99_999, 331)], between(stream, 0, 298, size))
    nothing = nulls(size, pa.string())
    return {
        "Billing Street": street,
        "Billing City": picked([place[0] for place in places], here, located),
        "Billing State": picked([place[1] for place in places], here, located),
        "Billing Code": chosen(located, code, nothing),
        "Billing Country": picked([c.name for c in voc.COUNTRIES], country, located),
    }


def _industry_words() -> list[str]:
    return [word for name, others in voc.INDUSTRIES for word in (name, *others)]


def _industries(stream: np.random.Generator, size: int) -> tuple[Ints, Ints, Flags]:
    """Industry, its position in `_industry_words`, and whether it is known.

    The proper name mostly, another spelling in one of seven.
    """
    lengths = np.asarray([1 + len(others) for _, others in voc.INDUSTRIES])
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    industry = weighted(stream, voc.INDUSTRY_WEIGHTS, size)
    other = 1 + (stream.random(size) * (lengths[industry] - 1)).astype(np.int64)
    spelling = np.where(stream.random(size) < 0.14, other, 0)
    return industry, starts[industry] + spelling, stream.random(size) < 0.96


def _sizes(stream: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    """Employees by size class, and annual revenue in US dollars that goes with them."""
    kind = weighted(stream, _SIZE_WEIGHTS, size)
    low = np.asarray([bounds[0] for bounds in _SIZES])[kind]
    high = np.asarray([bounds[1] for bounds in _SIZES])[kind]
    employees = np.rint(low * (high / low) ** stream.random(size)).astype(np.int64)
    revenue = employees * between(stream, 60, 240, size) * 1_000
    return employees, revenue


def _tiers(traits: Traits) -> Ints:
    best = traits.in_cohort("champion", "cannot_lose")
    return np.where(best, 0, np.where(traits.in_cohort("lapsing", "steady", "rhythm"), 1, 2))
