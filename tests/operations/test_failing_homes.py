"""What `quintile status` and Dagster's records say of homes where a real run has really failed.

Each test breaks a good installation, lets `quintile run` fail on it, and asks as somebody on call
does: what failed, on which rows, what is still good, what to do. No run here is a mock.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from assets.published import read_pointer
from assets.warehouse_lease import warehouse_lease
from connectors.landing import land_module
from models.fields import MODULES
from models.reading import read_configuration
from orchestration.commands.run_states import RunState
from orchestration.commands.situation import situation
from tests.end_to_end.installation import ROOT, stop_at_end
from tests.end_to_end.meeting import Talker
from tests.operations.conftest import Broken, advice_of
from tests.orchestration.command_line import quintile

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("operations"),
    pytest.mark.timeout(900),
]

Make = Callable[[], Broken]
SECTIONS = "docs/runbooks.md#"


def last_run(broken: Broken) -> RunState:
    found = situation(broken.installation.configuration, broken.home, datetime.now(UTC))
    assert found.last_run is not None
    return found.last_run


def test_every_failed_source_is_named_with_its_place_and_its_runbook(broken: Make) -> None:
    at = broken()
    version = at.installation.publication.version
    at.edit("crm/Products.csv", "Product Name", "Produce Name")
    (at.place / "crm" / "Contacts.csv").rename(at.place / "contacts.csv")
    accounts = at.place / "crm" / "Accounts.csv"
    packed = gzip.compress(accounts.read_bytes())
    accounts.with_suffix(".csv.gz").write_bytes(packed[: len(packed) // 2])
    accounts.unlink()
    at.edit("abm.yaml", "files: crm/*.csv", "files: crm/*.csv*")
    lines = at.place / "crm" / "Deals_Products.csv"
    text = lines.read_text(encoding="utf-8")
    lines.write_text(re.sub(r"(?m)^([^,\n]*),zcrm_[^,]*,", r"\1,,", text), encoding="utf-8")
    (manifest, *_) = sorted(at.home.landing.glob("deals/*/manifest.json"))
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["rows_accepted"] += 1
    manifest.write_text(json.dumps(content), encoding="utf-8")
    at.fail()

    spoken = at.status()
    assert spoken.code == 1
    assert re.search(r"State +FAILED: run \w{8} in .*; 1 run has failed since 20", spoken.out)
    assert "file crm/Products.csv" in spoken.out
    assert "the nearest column is 'Produce Name'" in spoken.out
    assert "no file holds the table 'contacts'" in spoken.out
    assert re.search(r"Accounts\.csv\.gz.*Export the file again", spoken.out)
    assert re.search(
        r"Deals_Products\.csv, line \d+, record \d+, field deal_id: \d+ of", spoken.out
    )
    assert "check landing/deals: row_balance, which stops the run" in spoken.out
    assert re.search(r"the manifest says \d+, the files hold \d+", spoken.out)
    assert "readers see this version, complete and unchanged" in spoken.out
    found = advice_of(at.status("--json"))
    assert {
        f"{SECTIONS}a-column-is-missing-or-renamed",
        f"{SECTIONS}an-export-is-missing",
        f"{SECTIONS}a-file-is-damaged",
        f"{SECTIONS}too-many-rows-are-bad",
        f"{SECTIONS}what-has-landed-does-not-agree-with-its-manifest",
    } <= set(found)
    assert f"readers still see {version}" in found[f"{SECTIONS}an-export-is-missing"]


def test_a_cut_snapshot_stops_the_run_and_says_what_it_had_before(broken: Make) -> None:
    at = broken()
    at.edit("abm.yaml", "files: crm/*.csv", "files: crm/*.csv\n    loads: snapshot")
    read = read_configuration(at.installation.configuration)
    land_module(
        MODULES["accounts"], read.modules.accounts, read.sources["crm"], at.home.landing,
        read.organization, base_directory=at.place, landed_at="2026-11-13T05:00:00+00:00",
    )  # fmt: skip
    accounts = at.place / "crm" / "Accounts.csv"
    kept = accounts.read_text(encoding="utf-8").splitlines(keepends=True)[:12]
    accounts.write_text("".join(kept), encoding="utf-8")
    at.fail()

    spoken = at.status()
    assert spoken.code == 1
    assert "check landing/accounts: snapshot_is_whole, which stops the run" in spoken.out
    assert re.search(r"accounts had \d+ rows before .*Accounts\.csv.* fewer, the limit", spoken.out)
    assert f"{SECTIONS}a-snapshot-lost-too-many-rows" in advice_of(at.status("--json"))
    # The UI reads the same records: what to do, every offending row, and the runbook.
    checks = {(check.asset, check.name): check for check in last_run(at).failed_checks}
    assert "replace the file" in checks["landing/accounts", "snapshot_is_whole"].facts["what to do"]
    with_rows = [check for check in checks.values() if "all rows" in check.facts]
    assert with_rows
    for check in with_rows:
        found = at.installation.private_rows(check.facts["all rows"])
        assert len(found) == int(check.facts["unexpected rows"]), check.name


def test_rows_of_a_failed_test_are_shown_and_can_be_queried(broken: Make) -> None:
    at = broken()
    with duckdb.connect(str(at.home.warehouse)) as connection:
        doubled = connection.execute(
            "insert into history.segment_event_history from history.segment_event_history limit 3 "
            "returning account_id"
        ).fetchall()
    printed = at.fail()
    assert "untouched" in printed

    spoken = at.status()
    assert spoken.code == 1
    assert re.search(r"check intermediate/\w+: is_key_\w+, which stops the run", spoken.out)
    assert "failed row count: 3" in spoken.out
    (found,) = at.status("--json").json["offending_rows"]
    place = found["header"].index("account_id")
    assert {row[place] for row in found["rows"]} == {account for (account,) in doubled}
    query = Path(found["query"]).read_text(encoding="utf-8")
    assert len(at.installation.private_rows(query)) == len({a for (a,) in doubled})
    assert f"{SECTIONS}a-test-of-the-data-failed" in advice_of(at.status("--json"))


def test_a_killed_run_and_one_at_work(broken: Make) -> None:
    at = broken()
    with stop_at_end(at.installation.start("--as-of", "2026-11-14")) as process:
        run = Talker(process, until=r"\.\.\. landing accounts")
        run.has_begun.wait(120)
        at_work = at.status()
        os.kill(process.pid, signal.SIGKILL)
        run.ended()
    assert at_work.code == 0
    assert "State        AT WORK" in at_work.out
    assert f"pid {process.pid}" in at_work.out
    killed = at.status()
    assert killed.code == 1
    assert re.search(r"State +KILLED: run \w{8}; 1 run has failed since", killed.out)
    assert f"{SECTIONS}a-run-was-killed" in killed.out
    # Whoever comes while another works is refused, and that is no failure of the data.
    with warehouse_lease(at.home.root, "run 3f2a", datetime.now(UTC)):
        refused = quintile("run", "-c", at.installation.configuration)
        still = at.status()
    assert refused.code == 3
    assert "the warehouse is held by run 3f2a" in refused.err
    assert "State        AT WORK" in still.out
    assert f"{SECTIONS}the-warehouse-is-held-by-another-run" in still.out


def test_a_full_disk_is_said_and_the_published_copy_stays(broken: Make) -> None:
    """F08: no file may become as large as a version is, in place of the disk's end."""
    at = broken()
    version = at.installation.publication.version
    at.home.warehouse.unlink()  # it is made anew, and must grow
    command = [sys.executable, "-m", "orchestration.cli", "run", "--as-of", "2026-11-14"]
    command += ["-c", str(at.installation.configuration)]
    largest = at.installation.publication.database.stat().st_size - 500_000
    ended = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    spoken = at.status()
    assert spoken.code == 1
    assert re.search(r"State +(FAILED|KILLED): run", spoken.out)
    assert re.search(r"Disk +[\d,]+ MB free", spoken.out)
    assert f"{SECTIONS}the-disk-is-full" in advice_of(at.status("--json"))
    assert at.installation.publication.version == version
    assert at.installation.one("select count(*) from marts.dim_accounts") > 0


def test_a_damaged_pointer_is_moved_away_and_the_next_run_publishes_anew(broken: Make) -> None:
    at = broken()
    pointer = at.home.published / "current.json"
    before = at.installation.publication.version
    pointer.write_text("{", encoding="utf-8")
    at.fail()
    spoken = at.status()
    assert spoken.code == 1
    assert "Published    cannot be read" in spoken.out
    (advice, *_) = at.status("--json").json["advice"]
    assert advice["runbook"] == f"{SECTIONS}the-published-copy-cannot-be-read"
    assert "Move current.json" in advice["text"]
    pointer.rename(at.place / "damaged.json")
    at.installation.run("--as-of", "2026-11-14")
    good = at.status()
    assert re.search(r"State +(LATE|ok)$", good.out, re.MULTILINE)  # the date is a fixed one
    assert before in {one.version for one in read_pointer(at.home.published).versions}
