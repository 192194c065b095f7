"""What predictions learn from knows nothing that came after its day (PRD-5).

The very texts that dbt sent to the engine run on a drawn past, then again with everything that may
have happened since: what they say of the past must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.warehouse import Configuration, Dbt, Load, fill

pytestmark = pytest.mark.xdist_group("dbt")

AS_OF = date(2026, 3, 31)
HORIZON = 90
CUTOFF = AS_OF - timedelta(days=2 * HORIZON)
"""Last day of the second window: the first one and today lie after it."""
ACCOUNTS = ("A0", "A1", "A2")
QUESTION = {"prediction_id": "purchase", "name": "Buys", "horizon_days": HORIZON, "position": 1}
FIRST_DEAL = {
    "deal_id": "F", "stage": "Closed Won", "amount": 5, "closing_date": date(2020, 1, 1),
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
}  # fmt: skip
"""Lets the data reach back as far as any window does."""
MODELS = (
    "int_accounts__seen", "int_account_deals__seen", "int_account_events__seen",
    "int_account_signs__counted",
)  # fmt: skip
DEALS = (
    "deal_id varchar, account_id varchar, state varchar, amount decimal(18, 4), created_on date, "
    "closed_on date, base_amount decimal(18, 4) generated always as (amount)"
)
CONTACTS = "contact_id varchar, account_id varchar, created_at timestamp"
EVENTS = (
    "account_id varchar, channel varchar, event varchar, occurred_on date, is_attempt boolean, "
    "is_answer boolean, is_incoming boolean"
)
SAMPLED = (
    "account_id varchar, industry varchar, size_label_id varchar, created_on date, "
    "is_sampled boolean"
)


@pytest.fixture(scope="module")
def built(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    path = tmp_path_factory.mktemp("signs") / "warehouse.duckdb"
    configuration = Configuration(as_of=AS_OF, predictions=(QUESTION,))
    fill(path, [Load("accounts", []), Load("deals", [FIRST_DEAL])], configuration)
    dbt(path, "run", "--select", "+path:models/intermediate/predictions")
    return path, {name: dbt.compiled(name) for name in MODELS}


@pytest.fixture(scope="module")
def connection(built: tuple[Path, dict[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built[0])) as opened:
        opened.execute("drop view intermediate.int_events__attributed")
        yield opened


@dataclass(frozen=True)
class Crm:
    """What a CRM holds: rows by table."""

    accounts: list[Any]
    deals: list[Any]
    contacts: list[Any]
    events: list[Any]


def put(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[Any]) -> None:
    connection.execute(f"create or replace table {table} ({columns})")
    if rows:
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def signs(
    connection: duckdb.DuckDBPyConnection, texts: dict[str, str], crm: Crm
) -> tuple[bytes, bytes]:
    """What is known at the cut-off and in all windows before it, and what is known later."""
    put(connection, "learning.int_accounts__sampled", SAMPLED, crm.accounts)
    put(connection, "intermediate.int_deals__converted", DEALS, crm.deals)
    put(connection, "intermediate.int_contacts__survived", CONTACTS, crm.contacts)
    put(connection, "intermediate.int_events__attributed", EVENTS, crm.events)
    for name in MODELS:
        connection.execute(f"create or replace table learning.{name} as {texts[name]}")
    query = "from learning.int_account_signs__counted where cutoff_on {} ? order by all"
    past, later = (
        repr(connection.execute(query.format(side), [CUTOFF]).fetchall()).encode()
        for side in ("<=", ">")
    )
    return past, later


def day(days: int) -> date:
    return CUTOFF + timedelta(days=days)


BEFORE, AFTER = st.integers(-500, 0), st.integers(1, 2 * HORIZON)
ACCOUNT = st.sampled_from(ACCOUNTS)
KINDS = st.sampled_from(
    [
        ("email", "delivered", True, False, False),
        ("email", "opened", False, True, True),
        ("event", "cancelled", False, False, True),
        ("ticket", "opened", False, False, True),
    ]
)


def event(account: str, days: int, kind: tuple[Any, ...]) -> tuple[Any, ...]:
    return (account, *kind[:2], day(days), *kind[2:])


@st.composite
def pasts(draw: st.DrawFn) -> tuple[Crm, Crm]:
    """A CRM at the end of the cut-off, and the same CRM as it is today."""
    ages = [draw(st.one_of(st.none(), BEFORE)) for _ in ACCOUNTS]
    accounts = [
        (account, "Care", None, None if age is None else day(age), True)
        for account, age in zip(ACCOUNTS, ages, strict=True)
    ]
    closed, opened = [], []
    for number in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(BEFORE), draw(BEFORE)))
        state = draw(st.sampled_from(["won", "lost"]))
        closed.append((f"C{number}", draw(ACCOUNT), state, number + 1, day(start), day(end)))
    for number in range(draw(st.integers(0, 4))):
        opened.append((f"O{number}", draw(ACCOUNT), "open", 5, day(draw(BEFORE)), None))
    contacts = [
        (f"P{number}", draw(ACCOUNT), day(draw(BEFORE))) for number in range(draw(st.integers(0, 4)))
    ]
    events = [event(draw(ACCOUNT), draw(BEFORE), draw(KINDS)) for _ in range(draw(st.integers(0, 6)))]
    then = Crm(accounts, [*closed, *opened], contacts, events)

    # Since then deals were won, lost or entered, people and companies came, and much happened.
    became = [
        (*deal[:2], draw(st.sampled_from(["won", "lost"])), *deal[3:5], day(draw(AFTER)))
        if draw(st.booleans())
        else deal
        for deal in opened
    ]
    entered = []
    for number in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(AFTER), draw(AFTER)))
        state = draw(st.sampled_from(["won", "lost"]))
        entered.append((f"N{number}", draw(ACCOUNT), state, 7, day(start), day(end)))
    now = Crm(
        [*accounts, ("A9", "Care", None, day(draw(AFTER)), True)],
        [*closed, *became, *entered],
        [*contacts, ("P9", draw(ACCOUNT), day(draw(AFTER)))],
        [*events, event(draw(ACCOUNT), draw(AFTER), draw(KINDS))],
    )
    return then, now


@given(known=pasts())
@settings(max_examples=60, deadline=None)
def test_what_came_after_a_day_changes_nothing_that_was_known_on_it(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection, known: Any
) -> None:
    """PRD-5: not by a byte; and today's signs, which must know it, are others."""
    then, now = known
    past, later = signs(connection, built[1], then)
    past_today, later_today = signs(connection, built[1], now)
    assert past_today == past
    assert later_today != later


