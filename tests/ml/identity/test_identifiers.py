"""Identifiers are read alike however they are written, and nothing that is written stops a run."""

from __future__ import annotations

import pandas as pd
import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.identity.countries import region_of
from ml.identity.domains import is_public, web_domain
from ml.identity.mails import SEVERAL, normalized_mail
from ml.identity.names import name_key, numbers_in, person_name
from ml.identity.phones import NO_COUNTRY, NO_DIGITS, normalized_phone
from ml.identity.records import (
    ACCOUNT_COLUMNS,
    CONTACT_COLUMNS,
    LEAD_COLUMNS,
    contact_identities,
    lead_identities,
)
from tests.ml.identity.frames import accounts_frame, contacts_frame, identities

PIECES = st.sampled_from(
    ["a", "jane", "@", "@@", ".", "..", "-", "+", "acme.com", "ACME.COM", "www.", "http://",
     "https:", "/", "\\", ":", ":80", "?", "#", "[", "]", "[::1]", "%", "%00", " ", "\t", "\x00",
     "\u202e", "\ud800", "xn--", "münchen.de", "例え.jp", "＋４９", "+49", "0049", "030", "(0)",
     "ext. 5", "٠١٢", "99999999999999999999", "GmbH", "Ltd.", "&", "'", "株式会社", "ı", "İ", "ß",
     "ﬁ", "😀", "mailto:", "<", ">", ";", ",", '"', "e\u0301"]
)  # fmt: skip
TEXTS = st.one_of(
    st.none(), st.integers(), st.floats(), st.binary(max_size=8), st.text(max_size=40),
    st.lists(PIECES, max_size=12).map("".join),
)  # fmt: skip


@given(texts=st.lists(TEXTS, min_size=6, max_size=6))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_a_reason_twice_alike(texts: list[object]) -> None:
    mail, phone, site = (
        normalized_mail(texts[0]),
        normalized_phone(*texts[1:3]),
        web_domain(texts[3]),
    )
    assert (mail, phone, site) == (
        normalized_mail(texts[0]), normalized_phone(*texts[1:3]), web_domain(texts[3]),
    )  # fmt: skip
    assert mail.normalized is None or (
        mail.reason is None and normalized_mail(mail.normalized) == mail
    )
    assert site.name is None or (site.reason is None and web_domain(site.name) == site)
    assert (phone.is_valid is None) == (phone.e164 is None and phone.reason is None)
    assert phone.e164 is None or normalized_phone(phone.e164) == phone
    key = name_key(texts[4])
    assert key is None or name_key(key) is not None
    assert person_name(person_name(texts[5])) == person_name(texts[5])


def test_a_name_of_nothing_but_a_legal_form_keeps_it() -> None:
    for name in ("株式会社", ":株式会社:", "有限公司", "GmbH"):
        key = name_key(name)
        assert key is not None and name_key(key) == key


@given(rows=st.lists(st.lists(TEXTS, min_size=8, max_size=8), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_frame_is_its_rows(rows: list[list[object]]) -> None:
    for frame, columns in ((accounts_frame, ACCOUNT_COLUMNS), (contacts_frame, CONTACT_COLUMNS)):
        together = identities(frame(rows))
        assert set(columns) <= set(together[0])
        alone = [identities(frame(rows[:n] + rows[n : n + 1]))[-1] for n in range(len(rows))]
        assert together == alone


LOCALS = st.lists(
    st.text("abcXYZ019_-+.!#'é \"", max_size=12) | st.just("x" * 64), min_size=1, max_size=2
).map(".".join)
HOSTS = st.lists(
    st.text("abcXYZ019-_ü", max_size=8) | st.just("y" * 63), min_size=1, max_size=5
).map(".".join)


@given(local=LOCALS, host=HOSTS)
@settings(max_examples=600, deadline=None)
def test_a_mail_is_what_email_validator_says_in_lower_case(local: str, host: str) -> None:
    text = f"{local}@{host}"
    if text != text.strip():
        return
    found = normalized_mail(text)
    try:
        expected = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert found.normalized is None and found.reason
        return
    assert found.normalized == expected.normalized.casefold()
    assert found.domain == expected.domain.lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane.Doe@ACME.com", "jane.doe@acme.com"),
        ("  mailto:jane@acme.com ", "jane@acme.com"),
        ("Jane Doe <Jane@acme.com>", "jane@acme.com"),
        ("jane+news@acme.com", "jane+news@acme.com"),
        ("jane@MÜNCHEN.de", "jane@münchen.de"),
        ("jane@xn--mnchen-3ya.de", "jane@münchen.de"),
        ("ｊａｎｅ@acme.com", "jane@acme.com"),
    ],
)
def test_mails_in_one_spelling(text: str, expected: str) -> None:
    assert normalized_mail(text).normalized == expected


@pytest.mark.parametrize(
    "text", ["jane", "jane@", "@acme.com", "jane@acme", "jane@localhost", "ja ne@acme.com",
             "jane@acme..com", "jane@-acme.com", "jane.@acme.com", "jane@[127.0.0.1]", "n/a"]
)  # fmt: skip
def test_mails_that_are_none_say_why(text: str) -> None:
    found = normalized_mail(text)
    assert (found.normalized, found.domain) == (None, None) and found.reason


def test_several_mails_in_one_field_are_none() -> None:
    assert normalized_mail("a@acme.com; b@acme.com").reason == SEVERAL
    assert normalized_mail(None) == normalized_mail("  ")
    assert normalized_mail("").reason is None


