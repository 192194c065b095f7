"""Events and engagement of the demo CRM: every score again from the files, and what was planted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.crm_oracle import Crm
from tests.end_to_end.engagement_oracle import Engagement
from tests.end_to_end.installation import Installation
from tests.end_to_end.test_zylker import Planted

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]


@pytest.fixture(scope="module")
def planted(zylker: Installation) -> Planted:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return Planted(folder)


@pytest.fixture(scope="module")
def told(planted: Planted) -> Engagement:
    refused = frozenset((row["file"], row["row"]) for row in planted.facts["bad_rows"])
    return Engagement(Crm(planted.folder, FIRST_DAY, refused))


def test_every_event_is_kept_once_and_matched_by_id_then_mail(
    zylker: Installation, told: Engagement
) -> None:
    found = zylker.pairs(
        "select split_part(event_key, ':', 2), coalesce(contact_id, '') from marts.fct_events"
    )
    assert found == {event.event_id: event.contact or "" for event in told.events}
    assert zylker.one("select count(*) from marts.fct_events") == len(found) > 4_000
    unmatched = sum(event.contact is None for event in told.events)
    assert unmatched == zylker.one(
        "select finding_count from marts.rpt_data_quality "
        "where check_name = 'events_without_contact'"
    )
    assert 0 < unmatched < len(found) / 20


def test_machines_are_told_from_people(zylker: Installation, told: Engagement) -> None:
    machines = zylker.ids(
        "select split_part(event_key, ':', 2) from marts.fct_events where is_machine"
    )
    assert machines == {event.event_id for event in told.events if event.is_machine}
    assert len(machines) > 40


def test_every_score_is_the_sum_of_its_points(zylker: Installation, told: Engagement) -> None:
    net, earlier = told.net_points(FIRST_DAY), told.net_points(FIRST_DAY - timedelta(days=90))
    rows = zylker.rows(
        "select account_id, net_points, engagement_score, engagement_trend, has_no_signal "
        "from marts.seg_account_engagement"
    )
    assert {account for account, *_ in rows} == told.crm.in_scope
    for account, points, score, trend, is_silent in rows:
        expected = net.get(account, 0)
        assert (points, score) == (expected, min(max(expected, 0), 100)), account
        assert trend == score - min(max(earlier.get(account, 0), 0), 100), account
        assert is_silent == (account not in told.alive), account


def test_entries_of_the_ledger_add_up_and_trace_to_events(zylker: Installation) -> None:
    apart = zylker.rows(
        "select account_id from marts.seg_account_engagement full join ("
        " select account_id, sum(counted_points) as points from marts.fct_engagement_points"
        " where is_in_scope group by all) using (account_id)"
        " where coalesce(net_points, 0) <> coalesce(points, 0)"
    )
    assert apart == []
    untraced = zylker.rows(
        "select * from marts.fct_engagement_points anti join marts.fct_events using (event_key)"
        " where engagement_event <> 'cap'"
    )
    assert untraced == []
    caps = zylker.rows(
        "select account_id, engagement_channel, sum(counted_points)"
        " from marts.fct_engagement_points where account_id in (select account_id from"
        " marts.fct_engagement_points where engagement_event = 'cap')"
        " and engagement_channel = 'web' group by all"
    )
    assert caps and {points for *_, points in caps} == {20}


def test_planted_engagement_comes_out_in_labels(zylker: Installation, planted: Planted) -> None:
    labels = zylker.pairs("select account_id, engagement_label_id from marts.dim_accounts")
    found = Counter(
        (kind, labels[account].removeprefix("engagement."))
        for account, kind in planted.rows("accounts", "account_id, engagement")
        if account in labels
    )
    assert {label for kind, label in found if kind == "engaged"} <= {"high", "very_high"}
    assert {label for kind, label in found if kind == "silent"} <= {"dormant", "low"}
    assert sum(count for (kind, _), count in found.items() if kind == "engaged") == 21


def test_the_planted_best_hours_are_the_best(zylker: Installation, planted: Planted) -> None:
    times = zylker.rows(
        "select account_id, weekday, from_hour, attempt_count, answer_share"
        " from marts.rpt_contact_times"
    )
    assert all(attempts >= 5 for *_, attempts, _ in times)
    best = {
        account: (weekday + 1, hour)
        for account, kind, weekday, hour in planted.rows(
            "accounts", "account_id, engagement, best_weekday, best_hour"
        )
        if kind == "engaged"
    }
    seen = {account for account, weekday, hour, _, share in times
            if best.get(account) == (weekday, hour) and share == 1}  # fmt: skip
    assert len(seen) >= 18
    others = {share for account, weekday, hour, _, share in times
              if account in best and best[account] != (weekday, hour)}  # fmt: skip
    assert all(share <= 0.25 for share in others)


def test_rates_of_segments_are_rates_of_sums(zylker: Installation, told: Engagement) -> None:
    members = zylker.ids(
        "select account_id from marts.seg_members where segment_id = 'open_pipeline'"
    )
    sent = Counter[str]()
    opened = set()
    reached = set()
    campaigns = {r["Event Id"]: r["Campaign Id"] for r in told.records["Emails"]}
    for event in told.events:
        if event.kind != "mail" or event.contact is None or event.is_machine:
            continue
        if told.account(event.contact) not in members or not campaigns[event.event_id]:
            continue
        sent[event.event] += 1
        if event.event in ("delivered", "opened", "clicked", "replied"):
            reached.add((event.contact, event.message))
        if event.event == "opened":
            opened.add((event.contact, event.message))
    found = zylker.pairs(
        "select metric, value from marts.rpt_segment_channels"
        " where segment_id = 'open_pipeline' and channel = 'campaign'"
    )
    assert found["sent"] == sent["sent"]
    assert found["unique_opens"] == len(opened)
    assert float(found["open_rate"]) == pytest.approx(len(opened) / len(reached), abs=1e-4)


def test_a_rate_of_nothing_is_not_told(zylker: Installation) -> None:
    """INT-5: an account that no mail reached has no open rate, not one of 0."""
    assert not zylker.rows(
        "select * from marts.rpt_account_channels where metric like '%rate' and value is null"
    )
    reached = zylker.ids(
        "select account_id from marts.rpt_account_channels"
        " where channel = 'campaign' and metric = 'delivered'"
    )
    rated = zylker.ids(
        "select account_id from marts.rpt_account_channels"
        " where channel = 'campaign' and metric = 'open_rate'"
    )
    assert rated <= reached


def test_the_command_tells_score_ledger_and_best_times(
    zylker: Installation, planted: Planted
) -> None:
    ((account, score),) = zylker.rows(
        "select account_id, engagement_score from marts.seg_account_engagement"
        " order by engagement_score desc, account_id limit 1"
    )
    place = ["-c", str(zylker.configuration), "--home", str(zylker.home)]
    shown = CliRunner().invoke(app, ["engagement", account, *place])
    assert shown.exit_code == 0, shown.output
    assert f"score {score} of 100" in shown.output
    assert "Ledger (15 of" in shown.output and "When they answer" in shown.output
    told = json.loads(CliRunner().invoke(app, ["engagement", account, "--json", *place]).output)
    points = sum(float(entry["counted_points"]) for entry in told["entries"])
    assert points == pytest.approx(float(told["score"]["net_points"]))
    (nobody,) = zylker.rows(
        "select account_id from marts.seg_account_engagement where has_no_signal limit 1"
    )
    silent = CliRunner().invoke(app, ["engagement", nobody[0], *place])
    assert "says nothing" in silent.output and "score 0" not in silent.output
    outside = zylker.rows(
        "select account_id from marts.dim_landed_accounts where not is_in_scope limit 1"
    )
    assert "No score" in CliRunner().invoke(app, ["engagement", outside[0][0], *place]).output


def test_the_guide_names_every_event(zylker: Installation) -> None:
    from models.channels import EVENT_KINDS

    page = (Path(__file__).parents[2] / "docs" / "engagement.md").read_text(encoding="utf-8")
    for kind in EVENT_KINDS:
        assert f"`{kind.event}`" in page and f"`{kind.channel}`" in page, kind
