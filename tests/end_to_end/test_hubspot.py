"""HubSpot-shaped tables end to end: everything lands, is counted, is reported (INT-1 to INT-6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.installation import ROOT, Installation

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("real data"),
    pytest.mark.timeout(1200),  # the run is made inside the first test
]


@pytest.fixture(scope="module")
def hubspot(
    data_set: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    data = data_set("hubspot_seeds")
    home = tmp_path_factory.mktemp("hubspot") / "home"
    installation = Installation(ROOT / "examples" / "hubspot" / "abm.yaml", home, data)
    installation.run()
    return installation


def test_every_row_is_accounted_for(hubspot: Installation) -> None:
    found = {
        module: figures
        for module, *figures in hubspot.rows(
            "select module, rows_read, rows_accepted, rows_quarantined, rows_filtered"
            " from marts.rpt_landing_balance"
        )
    }
    assert found == {
        "accounts": [24, 24, 0, 0],
        "contacts": [22, 22, 0, 0],
        "deals": [44, 44, 0, 0],
        "events.marketing_mails": [100, 97, 0, 3],
        "events.mails": [1, 1, 0, 0],
        "events.calls": [1, 1, 0, 0],
        "events.meetings": [100, 100, 0, 0],
        "events.notes": [1, 1, 0, 0],
        "events.tickets_opened": [25, 25, 0, 0],
        "events.tickets_closed": [25, 23, 0, 2],
    }


def test_events_of_every_channel(hubspot: Installation) -> None:
    assert hubspot.rows(
        "select channel, event, count(*) from marts.fct_events group by all order by all"
    ) == [
        ("call", "logged", 1),
        ("campaign", "delivered", 3),
        ("campaign", "opened", 90),
        ("campaign", "sent", 4),
        ("email", "sent", 1),
        ("meeting", "held", 100),
        ("note", "written", 1),
        ("ticket", "closed", 22),
        ("ticket", "opened", 25),
    ]


def test_what_nobody_is_known_for_is_reported(hubspot: Installation) -> None:
    found = hubspot.pairs(
        "select check_name, finding_count from marts.rpt_data_quality where module = 'events'"
    )
    assert found["events_without_contact"] == 247
    assert found["events_in_future"] == 1
    assert found["events_of_unknown_kind"] == 0
    assert (
        hubspot.one("select count(*) from marts.seg_account_engagement where has_no_signal") == 24
    )
