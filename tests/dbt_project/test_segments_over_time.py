"""Segments over a simulated year: natures, frames, and every cause of the ledger (SEG, BEY-2).

One timeline serves all tests: each account lives one story, each segment asks one question, and the
tests read what the ledger says about them. The expected events are written by hand from the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_project.warehouse import (
    Configuration,
    Dbt,
    Load,
    Segment,
    fill,
    query,
)

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))
MAY, JUL = (date(2024, month, 1) for month in (5, 7))
DAYS = (JAN, FEB, MAR, APR, MAY, JUL)

pytestmark = pytest.mark.xdist_group("segments over time")

GOLD = "select account_id from accounts where rating = 'gold'"
SEGMENTS = (
    Segment("static", GOLD, nature="static"),
    Segment("semi", GOLD, nature="semi_dynamic"),
    Segment("dynamic", GOLD),
    Segment("quarterly", GOLD, frame="3_months"),
    Segment(
        "child",
        "select account_id from accounts where employees > 100",
        parent="dynamic",
    ),
    Segment(
        "reader",
        "select account_id from member_dynamic where account_id <> 'none'",
        uses=frozenset({"segments"}),
        references=("dynamic",),
    ),
    Segment(
        "top_money",
        "select account_id from accounts where monetary_score = 5",
        uses=frozenset({"rfm"}),
    ),
    Segment(
        "recent",
        "select account_id from accounts where last_purchase_on > date '{cut}'",
        uses=frozenset({"measures", "relative_dates"}),
        definition="bought lately",
    ),
    Segment("edited", GOLD, definition="first"),
    Segment("relabelled", GOLD, frame="12_months", definition="asks for a label", label_rules="1"),
)
SILVER = "select account_id from accounts where rating = 'silver'"


def account(account_id: str, rating: str | None = None, **fields: Any) -> dict[str, Any]:
    created = {"account_name": account_id, "created_at": datetime.fromisoformat("2023-01-01")}
    return {"account_id": account_id, "rating": rating, **created, **fields}


def deal(deal_id: str, account_id: str, amount: int, closing_date: date) -> dict[str, Any]:
    return {
        "deal_id": deal_id,
        "account_id": account_id,
        "stage": "Closed Won",
        "amount": amount,
        "closing_date": closing_date,
        "created_at": datetime.fromisoformat("2023-01-01"),
    }


def accounts_of(day: date) -> list[dict[str, Any]]:
    """The accounts as the CRM exports them on that day."""
    gold_in = {JAN, APR, MAY, JUL}
    rows = [
        # Matches, stops matching, matches again (vector 11).
        account("wave", "gold" if day in gold_in else None, employees=500),
        # Matches from February on: too late for a static segment.
        account("late", "gold" if day >= FEB else None),
        # Leaves the scope in February, comes back in April (SEG-12, vector 22).
        account("exile", "gold", billing_country=None if FEB <= day < APR else "US"),
        # Merged in March into a survivor that is not gold itself (SEG-13).
        account("absorbed", "gold", merged_into_id="survivor" if day >= MAR else None),
        account("survivor"),
        # Deleted in March.
        account("gone", "gold", is_deleted=day >= MAR),
        account("silver", "silver"),
    ]
    return rows + [account(f"rich_{number}") for number in range(5)]


def deals_of(day: date) -> list[dict[str, Any]]:
    """Five buyers; in March the poorest becomes the richest and moves everyone else down."""
    rows = [
        deal(f"d{number}", f"rich_{number}", 100 * (number + 1), date(2023, 12, 20 + number))
        for number in range(5)
    ]
    if day >= MAR:
        rows.append(deal("d9", "rich_0", 9000, date(2024, 2, 15)))
    return rows


def configuration_of(day: date) -> Configuration:
    """The configuration of that day: the window of `recent` moves; in May `edited` is edited, and
    the rule of the label that `relabelled` asks for."""
    cut = date(2023, 12, 1) if day < MAY else date(2024, 2, 1)
    segments = tuple(
        replace(segment, matches=segment.matches.replace("{cut}", str(cut)))
        if segment.segment_id == "recent"
        else replace(segment, matches=SILVER, definition="second")
        if segment.segment_id == "edited" and day >= MAY
        else replace(segment, matches=SILVER, label_rules="2")
        if segment.segment_id == "relabelled" and day >= MAY
        else segment
        for segment in SEGMENTS
    )
    if day >= JUL:
        segments = tuple(s for s in segments if s.segment_id != "reader")
    scope = (
        "select account_id, cast(case when billing_country is null and account_id = 'exile'"
        " then 1 end as bigint) as first_failed_step from accounts"
    )
    return Configuration(
        as_of=day, scope=scope, scope_steps=("billing country is known",), segments=segments
    )


@dataclass(frozen=True)
class Year:
    """The warehouse after all days, and the members that each day's run published."""

    path: Path
    members: dict[date, set[tuple[str, str]]]
    waiting: dict[date, int]

    def events(self, segment: str, account_id: str) -> list[tuple[date, str, str]]:
        """Ledger of one account in one segment."""
        return query(
            self.path,
            "select as_of, event, cause from marts.seg_membership_ledger"
            f" where segment_id = '{segment}' and account_id = '{account_id}' order by as_of",
        )

    def days_in(self, segment: str, account_id: str) -> list[date]:
        """Days on which the account was a visible member."""
        return [day for day in DAYS if (segment, account_id) in self.members[day]]


