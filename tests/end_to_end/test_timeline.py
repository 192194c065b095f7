"""The timeline of the demo CRM: every row of it told a second time from the CSV files (ACC-5)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

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
