"""F60, when: clocks that go back or run ahead, days of 23 and 25 hours, midnight, 29 February.

A run takes its day and its time once, when it is created; nothing that decides which version is
newer asks a clock. Never put here a test that sleeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.published import current, open_published, read_pointer
from assets.refresh import Refresh
from models.evaluation import Moment
from models.expressions import Operator
from models.periods import day_spans, end_of_day, start_of_day
from orchestration.schedules import REFRESH_HOUR, daily_run
from tests.assets.published_tables import make_warehouse, publish_it
from tests.connectors.landing_case import LandingCase

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
CONFIGURATION = """
organization: {{name: Test, time_zone: "{zone}", currency: EUR}}
sources: {{crm: {{files: "drop/*.csv"}}}}
modules:
  accounts: {{from: crm.accounts}}
  contacts: {{absent: none in the export}}
  products: {{absent: none in the export}}
  deals: {{from: crm.deals, stages: {{won: [Won]}}}}
"""


@pytest.mark.parametrize(
    "drift", [timedelta(hours=-1), timedelta(days=1)], ids=["back 1 h", "ahead 1 day"]
)
def test_what_is_published_later_counts_whatever_its_clock_says(
    tmp_path: Path, drift: timedelta
) -> None:
    """The sixth and the seventh case: order is the pointer's, and nothing young is retired."""
    warehouse, folder = make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "published"
    moments = [NOW, NOW + drift, NOW + timedelta(minutes=1), NOW + drift + timedelta(minutes=2)]
    versions = []
    for number, moment in enumerate(moments):
        found = publish_it(
            warehouse, folder, definition_hash=str(number), now=moment, keep_versions=1
        )
        versions.append(found.version)
        assert current(folder).version == found.version
        with open_published(folder) as connection:
            seen = connection.execute("select definition_hash from publication").fetchone()
            assert seen == (str(number),)
    pointer = read_pointer(folder)
    assert pointer.sequence == len(moments)
    kept = [one.version for one in pointer.versions]
    assert kept == [version for version in versions if version in kept]
    assert kept[-1] == versions[-1]
    # What counted until a moment ago by either clock is still there for its readers.
    assert versions[-2] in kept


def test_landing_asks_no_clock_which_load_is_newer(tmp_path: Path) -> None:
    """A machine whose clock is a day ahead landed first; the next load is newer all the same."""
    case = LandingCase(tmp_path, "products")
    loads = []
    for number, moment in enumerate((NOW + timedelta(days=1), NOW, NOW - timedelta(hours=1))):
        case.write("products.csv", f"product_id,product_name,unit_price\nP1,Name {number},1\n")
        loads.append(case.land_one(landed_at=moment.isoformat()))
    assert [load.load_sequence for load in loads] == [1, 2, 3]
    assert [load.load_id for load in case.loads()] == [load.load_id for load in loads]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Los_Angeles", date(2026, 3, 8), 23),
        ("America/Los_Angeles", date(2026, 11, 1), 25),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
    ],
)
def test_days_of_23_and_25_hours_have_one_run_and_all_their_hours(
    zone: str, day: date, hours: int
) -> None:
    """The eighth case: every hour of the day belongs to it, and one of its ticks starts a run."""
    start, end = start_of_day(day, zone), end_of_day(Moment(day, zone))
    assert end - start == timedelta(hours=hours)
    ticks = [start.replace(tzinfo=UTC) + timedelta(hours=n) for n in range(hours)]
    found = [daily_run(tick, ZoneInfo(zone)) for tick in ticks]
    keys = [one.run_key for one in found if isinstance(one, dg.RunRequest)]
    assert keys == [f"daily-{day}"]


def created(folder: Path, zone: str, moment: datetime) -> Refresh:
    path = folder / "abm.yaml"
    path.write_text(CONFIGURATION.format(zone=zone), encoding="utf-8")
    refresh = Refresh(configuration_path=str(path), home_path=str(folder / "home"))
    refresh._created_at = moment
    return refresh


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_run_that_passes_midnight_keeps_the_day_it_was_created_on(
    tmp_path: Path, zone: str
) -> None:
    """The ninth case: the day is that of the organisation's zone at the run's creation."""
    midnight = datetime(2026, 7, 1, tzinfo=ZoneInfo(zone))
    before = created(tmp_path, zone, midnight - timedelta(seconds=1))
    after = created(tmp_path, zone, midnight)
    assert (before.as_of, after.as_of) == (date(2026, 6, 30), date(2026, 7, 1))
    before._created_at = midnight + timedelta(hours=3)
    assert before.as_of == date(2026, 6, 30), "it is asked for once"


@pytest.mark.parametrize(
    ("as_of", "days", "first"),
    [
        (date(2028, 3, 1), 2, date(2028, 2, 29)),
        (date(2027, 3, 1), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 366, date(2027, 3, 1)),
        (date(2029, 2, 28), 366, date(2028, 2, 29)),
    ],
)
def test_days_since_count_29_february_when_there_is_one(
    as_of: date, days: int, first: date
) -> None:
    """The tenth case, counted by hand."""
    (span,) = day_spans(Operator.IN_LAST_DAYS, days, as_of)
    assert (span.first, span.end) == (first, as_of + timedelta(days=1))
    tick = datetime(as_of.year, as_of.month, as_of.day, REFRESH_HOUR, tzinfo=UTC)
    found = daily_run(tick, ZoneInfo("UTC"))
    assert isinstance(found, dg.RunRequest) and found.run_key == f"daily-{as_of}"


ELSEWHERE = """
import hashlib, json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from tests.assets.published_tables import make_warehouse, publish_it
from tests.connectors.landing_case import LandingCase
folder = Path(sys.argv[1])
case = LandingCase(folder, "deals")
case.write("deals.csv", "deal_id,account_id,deal_name,stage,closing_date,created_at,amount\\n"
           "D1,A1,x,Won,2026-03-29,2026-03-29 01:30:00,5\\nD2,A1,y,Won,,2026-10-25 12:00,5\\n")
load = case.land_one(time_zone="Europe/Berlin", quarantine_limit=1.0)
content = (load.folder(case.landing) / "data.parquet").read_bytes()
warehouse = make_warehouse(folder / "warehouse.duckdb")
version = publish_it(warehouse, folder / "published").version
print(json.dumps([load.load_id, hashlib.sha256(content).hexdigest(), version]))
print(time.strftime("%H", time.localtime(0)), file=sys.stderr)
"""


def test_a_process_in_another_time_zone_makes_the_same(tmp_path: Path) -> None:
    """The eleventh case: the zone of the machine is never asked."""
    found, hours = [], []
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(tmp_path / zone.replace("/", "-"))],
            env={**os.environ, "TZ": zone}, cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
        hours.append(done.stderr.split()[-1])
    assert hours == ["13", "16"], "the machines are in other zones"
    assert found[0] == found[1]
