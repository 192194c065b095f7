"""The timeline of the demo CRM: every row of it told a second time from the CSV files (ACC-5)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.crm_oracle import WON_STAGES, Crm
from tests.end_to_end.engagement_oracle import Engagement, day_of
from tests.end_to_end.installation import Installation
from tests.end_to_end.test_zylker import Planted

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

LOST_STAGES = {
    ("Standard", "Closed Lost"), ("Standard", "Closed Lost to Competition"),
    ("Renewals", "Not Renewed"), ("Renewals", "On Hold"),
}  # fmt: skip

CALLED = {"visit": "visited", "download": "downloaded"}
"""Words of the demo's website for what the channel calls otherwise."""

Step = tuple[str, str, str, date]
"""Account, what happened, id of the record, day."""


@pytest.fixture(scope="module")
def told(zylker: Installation) -> Engagement:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    planted = Planted(folder)
    refused = frozenset((row["file"], row["row"]) for row in planted.facts["bad_rows"])
    return Engagement(Crm(folder, FIRST_DAY, refused))


def _events(told: Engagement) -> Counter[Step]:
    steps: Counter[Step] = Counter()
    for event in told.events:
        account = told.account(event.contact) if event.contact else None
        if account in told.crm.in_scope:
            kind = CALLED.get(event.event, event.event)
            steps[(account or "", kind, event.event_id, event.at.date())] += 1
    return steps


def _deals(crm: Crm) -> Counter[Step]:
    steps: Counter[Step] = Counter()
    for deal_id, deal in crm.newest("Deals", "Deal Id").items():
        if deal["Is Deleted"] == "true" or deal["Account Id"] not in crm.accounts:
            continue
        account = crm.survivor(deal["Account Id"])
        if account not in crm.in_scope:
            continue
        found = [("created", day_of(deal["Created Time"]))]
        stage = (deal["Pipeline"], deal["Stage"])
        for state, stages in (("won", WON_STAGES), ("lost", LOST_STAGES)):
            if stage in stages and deal["Closing Date"]:
                found.append((state, date.fromisoformat(deal["Closing Date"])))
        for kind, day in found:
            if day <= crm.as_of:
                steps[(account, kind, deal_id, day)] += 1
    return steps


def test_every_event_and_every_step_of_a_deal_is_told_once(
    zylker: Installation, told: Engagement
) -> None:
    events, deals = _events(told), _deals(told.crm)
    for source, expected in (("events", events), ("deals", deals)):
        rows = zylker.rows(
            "select account_id, type, regexp_replace(source_id, '^.*:', ''), occurred_on "
            f"from marts.fct_timeline where source = '{source}'"
        )
        assert Counter(rows) == expected, source
    assert len(events) > 4_000 and len(deals) > 1_400
    entries = zylker.one("select count(*) from marts.seg_membership_ledger")
    everything = len(events) + len(deals) + entries
    assert zylker.one("select count(*) from marts.fct_timeline") == everything


def test_days_are_those_of_the_organisation(zylker: Installation) -> None:
    """EDG-2: the first run's entries stand at midnight in Los Angeles."""
    hours = zylker.rows(
        "select distinct occurred_on, occurred_at - cast(occurred_on as timestamp) = "
        "interval 7 hour from marts.fct_timeline where source = 'segments'"
    )
    assert hours == [(FIRST_DAY, True)]


def test_the_command_tells_the_newest_first(zylker: Installation, told: Engagement) -> None:
    counts = Counter(step[0] for step in [*_events(told), *_deals(told.crm)])
    account = min(counts, key=lambda known: (-counts[known], known))
    entered = zylker.one(
        f"select count(*) from marts.seg_membership_ledger where account_id = '{account}'"
    )
    place = ["-c", str(zylker.configuration), "--home", str(zylker.home)]
    shown = CliRunner().invoke(app, ["timeline", account, "--limit", "7", *place])
    assert shown.exit_code == 0, shown.output
    assert f"Timeline (7 of {counts[account] + entered} rows)" in shown.output
    read = json.loads(
        CliRunner().invoke(app, ["timeline", account, "--limit", "500", "--json", *place]).output
    )
    moments = [row["occurred_at"] for row in read["timeline"]]
    assert len(moments) == read["row_count"] == counts[account] + entered
    assert moments == sorted(moments, reverse=True)
    outside = zylker.rows(
        "select account_id from marts.dim_landed_accounts where not is_in_scope limit 1"
    )
    nothing = CliRunner().invoke(app, ["timeline", outside[0][0], *place])
    assert "outside the scope" in nothing.output