def test_the_day_itself_is_known(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection
) -> None:
    """PRD-5: each kind of record counts on the last day of a window, and not the day before it is."""
    nothing = Crm([(ACCOUNTS[0], "Care", None, day(-900), True)], [], [], [])
    unknown, _ = signs(connection, built[1], nothing)
    records: tuple[tuple[str, Any], ...] = (
        ("deals", lambda at: ("D", ACCOUNTS[0], "won", 5, day(at), day(at))),
        ("deals", lambda at: ("D", ACCOUNTS[0], "lost", 5, day(at), day(at))),
        ("deals", lambda at: ("D", ACCOUNTS[0], "open", 5, day(at), None)),
        ("contacts", lambda at: ("P", ACCOUNTS[0], day(at))),
        ("events", lambda at: event(ACCOUNTS[0], at, ("email", "opened", False, True, True))),
    )
    for table, record in records:
        rows = {at: Crm(**{**vars(nothing), table: [record(at)]}) for at in (0, 1)}
        assert signs(connection, built[1], rows[0])[0] != unknown, table
        assert signs(connection, built[1], rows[1])[0] == unknown, table


def test_a_refund_is_no_deal_won(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection
) -> None:
    """REC-9: a won deal with an amount below 0 is money given back."""
    nothing = Crm([(ACCOUNTS[0], "Care", None, day(-900), True)], [], [], [])
    unknown, _ = signs(connection, built[1], nothing)
    for amount, is_sign in ((-5, False), (0, False), (5, True), (None, True)):
        deals = [("D", ACCOUNTS[0], "won", amount, day(-9), day(-9))]
        found, _ = signs(connection, built[1], Crm(**{**vars(nothing), "deals": deals}))
        assert (found != unknown) == is_sign, amount