def run_day(dbt: Dbt, path: Path, day: date, command: str = "run") -> None:
    loads = [Load("accounts", accounts_of(day)), Load("deals", deals_of(day))]
    fill(path, loads, configuration_of(day))
    if command == "build":
        dbt(path, "build", "--exclude-resource-type", "unit_test")
    else:
        dbt(path, "run")


def members_of(path: Path) -> set[tuple[str, str]]:
    return set(query(path, "select segment_id, account_id from marts.seg_members"))


@pytest.fixture(scope="module")
def year(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Year:
    path = tmp_path_factory.mktemp("year") / "warehouse.duckdb"
    members, waiting = {}, {}
    for day in DAYS:
        run_day(dbt, path, day, "build" if day == JUL else "run")
        members[day] = members_of(path)
        hidden = "select coalesce(sum(hidden_count), 0) from marts.seg_segments"
        waiting[day] = query(path, hidden)[0][0]
    return Year(path, members, waiting)


def test_natures_follow_an_account_that_matches_stops_and_matches_again(year: Year) -> None:
    assert year.days_in("static", "wave") == list(DAYS)
    assert year.days_in("semi", "wave") == list(DAYS)
    assert year.days_in("dynamic", "wave") == [JAN, APR, MAY, JUL]
    assert year.days_in("static", "late") == []
    assert year.days_in("semi", "late") == [day for day in DAYS if day >= FEB]


def test_a_frame_freezes_members_between_revisions(year: Year) -> None:
    assert year.days_in("quarterly", "wave") == list(DAYS)
    assert year.days_in("quarterly", "late") == [APR, MAY, JUL]
    revised = query(
        year.path,
        "select as_of from history.segment_revision_history"
        " where segment_id = 'quarterly' and is_revised order by as_of",
    )
    assert [row[0] for row in revised] == [JAN, APR, JUL]


def test_data_and_definition_are_told_apart(year: Year) -> None:
    assert year.events("dynamic", "wave") == [
        (JAN, "entered", "definition_changed"),
        (FEB, "exited", "data_changed"),
        (APR, "entered", "data_changed"),
    ]
    assert year.events("edited", "wave")[-1] == (MAY, "exited", "definition_changed")
    assert year.events("edited", "silver") == [(MAY, "entered", "definition_changed")]


def test_a_label_with_another_rule_redefines_the_segments_that_ask_for_it(year: Year) -> None:
    """BEY-2, SEG-14: on that day, whatever the frame; their own criteria stayed as they were."""
    assert year.events("relabelled", "wave")[-1] == (MAY, "exited", "definition_changed")
    assert year.events("relabelled", "silver") == [(MAY, "entered", "definition_changed")]
    assert year.days_in("relabelled", "silver") == [MAY, JUL]


def test_a_framed_segment_explains_by_what_moved_since_its_last_revision(year: Year) -> None:
    assert year.events("quarterly", "late") == [(APR, "entered", "data_changed")]


def test_a_child_and_a_reader_leave_with_the_segment_they_read(year: Year) -> None:
    expected = [
        (JAN, "entered", "definition_changed"),
        (FEB, "exited", "parent_moved"),
        (APR, "entered", "parent_moved"),
    ]
    assert year.events("child", "wave") == expected
    assert year.events("reader", "wave")[:3] == expected


def test_members_of_a_removed_segment_leave_with_its_definition(year: Year) -> None:
    assert year.events("reader", "wave")[-1] == (JUL, "exited", "definition_changed")
    assert not any(segment == "reader" for segment, _ in year.members[JUL])


def test_a_score_that_others_moved_is_a_cut_point_and_not_data(year: Year) -> None:
    assert year.events("top_money", "rich_4") == [
        (JAN, "entered", "definition_changed"),
        (MAR, "exited", "cut_point_moved"),
    ]
    assert year.events("top_money", "rich_0") == [(MAR, "entered", "data_changed")]


def test_time_alone_moves_members_of_a_relative_window(year: Year) -> None:
    assert year.events("recent", "rich_1")[-1] == (MAY, "exited", "clock_moved")
    assert year.days_in("recent", "rich_0") == list(DAYS)


def test_leaving_the_scope_hides_static_members_and_removes_dynamic_ones(year: Year) -> None:
    for segment in ("static", "semi"):
        assert year.events(segment, "exile") == [
            (JAN, "entered", "definition_changed"),
            (FEB, "hidden", "scope_changed"),
            (APR, "shown", "scope_changed"),
        ]
    assert year.events("dynamic", "exile") == [
        (JAN, "entered", "definition_changed"),
        (FEB, "exited", "scope_changed"),
        (APR, "entered", "scope_changed"),
    ]
    assert year.waiting == {day: 2 if FEB <= day < APR else 0 for day in DAYS}


def test_history_of_scope_stays_as_each_day_saw_it(year: Year) -> None:
    """Vector 22: an account that left the criteria has its earlier days unchanged."""
    rows = query(
        year.path,
        "select as_of, is_in_scope, scope_reason from history.account_state_history"
        " where account_id = 'exile' order by as_of",
    )
    assert rows == [(JAN, True, None), (FEB, False, "criteria"), (APR, True, None)]
    assert all(account_id != "exile" for _, account_id in year.members[FEB] | year.members[MAR])


def test_a_merge_moves_memberships_and_keeps_their_first_day(year: Year) -> None:
    assert year.events("static", "absorbed")[-1] == (MAR, "exited", "merged")
    assert year.events("static", "survivor") == [(MAR, "entered", "merged")]
    assert year.events("quarterly", "survivor")[0] == (MAR, "entered", "merged")
    intervals = query(
        year.path,
        "select entered_on, recorded_on, exited_on from marts.seg_memberships"
        " where segment_id = 'static' and account_id = 'survivor'",
    )
    assert intervals == [(JAN, MAR, None)]


def test_a_deleted_account_leaves_every_nature(year: Year) -> None:
    for segment in ("static", "semi", "dynamic", "quarterly"):
        assert year.events(segment, "gone")[-1] == (MAR, "exited", "deleted")


def test_the_ledger_replays_every_past_day(year: Year) -> None:
    for day in DAYS:
        replay = query(
            year.path,
            "select segment_id, account_id from marts.seg_membership_ledger"
            f" where as_of <= date '{day}' qualify row_number() over"
            " (partition by segment_id, account_id order by as_of desc) = 1 and is_visible",
        )
        assert set(replay) == year.members[day], day


def test_intervals_agree_with_the_days_of_membership(year: Year) -> None:
    intervals = query(
        year.path,
        "select segment_id, account_id, recorded_on, exited_on from marts.seg_memberships",
    )
    for day in DAYS:
        inside = {
            (segment, account_id)
            for segment, account_id, start, end in intervals
            if start <= day and (end is None or end > day)
        }
        assert year.members[day] <= inside
    again = [row for row in intervals if row[:2] == ("dynamic", "wave")]
    assert sorted(again) == [("dynamic", "wave", JAN, FEB), ("dynamic", "wave", APR, None)]


def test_a_rerun_of_a_date_leaves_equal_tables_and_a_rewind_forgets_the_future(
    year: Year, dbt: Dbt
) -> None:
    before = everything(year.path)
    run_day(dbt, year.path, JUL)
    assert everything(year.path) == before
    run_day(dbt, year.path, APR)
    assert members_of(year.path) == year.members[APR]
    assert query(year.path, "select max(as_of) from history.run_history") == [(APR,)]
    assert query(year.path, "select max(as_of) from marts.seg_membership_ledger") == [(APR,)]


def everything(path: Path) -> dict[str, list[str]]:
    """All rows of all published and remembered tables, in no order."""
    tables = query(
        path,
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('marts', 'history')",
    )
    return {
        name: sorted(str(row) for row in query(path, f"select * from {name}")) for (name,) in tables
    }


def test_a_run_killed_half_way_leaves_nothing_that_the_next_one_reads(
    dbt: Dbt, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The next date is computed as if the killed run had never been, whatever it left behind."""
    path = tmp_path_factory.mktemp("killed") / "warehouse.duckdb"
    run_day(dbt, path, JAN)
    fill(path, [Load("accounts", accounts_of(FEB)), Load("deals", deals_of(FEB))],
         configuration_of(FEB))  # fmt: skip
    # Everything but the mark that the date is complete and half of the ledger's tables.
    dbt(path, "run", "--exclude", "run_history", "segment_event_history+")
    run_day(dbt, path, MAR)
    left = query(path, "select distinct as_of from history.segment_revision_history order by all")
    assert left == [(JAN,), (MAR,)]
    events = query(
        path,
        "select as_of, event, cause from marts.seg_membership_ledger"
        " where segment_id = 'semi' and account_id = 'late'",
    )
    assert events == [(MAR, "entered", "data_changed")]
    replayed = query(
        path,
        "select segment_id, account_id from marts.seg_membership_ledger qualify row_number() over"
        " (partition by segment_id, account_id order by as_of desc) = 1 and is_visible",
    )
    assert set(replayed) == members_of(path)