def test_the_360_row_is_told_again_from_the_files(zylker: Installation, told: Engagement) -> None:
    """ACC-6: events, lead source, median gap and loss reasons of every account in scope."""
    crm = told.crm
    events: Counter[str] = Counter()
    for event in told.events:
        if event.contact and not event.is_machine and (account := told.account(event.contact)):
            events[account] += 1
    days: dict[str, set[date]] = defaultdict(set)
    for deal in crm.won.values():
        if deal.amount is None or deal.amount >= 0:
            days[deal.account].add(deal.day)
    reasons: dict[str, set[str]] = defaultdict(set)
    sources: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for deal_id, record in crm.newest("Deals", "Deal Id").items():
        if record["Is Deleted"] == "true" or record["Account Id"] not in crm.accounts:
            continue
        account = crm.survivor(record["Account Id"])
        if record["Lead Source"] and record["Created Time"]:
            sources[account].append((record["Created Time"], deal_id, record["Lead Source"]))
        if (record["Pipeline"], record["Stage"]) in LOST_STAGES and record["Reason For Loss"]:
            reasons[account].add(record["Reason For Loss"])
    expected = {}
    for account in crm.in_scope:
        gaps = sorted((later - day).days for day, later in pairwise(sorted(days[account])))
        expected[account] = (
            events[account],
            min(sources[account])[2] if sources[account] else None,
            gaps[(len(gaps) - 1) // 2] if gaps else None,
            ", ".join(sorted(reasons[account])) or None,
        )
    rows = zylker.rows(
        "select account_id, event_count, lead_source, median_gap_days, loss_reasons "
        "from marts.rpt_account_360"
    )
    assert {account: tuple(rest) for account, *rest in rows} == expected
    assert len(rows) == len(expected) > 100
    assert all(
        sum(value[place] is not None for value in expected.values()) > 20 for place in (1, 2, 3)
    )


def test_a_segment_asks_for_events_as_they_are_in_the_files(
    zylker: Installation, told: Engagement
) -> None:
    """ENG-13: what a machine opened, nobody opened."""
    since = FIRST_DAY - timedelta(days=60)
    opened, by_machine = set(), set()
    for event in told.events:
        if event.contact and event.event == "opened" and event.at.date() > since:
            (by_machine if event.is_machine else opened).add(told.account(event.contact))
    called = zylker.ids(
        "select account_id from marts.dim_accounts where preferred_channel = 'call' "
        "and data_quality_score >= 90 and duplicate_count = 0"
    )
    members = "select account_id from marts.seg_members where segment_id = 'call_rather_than_write'"
    assert zylker.ids(members) == called - opened
    assert called & opened and called & (by_machine - opened)


def test_the_account_command_answers_the_six_questions(zylker: Installation) -> None:
    """ACC-1: the questions in their order, and what the row says."""
    ((account, channel),) = zylker.rows(
        "select account_id, preferred_channel from marts.rpt_account_360 "
        "where preferred_channel is not null order by account_id limit 1"
    )
    place = ["-c", str(zylker.configuration), "--home", str(zylker.home)]
    told = json.loads(CliRunner().invoke(app, ["account", account, "--json", *place]).output)
    assert list(told["answers"]) == ["who", "what", "where", "when", "why", "how"]
    assert told["answers"]["how"]["preferred_channel"] == channel
    assert told["answers"]["how"]["preferred_channel_attempt_count"] >= 5
    shown = CliRunner().invoke(app, ["account", account, *place])
    assert shown.exit_code == 0 and "\nHow?\n" in shown.output
