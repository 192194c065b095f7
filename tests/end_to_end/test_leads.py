"""The leads of the demo CRM: who they are, how far they came and by which path (HYG-5, HYG-7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.crm_oracle import Crm
from tests.end_to_end.installation import Installation
from tests.end_to_end.lead_oracle import STAGES, LeadOracle, mail_of

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]


@pytest.fixture(scope="module")
def folder(zylker: Installation) -> Path:
    (found,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return found


@pytest.fixture(scope="module")
def oracle(zylker: Installation, folder: Path) -> LeadOracle:
    refused = zylker.private_rows("select source_file, source_row from landing.quarantine")
    blocked = zylker.ids("select contact_id from marts.dim_contacts where is_mail_blocked")
    return LeadOracle(Crm(folder, FIRST_DAY, frozenset(refused)), blocked)


def test_every_lead_is_who_the_files_say(zylker: Installation, oracle: LeadOracle) -> None:
    found = zylker.rows(
        "select lead_id, duplicate_of_lead_id, contact_id, contact_matched_by, account_id, "
        "account_matched_by from marts.dim_leads"
    )
    assert len(found) == len(oracle.leads) > 200
    by: Counter[str | None] = Counter()
    for lead, first, *person in found:
        assert (first or lead) == oracle.first[lead], lead
        expected = oracle.persons[lead]
        assert person == [
            expected.contact, expected.contact_by, expected.account, expected.account_by,
        ], lead  # fmt: skip
        by.update(person[1::2])
    ways = {"contact_id", "email", "contact", "website", "email_domain", None}
    assert set(by) == ways and min(by.values()) > 3


def test_planted_copies_point_at_their_originals(
    zylker: Installation, folder: Path, oracle: LeadOracle
) -> None:
    planted = duckdb.sql(
        "select lead_id, duplicate_of_lead_id from "
        f"'{folder}/truths/leads.parquet' where duplicate_of_lead_id is not null"
    ).fetchall()
    found = zylker.pairs(
        "select lead_id, duplicate_of_lead_id from marts.dim_leads "
        "where duplicate_of_lead_id is not null"
    )
    assert found == dict(planted)
    assert zylker.ids("select duplicate_by from marts.dim_leads") == {
        "email", "phone_and_name", None,
    }  # fmt: skip


def test_every_stage_counts_those_who_reached_it_and_all_before(
    zylker: Installation, oracle: LeadOracle
) -> None:
    stages = zylker.pairs("select lead_id, stage from marts.dim_leads")
    assert stages == {lead: oracle.stage(lead) for lead in oracle.leads}
    assert set(stages.values()) == set(STAGES)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, lead in oracle.leads.items():
        groups[lead["Campaign Kind"] or "unknown", lead["Lead Source"]].append(key)
    expected = {}
    for (kind, source), leads in groups.items():
        before = None
        for place, stage in enumerate(STAGES):
            reached = [key for key in leads if STAGES.index(oracle.stage(key)) >= place]
            fulfilled = [
                key
                for key in leads
                if all(oracle.fulfilled(key)[n] for n in {place, min(place, 1)})
            ]
            firsts = Counter(steps[0].lower() for key in reached if (steps := oracle.steps(key)))
            most = {step for step, count in firsts.items() if count == max(firsts.values())}
            share = round(len(reached) / before, 4) if before else None
            expected[kind, source, stage] = (
                place + 1, len(reached), share, len(fulfilled), len(firsts), most,
            )  # fmt: skip
            before = len(reached)
    found = zylker.rows(
        "select campaign_kind, lead_source, stage, stage_position, lead_count, "
        "previous_stage_share::double, fulfilled_count, first_step_count, leading_first_step "
        "from marts.rpt_lead_flow"
    )
    assert {row[:3] for row in found} == expected.keys()
    for kind, source, stage, *figures, leading in found:
        *wanted, most = expected[kind, source, stage]
        assert figures == pytest.approx(wanted, abs=0.0001), (kind, source, stage)
        assert leading.lower() in most if leading else not most, (kind, source, stage)


def test_paths_begin_at_the_search_term_or_the_list(
    zylker: Installation, oracle: LeadOracle
) -> None:
    expected: dict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
    for key, lead in oracle.leads.items():
        steps = oracle.steps(key)
        if oracle.first[key] != key:
            continue
        for place, step in enumerate(steps, start=1):
            figures = expected[lead["Campaign Kind"] or "unknown", place, step.lower()]
            figures["leads"] += 1
            figures["last"] += place == len(steps)
            figures["contacts"] += oracle.persons[key].contact is not None
            figures["won"] += oracle.stage(key) == "won_deal"
    found = zylker.rows(
        "select campaign_kind, step_position, lower(step), lead_count, last_step_count, "
        "contact_count, won_deal_count from marts.rpt_lead_paths"
    )
    assert {tuple(row[:3]): list(row[3:]) for row in found} == {
        place: [figures[name] for name in ("leads", "last", "contacts", "won")]
        for place, figures in expected.items()
    }
    begun: dict[str, set[Any]] = defaultdict(set)
    for kind, place, step, *_ in found:
        begun[kind].add(step) if place == 1 else None
    assert begun["inbound"] == {"ticket software hospital", "patient help desk", "zylker desk"}
    assert "healthtech expo list" in begun["outbound"]


def test_form_fields_and_findings_are_kept_with_the_lead(
    zylker: Installation, oracle: LeadOracle
) -> None:
    interests = zylker.pairs(
        "select lead_id, custom_fields['interest'] || ' ' || custom_fields['seats_wanted'] "
        "from marts.dim_leads where custom_fields['seats_wanted'] is not null"
    )
    for lead, text in interests.items():
        record = oracle.leads[lead]
        assert text in (None, f"{record['Interest']} {record['Seats Wanted']}"), lead
    assert interests
    invalid = {key for key, lead in oracle.leads.items() if lead["Email"] and not mail_of(lead)}
    words = {key for key, lead in oracle.leads.items() if lead["Phone"] == "on request"}
    mails = Counter(mail_of(lead) for lead in oracle.leads.values())
    shared = {
        key for key, lead in oracle.leads.items() if (mail := mail_of(lead)) and mails[mail] > 1
    }
    records = oracle.crm.newest("Leads", "Lead Id").values()
    future = {r["Lead Id"] for r in records if r["Created Time"][:10] > FIRST_DAY.isoformat()}
    findings: dict[str, set[str]] = defaultdict(set)
    for check, lead, account in zylker.rows(
        "select check_name, record_id, account_id from marts.rpt_hygiene where module = 'leads'"
    ):
        findings[check].add(lead)
        assert account is None
    assert findings == {
        "leads_with_invalid_mail": invalid,
        "leads_with_phone_without_digits": words,
        "leads_that_share_mail": shared,
        "leads_captured_in_future": future,
    }
    assert all(findings.values())
    failed = zylker.pairs(
        "select lead_id, failed_checks from marts.dim_leads where failed_checks is not null"
    )
    for lead, checks in failed.items():
        assert checks == ", ".join(sorted(c for c, leads in findings.items() if lead in leads))
    assert failed.keys() == invalid | words | shared
