"""SQL compares mails as `ml.identity.mails` reads them, although it only lowers letters (INT-6)."""

from __future__ import annotations

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.mail_spellings import USUAL, write_mail_spellings
from ml.identity.mails import normalized_mail

SPELLINGS = st.lists(
    st.sampled_from(
        ["jane", "J.Doe", "acme.com", "münchen.de", "xn--mnchen-3ya.de", "@", "@", ".", "-", "--",
         "+news", " ", "<", ">", "mailto:", "＠", "ß", "İ", "\u202e", "co.uk", "x-n.io", "1"]
    ),
    max_size=7,
).map("".join)  # fmt: skip
MAILS = st.one_of(st.none(), st.from_regex(USUAL, fullmatch=True), SPELLINGS, st.emails())


@given(contacts=st.lists(MAILS, max_size=12), events=st.lists(MAILS, max_size=12))
@example(
    contacts=["jane@münchen.de", "jane@xn--mnchen-3ya.de"],
    events=["Jane Doe <JANE@xn--mnchen-3ya.DE>", "mailto:jane@münchen.de", " jane@acme.com "],
)
@settings(max_examples=150, deadline=None)
def test_a_mail_is_compared_as_it_is_read(
    contacts: list[str | None], events: list[str | None]
) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        for table, column, texts in (
            ("contacts", "email", contacts), ("events", "contact_email", events)
        ):  # fmt: skip
            connection.execute(f"create table landing.{table} ({column} varchar)")
            connection.execute(f"insert into landing.{table} select unnest(?::varchar[])", [texts])
        count = write_mail_spellings(connection)
        compared = connection.execute(
            "select small, coalesce(spellings.contact_email, small) from ("
            "select lower(email) as small from landing.contacts "
            "union select lower(contact_email) from landing.events) "
            "left join landing.mail_spellings as spellings on small = spellings.spelling "
            "where small is not null"
        ).fetchall()
        known = connection.execute("from landing.mail_spellings").fetchall()
    assert compared == [(text, normalized_mail(text).normalized or text) for text, _ in compared]
    assert len(known) == count
    assert all(spelling != address for spelling, address in known)
