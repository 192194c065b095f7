"""SEG-11, BEY-2: members now and on any past day, the same as the history that made the ledger."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.commands.membership import replayed
from tests.orchestration.command_line import quintile
from tests.orchestration.published_copy import installed

START = date(2026, 1, 1)
STATES = st.sampled_from(["out", "in", "hidden"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("members"))[0]


@settings(max_examples=40, deadline=None)
@given(days=st.lists(st.lists(STATES, min_size=4, max_size=4), min_size=1, max_size=8))
def test_a_replay_gives_the_members_of_every_day(days: list[list[str]]) -> None:
    """The ledger holds changes only; the oracle remembers whole days."""
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.dim_landed_accounts (account_id varchar, "
            "account_name varchar); create table marts.seg_membership_ledger (as_of date, "
            "segment_id varchar, account_id varchar, event varchar, cause varchar, "
            "is_visible boolean, member_since_on date)"
        )
        before = ["out"] * 4
        since = [START] * 4
        for number, states in enumerate(days):
            day = START + timedelta(days=number)
            for account, (old, new) in enumerate(zip(before, states, strict=True)):
                if old == new:
                    continue
                if old == "out":
                    since[account] = day
                event = {"out": "exited", "hidden": "hidden", "in": "shown"}[new]
                event = "entered" if old == "out" else event
                connection.execute(
                    "insert into marts.seg_membership_ledger values (?, 's', ?, ?, ?, ?, ?)",
                    [day, f"A{account}", event, f"cause {number}", new == "in", since[account]],
                )
            before = states
        for number, states in enumerate(days):
            rows = replayed(connection, "s", START + timedelta(days=number))
            assert [row[0] for row in rows] == [
                f"A{account}" for account, state in enumerate(states) if state == "in"
            ]


def test_the_count_comes_first_and_the_past_is_replayed(place: Path) -> None:
    now = quintile("members", "large", "-c", place)
    assert now.out.splitlines()[0] == "Large companies (large), as of 2026-03-01: 1 member"
    assert "Acme Hospital" in now.out
    past = quintile("members", "large", "--as-of", "2026-02-10", "-c", place)
    assert past.out.splitlines()[0] == "Large companies (large), as of 2026-02-10: 1 member"
    assert "Acme Clinic" in past.out
    assert "Acme Hospital" not in past.out


def test_csv_neutralises_formulas_and_json_does_not(place: Path) -> None:
    printed = quintile("members", "kept", "--csv", "-c", place).out
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["account_name"] for row in rows] == ["'=Sum(Clinic)"]
    document = quintile("members", "kept", "--json", "-c", place).json
    assert document["count"] == 1
    assert document["members"][0]["account_name"] == "=Sum(Clinic)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lage",), "did you mean 'large'?"),
        (("large", "--as-of", "2026-03-02"), "members of 2026-03-02 are not computed yet"),
        (("large", "--as-of", "2026-01-31"), "the history begins on 2026-02-01"),
    ],
)
def test_what_is_not_known_is_refused_in_words(
    place: Path, arguments: tuple[str, ...], message: str
) -> None:
    spoken = quintile("members", *arguments, "-c", place)
    assert spoken.code == 2
    assert spoken.out == ""
    assert message in spoken.err
