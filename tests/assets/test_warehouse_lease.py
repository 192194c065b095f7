"""The warehouse lease: one holder, known by name, freed by the kernel however its process ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.warehouse_lease import (
    LOCK_NAME,
    WarehouseHeldError,
    lease_holder,
    warehouse_lease,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

HOLD = """
import sys, subprocess, time
from datetime import UTC, datetime
from pathlib import Path
from assets.warehouse_lease import warehouse_lease
with warehouse_lease(Path(sys.argv[1]), "run other", datetime(2026, 3, 1, tzinfo=UTC)):
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds the lease of `tmp_path` and has a child of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    yield process
    process.kill()
    process.wait()
    os.kill(child, signal.SIGKILL)


def test_second_process_is_told_who_holds_it_and_since_when(
    other: subprocess.Popen[str], tmp_path: Path
) -> None:
    with (
        pytest.raises(WarehouseHeldError, match=rf"run other \(pid {other.pid} on .*2026-03-01T00"),
        warehouse_lease(tmp_path, "run mine", NOW),
    ):
        pytest.fail("two holders")
    found = lease_holder(tmp_path)
    assert found is not None
    assert found.pid == other.pid


def test_killed_holder_frees_it_although_its_child_lives(
    other: subprocess.Popen[str], tmp_path: Path
) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    stale = (tmp_path / LOCK_NAME).read_text()
    assert "run other" in stale
    assert lease_holder(tmp_path) is None
    with warehouse_lease(tmp_path, "run mine", NOW) as mine:
        assert lease_holder(tmp_path) == mine
    assert lease_holder(tmp_path) is None


def test_waiting_ends_when_the_holder_does(other: subprocess.Popen[str], tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        pytest.raises(WarehouseHeldError),
        warehouse_lease(tmp_path, "run mine", NOW, wait_seconds=0.8),
    ):
        pytest.fail("two holders")
    assert time.monotonic() - started >= 0.8
    other.kill()
    with warehouse_lease(tmp_path, "run mine", NOW, wait_seconds=10) as mine:
        assert mine.holder == "run mine"


def _sleep(ready: object) -> None:
    ready.set()  # type: ignore[attr-defined]
    time.sleep(30)


def test_forked_child_does_not_keep_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    with warehouse_lease(tmp_path, "run parent", NOW):
        child = context.Process(target=_sleep, args=(ready,))
        child.start()
        assert ready.wait(10)
        assert lease_holder(tmp_path) is not None
    try:
        with warehouse_lease(tmp_path, "run next", NOW) as mine:
            assert lease_holder(tmp_path) == mine
    finally:
        child.kill()
        child.join()


def test_unreadable_signature_never_blocks(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"\xff{half a signature")
    with warehouse_lease(tmp_path, "run mine", NOW) as mine:
        assert lease_holder(tmp_path) == mine
    with (
        warehouse_lease(tmp_path, "run mine", NOW),
        pytest.raises(WarehouseHeldError),
        warehouse_lease(tmp_path, "run again", NOW),
    ):
        pytest.fail("two holders in one process")
