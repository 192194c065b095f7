"""`quintile status` on call: every state of an installation has its line and its next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.warehouse_lease import LOCK_NAME, warehouse_lease
from connectors.landing import land_module
from connectors.loads import Load, current_loads
from models.fields import MODULES
from models.reading import read_configuration
from orchestration.commands.advice import next_steps
from orchestration.commands.situation import situation
from orchestration.running import open_instance
from tests.orchestration.command_line import quintile
from tests.orchestration.published_copy import NOW, installed

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Home]:
    return installed(tmp_path)


@pytest.fixture
def instance(place: tuple[Path, Home]) -> Iterator[dg.DagsterInstance]:
    with open_instance(place[1]) as opened:
        yield opened


@dg.op
def landing__deals() -> None:
    raise dg.Failure(description="orders.csv: no column 'Stage'; did you mean 'Stages'?")


@dg.job
def refresh_segments() -> None:
    landing__deals()


def test_an_empty_home_is_told_to_run(tmp_path: Path) -> None:
    configuration, home = installed(tmp_path, published=False)
    spoken = quintile("status", "-c", configuration)
    assert spoken.code == 1
    assert "State        NOTHING PUBLISHED" in spoken.out
    assert "Published    nothing yet" in spoken.out
    assert "1. Run `quintile run`: nothing is published yet." in spoken.out
    assert not home.root.exists()  # status reads only


def test_the_published_copy_its_age_and_errors_in_the_data(place: tuple[Path, Home]) -> None:
    found = situation(*place, LATER)
    assert found.faults == []
    (step,) = next_steps(found)
    assert str(step) == "Error in the data, 7 records: Deals without a rate (EDG-4)."
    document = quintile("status", "--json", "-c", place[0]).json
    assert document["published"]["as_of"] == "2026-03-01"
    assert document["published"]["is_configuration_published"] is True
    assert document["is_healthy"] is False
    assert document["state"] == "ok"
    assert quintile("status", "-c", place[0]).code == 0  # readers are served; the data may wait
    assert quintile("status", "--exit-code", "-c", place[0]).code == 1


def test_the_failed_step_its_message_and_what_to_do(
    place: tuple[Path, Home], instance: dg.DagsterInstance
) -> None:
    result = refresh_segments.execute_in_process(instance=instance, raise_on_error=False)
    spoken = quintile("status", "-c", place[0])
    assert spoken.code == 1
    assert f"State        FAILED: run {result.run_id[:8]} in landing deals" in spoken.out
    assert "orders.csv: no column 'Stage'; did you mean 'Stages'?" in spoken.out
    assert "readers still see 2026-03-01-" in spoken.out


def test_a_cancelled_run_is_urgent_although_nothing_says_why(
    place: tuple[Path, Home], instance: dg.DagsterInstance
) -> None:
    run = instance.create_run_for_job(refresh_segments)
    instance.report_run_canceled(run)
    spoken = quintile("status", "-c", place[0])
    assert spoken.code == 1
    assert f"Run {run.run_id[:8]} was cancelled: `quintile run`; readers still see" in spoken.out


def test_a_killed_run_is_called_killed_and_a_young_one_is_starting(
    place: tuple[Path, Home], instance: dg.DagsterInstance
) -> None:
    run = instance.create_run_for_job(refresh_segments)
    instance.report_dagster_event(
        dg.DagsterEvent(event_type_value="PIPELINE_START", job_name="refresh_segments"),
        run_id=run.run_id,
    )
    now = datetime.now(UTC)
    starting = situation(*place, now)
    assert starting.starting_run is not None
    (step,) = next_steps(starting)
    assert str(step) == "Wait a minute and ask again: a run is starting."
    # A killed process leaves its signature behind; a clean one signs off.
    holder = f"run {run.run_id[:8]}"
    with warehouse_lease(place[1].root, holder, now):
        signature = (place[1].root / LOCK_NAME).read_bytes()
    assert situation(*place, now).starting_run is not None
    (place[1].root / LOCK_NAME).write_bytes(signature)
    assert "was killed" in str(next(next_steps(situation(*place, now))))
    (place[1].root / LOCK_NAME).write_bytes(b"")
    dead = situation(*place, now + timedelta(minutes=5))
    assert [one.is_dead for one in dead.runs] == [True]
    assert "was killed" in str(next(next_steps(dead)))


def test_who_holds_the_warehouse_is_named(place: tuple[Path, Home]) -> None:
    with warehouse_lease(place[1].root, "run 3f2a", datetime.now(UTC)) as holder:
        spoken = quintile("status", "-c", place[0])
    assert f"held by run 3f2a, pid {holder.pid}" in spoken.out
    assert f"`kill {holder.pid}`" in spoken.out
    assert "held by" not in quintile("status", "-c", place[0]).out


def test_loads_balance_and_quarantine_are_counted_by_reason(place: tuple[Path, Home]) -> None:
    configuration, home = place
    folder = configuration.parent / "exports"
    folder.mkdir()
    rows = "".join(f"A{n},Name {n},2026-01-01,Germany,Gold,{n}\n" for n in range(60))
    header = "Id,Account Name,Created Time,Country,Tier,Employees\n"
    bad = "A61,Bad,2026-01-01,Spain,Gold,\n,No key,2026-01-01,Spain,Gold,1\n"
    (folder / "accounts.csv").write_text(header + rows + bad, encoding="utf-8")
    read = read_configuration(configuration)
    land_module(
        MODULES["accounts"],
        read.modules.accounts,
        read.sources["crm"],
        home.landing,
        read.organization,
        base_directory=configuration.parent,
        landed_at="2026-03-02T05:00:00+00:00",
    )
    document = quintile("status", "--json", "-c", configuration).json
    (load,) = document["loads"]
    assert (load["rows_read"], load["rows_accepted"], load["rows_quarantined"]) == (62, 61, 1)
    assert load["is_balanced"] is True
    assert document["quarantine"] == [
        {"module": "accounts", "reason": "missing_key", "field": "account_id", "count": 1}
    ]
    assert any("1 row is in quarantine" in step for step in document["next"])


def test_a_newer_snapshot_replaces_what_earlier_loads_refused() -> None:
    def load(name: str, day: str, sequence: int, is_snapshot: bool = True) -> Load:
        return Load(
            module="accounts",
            load_id=name,
            load_sequence=sequence,
            source="crm.accounts",
            is_snapshot=is_snapshot,
            exported_on=day,
            content_hash=name,
            mapping_hash="",
            rows_read=0,
            rows_accepted=0,
            rows_quarantined=0,
            rows_duplicate=0,
            rows_filtered=0,
            warning_count=0,
            files=(),
            columns={},
            mapped_columns={},
            notes=(),
            landed_at=None,
        )

    mended = load("mended", "2026-01-02", 1)
    bad = load("bad", "2026-01-01", 2)  # an older file that arrived late
    after = load("after", "2026-01-03", 3, is_snapshot=False)
    assert current_loads([mended, bad, after]) == [mended, after]
    assert current_loads([after]) == [after]


def test_labels_to_be_looked_at_again_are_told_and_nobody_is_woken(
    place: tuple[Path, Home],
) -> None:
    """LBL-4: after the review date, on the business date, beside what else is to be done."""
    configuration, _ = place
    text = configuration.read_text(encoding="utf-8")
    rule = "description: D., owner: Li, kind: rule, where: {field: tier, equals: Gold}"
    labels = "".join(
        f"  - {{id: {name}, name: {name}, valid_from: 2025-01-01, review_by: {day}, {rule}}}\n"
        for name, day in {"today": "2026-03-01", "gone": "2026-02-28", "old": "2025-12-31"}.items()
    )
    configuration.write_text(f"{text}labels:\n{labels}", encoding="utf-8")
    document = quintile("status", "--json", "-c", configuration).json
    assert document["labels_due"] == [
        {"label": "old", "owner": "Li", "review_by": "2025-12-31"},
        {"label": "gone", "owner": "Li", "review_by": "2026-02-28"},
    ]
    last = document["advice"][-1]
    assert "old (Li, by 2025-12-31) and gone (Li, by 2026-02-28) again" in last["text"]
    assert not last["is_urgent"]
    assert quintile("status", "-c", configuration).code == 0
    assert quintile("status", "--exit-code", "-c", configuration).code == 1
    spoken = quintile("check", "--offline", "-c", configuration)
    assert spoken.code == 0
    line = text.count("\n") + 3
    assert f"{configuration}:{line}: labels[1]: 'gone' was due for review" in spoken.out
    assert "labels[0]" not in spoken.out


def test_one_record_is_singular(place: tuple[Path, Home]) -> None:
    found = situation(*place, LATER)
    found.findings = [replace(found.findings[0], severity="error", count=1)]
    assert next(next_steps(found)).text.startswith("Error in the data, 1 record: ")


def test_a_damaged_part_hides_no_other(place: tuple[Path, Home]) -> None:
    configuration, home = place
    (home.published / "current.json").write_text("{", encoding="utf-8")
    configuration.write_text("organization: {name: X}\n", encoding="utf-8")
    spoken = quintile("status", "-c", configuration)
    assert spoken.code == 1
    assert "could not be read: published copy:" in spoken.out
    assert "Correct the configuration" in spoken.out
    assert "Warehouse    free" in spoken.out


def test_a_missed_day_is_said_only_where_days_pass(place: tuple[Path, Home]) -> None:
    configuration, home = place
    much_later = NOW + timedelta(days=9)
    assert not any("today is" in str(step) for step in next_steps(situation(*place, much_later)))
    text = configuration.read_text(encoding="utf-8").replace(", as_of: 2026-03-01", "")
    configuration.write_text(text, encoding="utf-8")
    late = list(next_steps(situation(configuration, home, much_later)))
    assert any("as of 2026-03-01, today is 2026-03-11" in step.text for step in late)
