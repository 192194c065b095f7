"""The event log of a home: kept connections, killed writers, forks, and homes of Dagster's own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.home import Home
from orchestration.event_log import FOLDER, MOST_KEPT, EventLog
from orchestration.running import open_instance

RUN = "11111111-1111-1111-1111-111111111111"
TABLE = dg.AssetKey("table")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = EventLog(str(tmp_path.joinpath(*FOLDER)))
    yield opened
    opened.dispose()


def store(log: SqliteEventLogStorage, number: int, run_id: str = RUN) -> None:
    """Store one materialisation, which goes into the run's database and into the index."""
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name="job",
        event_specific_data=StepMaterializationData(
            dg.AssetMaterialization(TABLE, metadata={"number": number})
        ),
    )
    log.store_event(
        dg.EventLogEntry(
            error_info=None,
            level=20,
            user_message="",
            run_id=run_id,
            timestamp=float(number),
            dagster_event=event,
        )
    )


def numbers(log: SqliteEventLogStorage, run_id: str = RUN) -> list[int]:
    """Numbers that a run stored, in order."""
    return [int(entry.timestamp) for entry in log.get_logs_for_run(run_id)]


def test_each_database_is_opened_once(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    store(log, 0)
    opened: list[str] = []
    connect = sqlite3.dbapi2.connect

    def counted(address: str, *rest: object, **settings: object) -> sqlite3.Connection:
        opened.append(address)
        return connect(address, *rest, **settings)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    for number in range(1, 20):
        store(log, number)
    assert numbers(log) == list(range(20))
    assert opened == []


def test_few_databases_stay_open_whatever_is_looked_at(log: EventLog, tmp_path: Path) -> None:
    runs = [f"run-{number}" for number in range(3 * MOST_KEPT)]
    for number, run_id in enumerate(runs):
        store(log, number, run_id)
    assert [numbers(log, run_id) for run_id in runs] == [[n] for n in range(len(runs))]
    files = {os.path.realpath(link) for link in Path("/proc/self/fd").glob("*")}
    kept = [name for name in files if name.startswith(str(tmp_path)) and name.endswith(".db")]
    assert len(kept) == MOST_KEPT


def _write_and_die(folder: str) -> None:
    log = EventLog(folder)
    for number in range(50):
        store(log, number)
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_writer_stored_is_there(log: EventLog, tmp_path: Path) -> None:
    writer = multiprocessing.get_context("spawn").Process(
        target=_write_and_die, args=(str(tmp_path.joinpath(*FOLDER)),)
    )
    writer.start()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL
    assert numbers(log) == list(range(50))
    assert log.get_latest_materialization_events([TABLE])[TABLE] is not None


def _write(log: EventLog, start: int) -> None:
    for number in range(start, start + 50):
        store(log, number)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_writes_beside_its_parent(log: EventLog) -> None:
    store(log, 0)
    forked = multiprocessing.get_context("fork").Process(target=_write, args=(log, 1000))
    forked.start()
    _write(log, 1)
    forked.join()
    assert forked.exitcode == 0
    assert sorted(numbers(log)) == [*range(51), *range(1000, 1050)]


def test_a_home_opens_with_either_storage(log: EventLog, tmp_path: Path) -> None:
    """Dagster's own wrote the homes that were made before; it reads on what we write."""
    dagsters = SqliteEventLogStorage(str(tmp_path.joinpath(*FOLDER)))
    store(dagsters, 0)
    store(log, 1)
    store(dagsters, 2)
    assert numbers(log) == numbers(dagsters) == [0, 1, 2]


def test_after_a_wipe_the_log_starts_anew(log: EventLog) -> None:
    store(log, 1)
    log.wipe()
    store(log, 2)
    assert numbers(log) == [2]


def test_a_home_folder_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with open_instance(Home(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        store(instance.event_log_storage, 1)
    # Where the homes that were made before have it.
    assert Home(tmp_path).dagster.joinpath("history", "runs", f"{RUN}.db").exists()
