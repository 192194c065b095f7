"""Stop points: each moment a process touches the disk, seen without touching the product.

Python's audit events tell files that are opened for writing, renamed, removed and made; those of
SQLAlchemy tell the statements of the store and of Dagster's storage; the engine tells its own. A
point is named by the Dagster step it lies in and its number inside the step, so that it is found
again.
Never put here what a process does, nor what must hold after its death.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FILE_EVENTS = frozenset(
    {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "shutil.copyfile"}
)
_READING = (
    "select", "pragma", "begin", "with", "from", "explain", "describe", "show", "set ",
)  # fmt: skip
_STEP = re.compile(r'"step_key": "([^"]+)"')


@dataclass(frozen=True)
class Point:
    """One moment: the step, its number in the step, what was about to happen, seconds to the next.

    `step` is empty where no Dagster step has begun.
    """

    step: str
    number: int
    kind: str
    what: str
    gap_seconds: float = 0.0

    @property
    def name(self) -> str:
        """Step and number: what a stop is asked for by."""
        return f"{self.step or 'process'} {self.number}"


class Watch:
    """Counts the points of this process and, when it is told to, stops it at one of them.

    One per process, started before the work: `stop` is the step and number to stop at; `told` is
    called there, and kills when it wants to. Reading changes nothing on the disk and is no point.
    """

    def __init__(
        self,
        home: Path,
        stop: tuple[str, int] | None = None,
        told: Callable[[], None] | None = None,
    ) -> None:
        self.home = f"{home}{os.sep}"
        self.points: list[Point] = []
        self.moments: list[float] = []
        self._stop = stop
        self._told = told or kill_myself
        self._step, self._number = "", 0
        self._lock = threading.RLock()

    def start(self) -> None:
        """Begin to watch this process; it cannot be ended, so only a child does it."""
        from sqlalchemy import Engine, event

        sys.addaudithook(self._heard)
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)

    def happens(self, kind: str, what: str) -> None:
        """Something is about to change the disk."""
        with self._lock:
            self._number += 1
            number = self._number
            if self._stop is None:
                self.moments.append(time.monotonic())
                self.points.append(Point(self._step, number, kind, what))
            is_here = (self._step, number) == self._stop
        if is_here:
            self._told()

    def statement(self, kind: str, text: str) -> None:
        """A statement is about to be executed; one that only reads is no point."""
        words = " ".join(text.split())[:120].lower()
        # dbt puts a comment before each statement.
        words = words.rpartition("*/")[2].strip()
        if not words.startswith(_READING):
            self.happens(kind, words[:80])

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            flags = arguments[2]
            if not (isinstance(flags, int) and flags & _WRITING):
                return
        elif event not in _FILE_EVENTS:
            return
        place = _text(arguments[0])
        if place.startswith(self.home):
            self.happens("file", f"{event} {place[len(self.home) :]}")

    def _statement(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        if "INSERT INTO event_logs" in statement:
            self._look_for_a_step(parameters)
        self.statement(_database(connection), statement)

    def _commit(self, connection: Any) -> None:
        self.happens(_database(connection), "commit")

    def _look_for_a_step(self, parameters: Any) -> None:
        """Points are counted anew when Dagster writes down that a step starts."""
        values = parameters.values() if isinstance(parameters, dict) else parameters
        texts = [value for value in values if isinstance(value, str)]
        if "STEP_START" in texts:
            found = next(filter(None, map(_STEP.search, texts)))
            with self._lock:
                self._step, self._number = found[1], 0


def _database(connection: Any) -> str:
    return "store" if "store.sqlite" in str(connection.engine.url) else "dagster"


def _text(path: Any) -> str:
    if isinstance(path, bytes):
        return os.fsdecode(path)
    return path if isinstance(path, str) else ""


def kill_myself() -> None:
    """End this process as the kernel ends one that runs out of memory: nothing more is executed."""
    os.kill(os.getpid(), signal.SIGKILL)


def with_gaps(points: list[Point], moments: list[float], end: float) -> list[Point]:
    """The points with the time that passed until the next one, which is where native code works."""
    following = [*moments[1:], end]
    return [
        Point(p.step, p.number, p.kind, p.what, max(0.0, later - now))
        for p, now, later in zip(points, moments, following, strict=True)
    ]
