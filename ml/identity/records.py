"""Frames of records as the CRM has them become frames of identifiers that compare (ACC-9).

Every distinct text is read once, so half a million records cost what their distinct texts do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.identity.countries import region_of
from ml.identity.domains import is_public, web_domain
from ml.identity.mails import normalized_mail
from ml.identity.names import name_key, numbers_in, person_name
from ml.identity.phones import NO_DIGITS, normalized_phone
from ml.identity.texts import plain, unmarked

ACCOUNT_COLUMNS: Final = (
    "account_id", "name_key", "region", "web_domain", "is_web_domain_public", "website_reason",
    "phone_e164", "has_phone_digits", "is_phone_valid", "phone_reason",
)  # fmt: skip
LEAD_COLUMNS: Final = (
    "lead_id", "person_name", "web_domain", "email_normalized", "email_domain", "is_email_valid",
    "email_reason", "phone_e164", "has_phone_digits", "is_phone_valid", "phone_reason",
)  # fmt: skip
CONTACT_COLUMNS: Final = (
    "contact_id", "email_normalized", "email_domain", "is_email_domain_public", "is_email_valid",
    "email_reason", "phone_e164", "has_phone_digits", "is_phone_valid", "phone_reason",
)  # fmt: skip
Values = np.ndarray[Any, Any]


def account_identities(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the identifiers of accounts, in the same order.

    Args:
        accounts: account_id, account_name, website, phone, billing_country, billing_city.

    Returns:
        ACCOUNT_COLUMNS, and for comparisons phone_key, own_domain (a domain that strangers do not
        share), name_numbers, name_start, city.
    """
    read = accounts.reset_index(drop=True)
    keys = _each(read["account_name"], name_key)
    domains = _each(read["website"], web_domain)
    names = _each(domains, lambda domain: domain.name)
    found = {
        "account_id": read["account_id"].to_numpy(object),
        "name_key": keys,
        "region": _each(read["billing_country"], region_of),
        "web_domain": names,
        "is_web_domain_public": _each(names, _is_shared),
        "website_reason": _each(domains, lambda domain: domain.reason),
        **_phones(read["phone"], read["billing_country"]),
        "own_domain": _each(domains, lambda domain: domain.own),
        "name_numbers": _each(keys, numbers_in),
        "name_start": _each(keys, _start),
        "city": _each(read["billing_city"], place),
    }
    return pd.DataFrame(found, dtype=object)


