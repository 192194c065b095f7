"""F60, who works: two schedulers, two daemons, one process asleep, two people at one technique.

The lease is a lock of the kernel, so nothing here depends on a clock: who sleeps longer than
anybody waits still holds it, and who is killed does not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest

import assets.publishing
from assets.published import PublishedCopyError, current, read_pointer
from assets.warehouse_lease import WarehouseHeldError, lease_holder, warehouse_lease
from orchestration.schedules import daily_run
from tests.assets.published_tables import make_warehouse, publish_it

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = NOW + timedelta(days=30)

RACER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from assets.warehouse_lease import WarehouseHeldError, warehouse_lease
print("ready", flush=True)
sys.stdin.readline()
try:
    with warehouse_lease(Path(sys.argv[1]), f"run {sys.argv[2]}", datetime.now(UTC)):
        print("works", flush=True)
        sys.stdin.readline()
except WarehouseHeldError as held:
    print(held, flush=True)
"""

PUBLISHER = """
import sys
from pathlib import Path
from tests.assets.published_tables import publish_it
def on_step(name):
    if name == "built":
        print("built", flush=True)
        sys.stdin.readline()
print(publish_it(Path(sys.argv[1]), Path(sys.argv[2]), on_step=on_step).version, flush=True)
"""


@contextmanager
def talking(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_schedulers_ask_for_the_same_run(tmp_path: Path) -> None:
    """Their ticks have one key, and Dagster starts one run per key (first case of F60)."""
    zone = ZoneInfo("Europe/Berlin")
    tick = datetime(2026, 3, 29, 3, tzinfo=UTC)
    first, second = daily_run(tick, zone), daily_run(tick + timedelta(seconds=40), zone)
    assert isinstance(first, dg.RunRequest) and isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key == "daily-2026-03-29"
    assert first.run_config == second.run_config


def test_two_daemons_that_start_it_all_the_same_leave_one_at_work(tmp_path: Path) -> None:
    """Four processes are let go at once: one works, the others say who does (second case)."""
    with (
        talking(RACER, tmp_path, 0) as a, talking(RACER, tmp_path, 1) as b,
        talking(RACER, tmp_path, 2) as c, talking(RACER, tmp_path, 3) as d,
    ):  # fmt: skip
        racers = [a, b, c, d]
        assert [heard(racer) for racer in racers] == ["ready"] * 4
        for racer in racers:
            say(racer)
        said = [heard(racer) for racer in racers]
        worker = said.index("works")
        others = [text for place, text in enumerate(said) if place != worker]
        told = f"the warehouse is held by run {worker} (pid {racers[worker].pid} on "
        assert all(told in text and "Wait until it has finished" in text for text in others)


def test_a_run_that_sleeps_keeps_the_warehouse_and_wakes_as_its_holder(tmp_path: Path) -> None:
    """Stopped, as a laptop that is closed: no lease runs out under it (fourth case)."""
    with talking(RACER, tmp_path, "asleep") as run:
        heard(run)
        say(run)
        assert heard(run) == "works"
        os.kill(run.pid, signal.SIGSTOP)
        try:
            for moment in (NOW, LATER):
                with (
                    pytest.raises(WarehouseHeldError, match="held by run asleep"),
                    warehouse_lease(tmp_path, "run other", moment),
                ):
                    pytest.fail("two holders")
        finally:
            os.kill(run.pid, signal.SIGCONT)
        holder = lease_holder(tmp_path)
        assert holder is not None and holder.pid == run.pid
        say(run)
        assert run.wait(20) == 0
    with warehouse_lease(tmp_path, "run other", LATER) as mine:
        assert mine.holder == "run other"


def test_a_publish_that_sleeps_is_waited_for_and_never_overtaken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asleep with its version half in place; nobody publishes meanwhile, and nothing mixes."""
    warehouse, folder = make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "published"
    old = publish_it(warehouse, folder, definition_hash="old")
    monkeypatch.setattr(assets.publishing, "_LOCK_SECONDS", 0.2)
    with talking(PUBLISHER, warehouse, folder) as sleeper:
        assert heard(sleeper) == "built"
        os.kill(sleeper.pid, signal.SIGSTOP)
        try:
            with pytest.raises(PublishedCopyError, match="another publish holds this folder"):
                publish_it(warehouse, folder, definition_hash="other", now=LATER)
            assert current(folder).version == old.version
        finally:
            os.kill(sleeper.pid, signal.SIGCONT)
        say(sleeper)
        version = heard(sleeper)
        assert sleeper.wait(20) == 0
    assert current(folder).version == version != old.version
    newer = publish_it(warehouse, folder, definition_hash="other", now=LATER)
    pointer = read_pointer(folder)
    assert [one.version for one in pointer.versions] == [old.version, version, newer.version]
    assert pointer.sequence == 3


def test_two_threads_of_one_process_publish_one_after_the_other(tmp_path: Path) -> None:
    """A daemon that starts two runs inside itself: both come whole, one after the other."""
    warehouse, folder = make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "published"
    start = threading.Barrier(2)

    def publish(name: str) -> str:
        start.wait()
        return publish_it(warehouse, folder, definition_hash=name).version

    with ThreadPoolExecutor(2) as pool:
        versions = set(pool.map(publish, ("one", "two")))
    pointer = read_pointer(folder)
    assert {one.version for one in pointer.versions} == versions
    assert pointer.sequence == len(versions) == 2
    for version in versions:
        with duckdb.connect(str(folder / f"{version}.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*) from accounts").fetchone() == (6,)