@pytest.mark.parametrize("region", ["US", "GB", "DE", "FR", "IN", "JP", "CN", "BR", "AU", "ZA"])
def test_a_number_is_one_with_and_without_its_country_code(region: str) -> None:
    number = phonenumbers.example_number(region)
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for style in (phonenumbers.PhoneNumberFormat.NATIONAL,
                  phonenumbers.PhoneNumberFormat.INTERNATIONAL):  # fmt: skip
        found = normalized_phone(phonenumbers.format_number(number, style), region)
        assert (found.e164, found.is_valid, found.reason) == (expected, True, None)


@pytest.mark.parametrize(
    ("phone", "country", "e164", "reason"),
    [
        ("030 901820", "Germany", "+4930901820", None),
        ("030 901820", "Deutschland", "+4930901820", None),
        ("030 901820", "德国", "+4930901820", None),
        ("(202) 456-1111 ext. 9", "USA", "+12024561111", None),
        ("+1 202 456 1111", "Germany", "+12024561111", None),
        ("030 901820", None, None, NO_COUNTRY),
        ("030 901820", "Atlantis", None, NO_COUNTRY),
        ("ask for Jane", "Germany", None, NO_DIGITS),
        ("+1 202", None, None, "too short for its country"),
        ("+999 123456", None, None, "no such country code"),
        ("+1 415 555 0123", None, "+14155550123", None),
        ("+1 999 999 9999", None, "+19999999999", "in no numbering plan of its country"),
    ],
)
def test_phones(phone: str, country: str | None, e164: str | None, reason: str | None) -> None:
    found = normalized_phone(phone, country)
    assert (found.e164, found.reason, found.is_valid) == (e164, reason, reason is None)


def test_countries_are_known_by_code_and_by_name() -> None:
    for name in ("Germany", "germany ", "DE", "de", "Deutschland", "Allemagne", "德国", "DEU"):
        assert region_of(name) == "DE", name
    for name in ("United States", "USA", "U.S.A.", "us", "United States of America"):
        assert region_of(name) == "US", name
    assert region_of("Nowhere") is None and region_of(None) is None


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.com/about?x=1#y", "acme.com"),
        ("acme.com", "acme.com"),
        ("WWW.ACME.COM", "acme.com"),
        ("http://user:secret@acme.com:8080/", "acme.com"),
        ("acme.com:443", "acme.com"),
        ("//acme.com.", "acme.com"),
        ("https://shop.acme.co.uk", "shop.acme.co.uk"),
        ("http://münchen.de", "münchen.de"),
        ("http://xn--mnchen-3ya.de", "münchen.de"),
        ("n/a", None), ("http://", None), ("localhost", None), ("http://10.0.0.1/", None),
    ],
)  # fmt: skip
def test_websites(website: str, domain: str | None) -> None:
    found = web_domain(website)
    assert found.name == domain and (found.reason is None) == (domain is not None)


def test_what_strangers_share_is_nobodys_domain() -> None:
    assert web_domain("https://gmail.com").own is None
    assert web_domain("https://www.facebook.com/acme").own is None
    assert web_domain("https://acme.blogspot.com").own is None
    assert web_domain("https://acme.com").own == "acme.com"
    assert not is_public("mygmail.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme GmbH", "ACME"), ("Acme GmbH & Co. KG", "Acme"), ("Acme, Inc.", "acme"),
        ("Müller S.A.R.L.", "Muller"), ("The Acme Group", "Acme"), ("Łódź Park Trust", "LODZ PARK"),
        ("O'Connell Clinic", "OConnell Clinic Ltd"), ("Smith & Hale", "Smith and Hale LLP"),
        ("上海医院有限公司", "上海医院"), ("Acme Co., Ltd.", "Acme"), ("Acme Pty Ltd", "Acme"),
    ],
)  # fmt: skip
def test_names_of_one_company(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) is not None


def test_names_that_differ_stay_different() -> None:
    assert name_key("Acme Clinic 2") != name_key("Acme Clinic 3")
    assert numbers_in(name_key("Acme Clinic 2")) == "2"
    assert name_key("Ltd") == "ltd"
    assert name_key("!!!") is None


@given(rows=st.lists(st.lists(TEXTS, min_size=6, max_size=6), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_lead_is_read_as_a_contact_is(rows: list[list[object]]) -> None:
    """HYG-3: mail, phone and names by the same rules; a lead with one name has that one."""
    names = ["first_name", "last_name", "email", "phone", "country", "website"]
    given_rows = pd.DataFrame(rows, columns=names, dtype=object)
    leads = lead_identities(given_rows.assign(lead_id=[f"L{n}" for n in range(len(rows))]))
    contacts = contact_identities(
        given_rows.rename(columns={"country": "billing_country"}).assign(
            contact_id="C", account_id="A", city=None, birth_date=None
        )
    )
    assert tuple(leads) == LEAD_COLUMNS
    shared = [name for name in LEAD_COLUMNS if name in CONTACT_COLUMNS]
    assert len(shared) == 8
    for name in shared:
        assert leads[name].tolist() == contacts[name].tolist(), name
    for said, first, last, website, domain in zip(
        leads["person_name"], contacts["first_name"], contacts["last_name"],
        given_rows["website"], leads["web_domain"], strict=True,
    ):  # fmt: skip
        assert said == (" ".join(sorted(name for name in (first, last) if name)) or None)
        assert domain == web_domain(website).name
