"""One refresh, started from the command line: the same job that the UI and the schedule run.

Holds the Dagster instance of a home folder and the run with its progress. Never put here what a run
does; that is the assets'.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.home import Home
from assets.published import NothingPublishedError, PublishedCopyError, read_pointer

if TYPE_CHECKING:
    import dagster as dg

SETTINGS = Path(__file__).with_name("dagster.yaml")
POLL_SECONDS = 0.5
OWN = ("assets.", "connectors.", "data_tests.", "models.", "store.")
"""Packages whose errors are written for a person."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

REMARKS = ("Dependencies for step", "Skipping step", "A dbt subsetted execution")
"""Beginnings of the orchestrator's own remarks, which tell a person nothing new."""

Say = Callable[[str], None]


@dataclass
class RefreshOutcome:
    """How a run ended: its id, whether it succeeded, and what went wrong, step by step."""

    run_id: str
    succeeded: bool
    seconds: float
    failures: dict[str, str] = field(default_factory=dict)


def published_version(home: Home) -> str | None:
    """Version that readers see now; None when nothing can be read."""
    try:
        return read_pointer(home.published).version
    except (NothingPublishedError, PublishedCopyError):
        return None


def open_instance(home: Home) -> dg.DagsterInstance:
    """Dagster instance of a home folder, with the project's settings; telemetry is off.

    DAGSTER_HOME is set for this process and its children, because pools hold across processes only
    with it.
    """
    import dagster as dg

    home.dagster.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists() or settings.read_bytes() != SETTINGS.read_bytes():
        shutil.copyfile(SETTINGS, settings)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    return dg.DagsterInstance.from_config(str(home.dagster))


def refresh(
    configuration: Path,
    home: Home,
    as_of: date | None,
    say: Say,
    *,
    rewind: bool = False,
    engine: str = "",
    master: str = "",
    job: str = "refresh_segments",
) -> RefreshOutcome:
    """Run a job in this process and say each step as it starts and ends."""
    instance = open_instance(home)
    from assets.refresh import PROCESS_TAG, process_mark
    from orchestration.definitions import defs

    run_id = str(uuid.uuid4())
    chosen = {
        "configuration_path": str(configuration),
        "home_path": str(home.root),
        "business_date": as_of.isoformat() if as_of else "",
        "rewind": rewind,
        "engine": engine,
        "spark_master": master,
    }
    config: dict[str, Any] = {"resources": {"refresh": {"config": chosen}}, **QUIET}
    started = time.monotonic()
    progress = _Progress(instance, run_id, say)
    home.dbt.mkdir(parents=True, exist_ok=True)
    with (
        progress,
        (home.dbt / "output.log").open("w", encoding="utf-8") as output,
        # dbt's own lines go to a file: the screen shows the run's steps.
        redirect_stdout(output),
    ):
        result = defs.resolve_job_def(job).execute_in_process(
            run_config=config,
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
            # From its first moment, so that another run that starts now does not think it dead.
            tags={PROCESS_TAG: process_mark()},
        )
    return RefreshOutcome(
        run_id,
        result.success and not progress.failures,
        time.monotonic() - started,
        dict(progress.failures),
    )


class _Progress:
    """Follows the run's event log from a second thread and says what happens."""

    def __init__(self, instance: dg.DagsterInstance, run_id: str, say: Say) -> None:
        self._instance = instance
        self._run_id = run_id
        self._say = say
        self._cursor: str | None = None
        self._started: dict[str, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self.failures: dict[str, str] = {}

    def __enter__(self) -> _Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self._read()
        self._read()

    def _read(self) -> None:
        while True:
            found = self._instance.get_records_for_run(self._run_id, cursor=self._cursor, limit=500)
            for record in found.records:
                self._tell(record.event_log_entry)
            self._cursor = found.cursor
            if not found.has_more:
                return

    def _tell(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            self._tell_message(int(entry.level), entry.user_message)
            return
        step = (event.step_key or "").replace("__", " ")
        kind = event.event_type_value
        if kind == "STEP_START":
            self._started[step] = entry.timestamp
            self._say(f"  ... {step}")
        elif kind == "STEP_SUCCESS":
            seconds = entry.timestamp - self._started.get(step, entry.timestamp)
            self._say(f"  ok  {step}  {seconds:.1f} s")
        elif kind == "STEP_FAILURE":
            self.failures[step] = failure_cause(event)
            self._say(f"  FAILED  {step}")
        elif kind == "STEP_SKIPPED":
            # Nothing in the job is optional: what was skipped lacks something that should exist.
            self.failures[step] = "was skipped, because what it needs was not made"
            self._say(f"  SKIPPED  {step}")
        elif kind in ("PIPELINE_FAILURE", "RUN_FAILURE") and not self.failures:
            self.failures["run"] = failure_cause(event)

    def _tell_message(self, level: int, message: str) -> None:
        if level >= logging.INFO and message and not message.startswith(REMARKS):
            mark = "! " if level >= logging.WARNING else ""
            self._say(f"        {mark}{message}")


def failure_cause(event: Any) -> str:
    """The user's message of a failure: the first that was written for a person, else the innermost.

    What a library said inside an error of our own is left out: ours says it with file and cure.
    """
    data = event.event_specific_data
    failure = getattr(data, "user_failure_data", None)
    if failure is not None and failure.description:
        return str(failure.description)
    error = getattr(data, "error", None)
    text = str(event.message)
    while error is not None:
        text = str(error.message).strip()
        name, _, told = text.partition(": ")
        if name.startswith(OWN) and told:
            return told
        error = error.cause
    # The name of an exception class says nothing to a person.
    text = re.sub(r"^(dagster\.[\w.]+|[\w.]+\.(\w+Error|Failure)): ", "", text)
    if "blocking asset check" in text:
        text += "\nThe check in the UI, and the lines marked ! above, say what was found."
    return text
