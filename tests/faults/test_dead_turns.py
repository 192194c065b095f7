"""A killed run leaves nothing in Dagster's pool that later runs would wait for (F02, F60)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.refresh import end_dead_runs
from orchestration.running import open_instance

POOL = "warehouse_writer"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    opened = open_instance(Home(tmp_path))
    opened.event_log_storage.initialize_concurrency_limit_to_default(POOL)
    yield opened
    opened.dispose()


def claim(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Ask for the slot as a step does, again and again."""
    storage = instance.event_log_storage
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if storage.claim_concurrency_slot(POOL, run_id, "step").is_claimed:
            return True
        time.sleep(0.1)
    return False


def test_a_slot_of_a_killed_run_is_given_back(instance: dg.DagsterInstance) -> None:
    assert claim(instance, "killed")
    end_dead_runs(instance, alive="next")
    assert claim(instance, "next")


def test_a_turn_of_a_killed_run_is_given_back(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Killed after its turn came and before it had the slot: the turn blocks the pool as well."""
    assert claim(instance, "killed")
    with sqlite3.connect(tmp_path / "dagster" / "history" / "runs" / "index.db") as index:
        index.execute("update concurrency_slots set run_id = null, step_key = null")
    index.close()
    end_dead_runs(instance, alive="next")
    assert claim(instance, "next")
