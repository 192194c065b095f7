"""Which leads are one person: the text dbt sent to the engine beside one walk through them (HYG-3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.test_prediction_signs import put
from tests.dbt_project.warehouse import Configuration, Dbt, Load, fill

pytestmark = pytest.mark.xdist_group("dbt")

MERGED = "int_leads__merged"
LEADS = "lead_id varchar, captured_at timestamp, is_deleted boolean"
IDENTITIES = (
    "lead_id varchar, email_normalized varchar, phone_e164 varchar, is_phone_valid boolean, "
    "person_name varchar"
)
Lead = tuple[str, datetime | None, bool, str | None, str | None, bool | None, str | None]


@pytest.fixture(scope="module")
def merging(
    dbt: Dbt, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    path = tmp_path_factory.mktemp("leads") / "warehouse.duckdb"
    fill(path, [Load("leads", [])], Configuration(as_of=date(2026, 3, 31)))
    dbt(path, "run", "--select", f"+{MERGED}")
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop view staging.stg_crm__leads")
        yield connection, dbt.compiled(MERGED)


@st.composite
def captured(draw: st.DrawFn) -> list[Lead]:
    days = st.none() | st.integers(1, 3).map(lambda day: datetime(2026, 3, day))
    mails = st.none() | st.sampled_from(["a@x", "b@x", "c@x", "d@x"])
    phones = st.none() | st.sampled_from(["+1", "+2", "+3"])
    names = st.none() | st.sampled_from(["ann", "bob"])
    found: list[Lead] = []
    for number in range(draw(st.integers(0, 9))):
        phone = draw(phones)
        valid = None if phone is None else draw(st.sampled_from([True, True, False]))
        is_deleted = draw(st.sampled_from([False, False, False, True]))
        found.append(
            (f"L{number}", draw(days), is_deleted, draw(mails), phone, valid, draw(names))
        )
    return found


def first_of(leads: list[Lead]) -> dict[str, tuple[str | None, str | None]]:
    """Whom each lead is a duplicate of, and why: one walk in the order of capture."""
    by_mail: dict[Any, str] = {}
    by_phone: dict[Any, str] = {}
    found: dict[str, tuple[str | None, str | None]] = {}
    for lead, _, _, mail, phone, valid, name in sorted(
        (lead for lead in leads if not lead[2]),
        key=lambda lead: (lead[1] is None, lead[1] or datetime.min, lead[0]),
    ):
        number = (phone, name) if valid and phone and name else None
        if mail in by_mail:
            found[lead] = by_mail[mail], "email"
        elif number in by_phone:
            found[lead] = by_phone[number], "phone_and_name"
        else:
            found[lead] = None, None
        person = found[lead][0] or lead
        if mail is not None:
            by_mail.setdefault(mail, person)
        if number is not None:
            by_phone.setdefault(number, person)
    return found


@given(leads=captured())
@settings(max_examples=200, deadline=None)
def test_every_lead_points_at_the_first_of_its_person(
    merging: tuple[duckdb.DuckDBPyConnection, str], leads: list[Lead]
) -> None:
    connection, text = merging
    put(connection, "staging.stg_crm__leads", LEADS, [lead[:3] for lead in leads])
    known = [(lead[0], *lead[3:]) for lead in leads if not lead[2]]
    put(connection, "ml.lead_identities", IDENTITIES, known)
    rows = connection.execute(
        f"select lead_id, duplicate_of_lead_id, duplicate_by, survivor_id from ({text})"
    ).fetchall()
    assert {lead: (first, reason) for lead, first, reason, _ in rows} == first_of(leads)
    assert all(survivor == (first or lead) for lead, first, _, survivor in rows)
    assert len(rows) == len(known)
