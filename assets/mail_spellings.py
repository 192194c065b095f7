"""Mail addresses that are spelled unlike they are compared, as a table of schema `landing` (INT-6).

SQL compares addresses in small letters. What else an address may look like (`Jane <jane@acme.com>`,
a domain in Unicode or in ASCII) is read by `ml.identity.mails`, the one place that knows. Only what
is not spelled the usual way is asked about: the table is small, and of most data empty.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pandas as pd

from assets.warehouse import replace_table

SPELLING_COLUMNS: Final = {"spelling": "VARCHAR", "contact_email": "VARCHAR"}
"""The text in small letters, and the address that it is."""

USUAL: Final = r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
"""Spelling that is its own address, if it is one, and if no part of its domain is an A-label."""


def write_mail_spellings(connection: duckdb.DuckDBPyConnection) -> int:
    """Write `landing.mail_spellings` from the landed contacts and events; return its rows."""
    from ml.identity.mails import respelled

    read = connection.execute(
        """
        select distinct lower(written) as spelling
        from (
            select email as written from landing.contacts
            union all
            select contact_email from landing.events
        )
        where not regexp_full_match(lower(written), $usual) or contains(lower(written), 'xn--')
        order by all
        """,
        {"usual": USUAL},
    ).fetchall()
    found = pd.DataFrame(respelled(text for (text,) in read), columns=list(SPELLING_COLUMNS))
    replace_table(connection, "landing", "mail_spellings", SPELLING_COLUMNS, [])
    if len(found):
        connection.execute("insert into landing.mail_spellings select * from found")
    return len(found)
