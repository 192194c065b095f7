"""What starts a run besides a person: the daily schedule and the drop-folder sensor."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from assets.refresh import Installation
from orchestration.schedules import REFRESH_HOUR, daily_run, refresh_segments_daily
from orchestration.sensors import new_export_files

CONFIGURATION = """
organization: {{name: Test, time_zone: "{zone}", currency: EUR}}
sources: {{crm: {{files: "drop/*.csv"}}}}
modules:
  accounts: {{from: crm.accounts}}
  contacts: {{absent: none in the export}}
  products: {{absent: none in the export}}
  deals: {{from: crm.deals, stages: {{won: [Won]}}}}
"""


def installed(folder: Path, zone: str = "UTC") -> Installation:
    path = folder / "abm.yaml"
    path.write_text(CONFIGURATION.format(zone=zone), encoding="utf-8")
    return Installation(configuration_path=str(path), home_path=str(folder / "home"))


ZONES = ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "America/St_Johns"]


@given(zone=st.sampled_from(ZONES), start=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)))
def test_every_local_day_gets_exactly_one_run_with_that_business_date(
    zone: str, start: datetime
) -> None:
    """EDG-1, EDG-2: also on days of 23 and 25 hours, and whatever the zone's offset (F60)."""
    tick = start.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    days: list[str] = []
    for hours in range(24 * 4):
        outcome = daily_run(tick + timedelta(hours=hours), ZoneInfo(zone))
        if isinstance(outcome, dg.RunRequest):
            day = outcome.run_config["resources"]["refresh"]["config"]["business_date"]
            assert outcome.run_key == f"daily-{day}", "the key keeps a day from running twice"
            days.append(day)
        else:
            assert f"{REFRESH_HOUR:02d}:00" in str(outcome.skip_message)
    first = datetime.fromisoformat(min(days))
    wanted = {(first + timedelta(days=n)).date().isoformat() for n in range(4)}
    assert set(days) <= wanted and len(set(days)) >= 3
    assert set(days) == {d for d in wanted if d <= max(days)}, "no day in between is left out"


def test_the_schedule_reads_the_zone_from_the_configuration(tmp_path: Path) -> None:
    """It only looks: no lease is taken and no home folder is made."""
    here = installed(tmp_path, "Asia/Kolkata")
    at_home = datetime(2026, 3, 1, REFRESH_HOUR, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    with dg.build_schedule_context(scheduled_execution_time=at_home) as context:
        outcome = refresh_segments_daily(context, installation=here)
    assert isinstance(outcome, dg.RunRequest) and outcome.run_key == "daily-2026-03-01"
    assert not (tmp_path / "home").exists()


class Looking:
    """A sensor's looks at a folder, one after the other, with its cursor kept between them."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.cursor: str | None = None

    def look(self) -> dg.SensorResult:
        context = dg.build_sensor_context(cursor=self.cursor)
        result = new_export_files(context, installation=self.installation)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return result


def test_a_file_starts_one_run_once_it_has_stopped_growing(tmp_path: Path) -> None:
    """F30: a growing file waits; an unchanged one never starts a second run."""
    drop = tmp_path / "drop"
    drop.mkdir()
    looking = Looking(installed(tmp_path))
    assert not looking.look().run_requests

    file = drop / "accounts.csv"
    file.write_text("account_id\n1\n", encoding="utf-8")
    first = looking.look()
    assert not first.run_requests and "stop growing" in str(first.skip_reason)
    with file.open("a", encoding="utf-8") as growing:
        growing.write("2\n")
    assert not looking.look().run_requests
    still = looking.look().run_requests
    assert still is not None and len(still) == 1 and still[0].run_key
    assert not looking.look().run_requests

    os.utime(file, ns=(1, 1))
    assert not looking.look().run_requests
    again = looking.look().run_requests
    assert again is not None and len(again) == 1 and again[0].run_key != still[0].run_key


def test_files_of_tables_that_nobody_maps_start_nothing(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    looking = Looking(installed(tmp_path))
    (tmp_path / "drop" / "unrelated.csv").write_text("x\n", encoding="utf-8")
    looking.look()
    assert not looking.look().run_requests
