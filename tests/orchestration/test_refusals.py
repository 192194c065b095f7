"""What a run refuses, and how it says so: homes it cannot write, edits that a rule forbids."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.running import failure_cause

ROOT = Path(__file__).resolve().parents[2]
QUINTILE = str(Path(sys.executable).parent / "quintile")

CONFIGURATION = """
organization: {{name: Test, currency: EUR}}
sources: {{crm: {{files: "data/*.csv"}}}}
modules:
  accounts: {{from: crm.accounts}}
  contacts: {{absent: none in the export}}
  products: {{absent: none in the export}}
  deals: {{from: crm.deals, stages: {{won: [Won]}}}}
segments:
  - id: founders
    name: Founders
    nature: {nature}
    where: {{field: billing_country, equals: {country}}}
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [QUINTILE, "run", "-c", str(folder / "abm.yaml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write(folder: Path, nature: str, country: str) -> None:
    text = CONFIGURATION.format(nature=nature, country=country)
    (folder / "abm.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("home", ["file", "below a file"])
def test_a_home_that_cannot_be_written_is_named_without_a_traceback(
    tmp_path: Path, home: str
) -> None:
    """F12."""
    write(tmp_path, "static", "France")
    (tmp_path / "file").write_text("", encoding="utf-8")
    place = tmp_path / "file" if home == "file" else tmp_path / "file" / "home"
    done = run(tmp_path, "--home", str(place))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and str(place) in done.stderr


@pytest.mark.xdist_group("refusals")
def test_criteria_of_a_static_segment_cannot_change_after_its_creation(tmp_path: Path) -> None:
    """SEG-14: refused by name; on the day of creation, or as a dynamic segment, it may."""
    data = tmp_path / "data"
    data.mkdir()
    accounts = "account_id,account_name,created_at,billing_country\nA1,One,2020-01-01,France\n"
    deals = (
        "deal_id,account_id,stage,closing_date,created_at,amount\n"
        "D1,A1,Won,2025-12-01,2025-11-01,5\n"
    )
    (data / "accounts.csv").write_text(accounts, encoding="utf-8")
    (data / "deals.csv").write_text(deals, encoding="utf-8")
    write(tmp_path, "static", "France")
    assert run(tmp_path, "--as-of", "2026-01-01").returncode == 0
    write(tmp_path, "static", "Spain")
    assert run(tmp_path, "--as-of", "2026-01-01").returncode == 0, "the day of creation"
    write(tmp_path, "static", "Italy")
    refused = run(tmp_path, "--as-of", "2026-01-02")
    assert refused.returncode == 1
    assert "founders is static and was created on 2026-01-01" in refused.stderr
    pointer = tmp_path / ".quintile" / "published" / "current.json"
    assert "2026-01-01" in pointer.read_text(encoding="utf-8"), "nothing new is published"
    write(tmp_path, "dynamic", "Italy")
    assert run(tmp_path, "--as-of", "2026-01-02").returncode == 0
    shutil.rmtree(tmp_path / ".quintile")


def test_a_cause_is_told_in_our_words_where_we_have_any() -> None:
    def failed(*messages: str) -> SimpleNamespace:
        error = None
        for message in reversed(messages):
            error = SimpleNamespace(message=message, cause=error)
        return SimpleNamespace(event_specific_data=SimpleNamespace(error=error), message="")

    dagsters = "dagster._core.errors.DagsterExecutionStepExecutionError: Error in op\n"
    pydantics = "pydantic_core._pydantic_core.ValidationError: 1 validation error\n"
    ours = "models.reading.ConfigurationError: abm.yaml line 3: no such field\n"
    assert failure_cause(failed(dagsters, ours, pydantics)) == "abm.yaml line 3: no such field"
    assert failure_cause(failed(dagsters, pydantics)) == "1 validation error"
