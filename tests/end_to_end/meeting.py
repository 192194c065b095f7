"""Several processes at one home folder: two runs at once, one that comes late, three readers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.end_to_end.installation import (
    LONGEST_RUN_SECONDS,
    ROOT,
    Installation,
    Running,
    stop_at_end,
)

READERS = 3


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its id, its exit code and everything it printed."""

    pid: int
    code: int
    printed: str


@dataclass(frozen=True)
class Meeting:
    """What came of it: the run that worked, the two that were refused, and every look."""

    installation: Installation
    worked: Ended
    refused: Ended
    late: Ended
    looks: tuple[tuple[dict[str, Any], ...], ...]


class Talker:
    """A run whose lines are collected while it works; `has_begun` when the first of them fits."""

    def __init__(self, process: Running, until: str = r"^ *\.\.\. ") -> None:
        self.process = process
        self.lines: list[str] = []
        self.has_begun = threading.Event()
        self._until = re.compile(until)
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if self._until.search(line.rstrip("\n")):
                self.has_begun.set()
        self.has_begun.set()

    def ended(self) -> Ended:
        """Wait for the end of the process."""
        code = self.process.wait(timeout=LONGEST_RUN_SECONDS)
        self._thread.join(timeout=30)
        return Ended(self.process.pid, code, "".join(self.lines))


def meet(installation: Installation, as_of: date, folder: Path) -> Meeting:
    """Start two runs at once, a third when one of them works, and readers all the time."""
    stop = folder / "stop"
    with ExitStack() as stack:
        seen = [folder / f"looks-{number}.jsonl" for number in range(READERS)]
        readers = [
            stack.enter_context(stop_at_end(_reader(installation.published, stop, file)))
            for file in seen
        ]
        rivals = [
            Talker(stack.enter_context(stop_at_end(installation.start("--as-of", str(as_of)))))
            for _ in range(2)
        ]
        # The one that was refused has ended before it has begun; the other one works.
        for rival in rivals:
            rival.has_begun.wait(LONGEST_RUN_SECONDS)
        late = Talker(
            stack.enter_context(stop_at_end(installation.start("--as-of", str(as_of))))
        ).ended()
        ended = sorted((rival.ended() for rival in rivals), key=lambda run: run.code)
        stop.touch()
        for reader in readers:
            reader.wait(timeout=60)
    looks = tuple(tuple(json.loads(line) for line in file.open()) for file in seen)
    return Meeting(installation, ended[0], ended[1], late, looks)


def _reader(published: Path, stop: Path, seen: Path) -> subprocess.Popen[str]:
    with seen.open("w") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.reader", str(published), str(stop)],
            cwd=ROOT,
            stdout=stream,
            text=True,
            start_new_session=True,
        )