def contact_identities(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the identifiers of contacts, in the same order.

    Args:
        contacts: contact_id, account_id, first_name, last_name, email, phone, billing_country,
            city, birth_date (text, as ISO date).

    Returns:
        CONTACT_COLUMNS, and for comparisons phone_key, account_id, first_name, last_name,
        both_names (sorted, because they are swapped at times), city, birth_date, birth_month, mail
        (also where it is not valid), mail_name (what stands before the @), own_domain (one that
        strangers do not share).
    """
    read = contacts.reset_index(drop=True)
    mails = _mails(read["email"])
    domains = mails["email_domain"]
    first, last = (_each(read[name], person_name) for name in ("first_name", "last_name"))
    written = _each(read["email"], lambda email: plain(email).lower() or None)
    written = np.where(pd.notna(domains), mails["email_normalized"], written)
    days = _each(read["birth_date"], lambda day: plain(day) or None)
    found = {
        "contact_id": read["contact_id"].to_numpy(object),
        **mails,
        "is_email_domain_public": _each(domains, _is_shared),
        **_phones(read["phone"], read["billing_country"]),
        "account_id": read["account_id"].to_numpy(object),
        "first_name": first,
        "last_name": last,
        "both_names": _both(first, last),
        "city": _each(read["city"], place),
        "birth_date": days,
        "birth_month": _each(days, lambda day: day[:7] if day and len(day) == 10 else None),
        "mail": written,
        "mail_name": _each(written, _before_at),
        "own_domain": _each(domains, _own),
    }
    return pd.DataFrame(found, dtype=object)


def lead_identities(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the identifiers of leads, in the same order, made comparable as those of contacts.

    Args:
        leads: lead_id, first_name, last_name, email, phone, website, country.

    Returns:
        LEAD_COLUMNS: web_domain also where strangers share it; person_name is both names sorted
        (they are swapped at times), or the one there is (HYG-3).
    """
    read = leads.reset_index(drop=True)
    first, last = (_each(read[name], person_name) for name in ("first_name", "last_name"))
    found = {
        "lead_id": read["lead_id"].to_numpy(object),
        "person_name": _known(_known(_both(first, last), last), first),
        "web_domain": _each(_each(read["website"], web_domain), lambda domain: domain.name),
        **_mails(read["email"]),
        **_phones(read["phone"], read["country"]),
    }
    return pd.DataFrame(found, columns=list(LEAD_COLUMNS), dtype=object)


def place(city: object) -> str | None:
    """Return a city folded and without accents; None for none."""
    return unmarked(plain(city)) or None


def _each(values: pd.Series[Any] | Values, read: Callable[[Any], Any]) -> Values:
    """Return what `read` makes of every value; each distinct one is read once."""
    codes, distinct = pd.factorize(np.asarray(values, object), use_na_sentinel=True)
    found = np.empty(len(distinct) + 1, dtype=object)
    found[:-1] = [read(value) for value in distinct]
    if (codes < 0).any():
        found[-1] = read(None)
    return found[codes]


def _mails(emails: pd.Series[Any]) -> dict[str, Values]:
    read = _each(emails, normalized_mail)
    return {
        "email_normalized": _each(read, lambda mail: mail.normalized),
        "email_domain": _each(read, lambda mail: mail.domain),
        "is_email_valid": _each(read, lambda mail: _is_valid(mail.normalized, mail.reason)),
        "email_reason": _each(read, lambda mail: mail.reason),
    }


def _phones(phones: pd.Series[Any], countries: pd.Series[Any]) -> dict[str, Values]:
    pairs = np.empty(len(phones), dtype=object)
    pairs[:] = list(zip(phones.to_numpy(object), countries.to_numpy(object), strict=True))
    read = _each(pairs, lambda pair: normalized_phone(*pair) if pair else normalized_phone(None))
    return {
        "phone_e164": _each(read, lambda phone: phone.e164),
        "has_phone_digits": _each(read, _has_digits),
        "is_phone_valid": _each(read, lambda phone: phone.is_valid),
        "phone_reason": _each(read, lambda phone: phone.reason),
        "phone_key": _each(read, lambda phone: phone.key),
    }


def _has_digits(phone: Any) -> bool | None:
    return None if phone.is_valid is None else phone.reason != NO_DIGITS


def _is_valid(normalized: str | None, reason: str | None) -> bool | None:
    return None if normalized is None and reason is None else normalized is not None


def _is_shared(domain: str | None) -> bool | None:
    return None if domain is None else is_public(domain)


def _own(domain: str | None) -> str | None:
    return None if domain is None or is_public(domain) else domain


def _before_at(mail: str | None) -> str | None:
    return (mail or "").partition("@")[0] or None


def _both(first: Values, last: Values) -> Values:
    pairs = zip(first, last, strict=True)
    found = np.empty(len(first), dtype=object)
    found[:] = [" ".join(sorted((one, other))) if one and other else None for one, other in pairs]
    return found


def _known(values: Values, others: Values) -> Values:
    """The values, and where there is none the others."""
    return np.where(pd.notna(values), values, others)


def _start(key: str | None) -> str | None:
    """The first letters of a name, blanks left out: where spellings of one name seldom differ."""
    joined = (key or "").replace(" ", "")
    return joined[:STARTS_WITH] if len(joined) >= STARTS_WITH else None


STARTS_WITH: Final = 8
"""Letters of a name that accounts must share to be compared by name alone."""
