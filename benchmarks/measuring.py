"""One child process, measured: wall time, CPU time and peak memory of it and its children.

Holds the measurement and a timeline of it (what was used until when), from which the stages inside
a process get their shares. Never put a command of the product here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.1
LAUNCHER = Path(__file__).with_name("launcher.py")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Sample:
    """What a process and its children had used until a moment (seconds since 1970).

    Megabytes are the resident ones of the largest process at that moment, and of all together
    (where pages that processes share count for each).
    """

    at: float
    cpu_seconds: float
    megabytes: float
    megabytes_together: float = 0.0


@dataclass(frozen=True)
class Measurement:
    """Seconds of wall clock and CPU (user and system), peak resident megabytes of any process."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    samples: tuple[Sample, ...] = field(default=(), repr=False)

    def cpu_between(self, start: float, end: float) -> float:
        """CPU seconds used between two moments, by straight lines between the samples."""
        return self._cpu_at(end) - self._cpu_at(start)

    def peak_between(self, start: float, end: float) -> float:
        """Most resident megabytes of any process and sample between two moments."""
        return max((s.megabytes for s in self.samples if start <= s.at <= end), default=0.0)

    @property
    def peak_megabytes_together(self) -> float:
        """Most resident megabytes of all processes at one moment."""
        return max((s.megabytes_together for s in self.samples), default=0.0)

    def _cpu_at(self, moment: float) -> float:
        before = Sample(moment, 0.0, 0.0)
        for sample in self.samples:
            if sample.at >= moment:
                share = (moment - before.at) / max(sample.at - before.at, 1e-9)
                return before.cpu_seconds + share * (sample.cpu_seconds - before.cpu_seconds)
            before = sample
        return before.cpu_seconds


def measure(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Measurement:
    """Run a command to its end and measure it with everything it started.

    Ten times a second it is read what was used until then, so that stages inside the process get
    their shares, and processes that nobody waits for (a Java machine) count as well.

    Raises:
        RuntimeError: it ended with a non-zero code; the end of its output is inside.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quintile-measure-") as folder:
        report = Path(folder) / "usage"
        with (log or Path(os.devnull)).open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *command],
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            watch = _Watch(process.pid)
            process.wait()
        wall = time.monotonic() - started
        samples = watch.end()
        if process.returncode:
            tail = log.read_text(errors="replace")[-3000:] if log else ""
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}\n{tail}")
        cpu, kilobytes = (float(value) for value in report.read_text("ascii").split())
    return Measurement(
        wall,
        max(cpu, samples[-1].cpu_seconds),
        max(kilobytes / 1024, *(sample.megabytes for sample in samples)),
        samples,
    )


class _Watch:
    """Reads what a process and its children use, from a second thread, until told to end."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._samples: list[Sample] = [Sample(time.time(), 0.0, 0.0)]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watch", daemon=True)
        self._thread.start()

    def end(self) -> tuple[Sample, ...]:
        """Stop reading; return what was read."""
        self._done.set()
        self._thread.join()
        return tuple(self._samples)

    def _follow(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            used = [found for pid in _family(self._pid) if (found := _usage(pid)) is not None]
            if used:
                # A child that ends between two readings is counted by its parent later.
                cpu = max(sum(u[0] for u in used), self._samples[-1].cpu_seconds)
                sizes = [u[1] for u in used]
                self._samples.append(Sample(time.time(), cpu, max(sizes), sum(sizes)))


def _family(pid: int) -> list[int]:
    """The process and all its living descendants."""
    known = [pid]
    for parent in known:
        try:
            tasks = list(Path(f"/proc/{parent}/task").iterdir())
            children = " ".join((task / "children").read_text("ascii") for task in tasks)
        except OSError:
            continue
        known.extend(int(child) for child in children.split())
    return known


def _usage(pid: int) -> tuple[float, float] | None:
    """CPU seconds (waited-for children included) and resident megabytes; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    ticks = sum(int(value) for value in fields[11:15])
    return ticks / CLOCK_TICKS, int(fields[21]) * PAGE_BYTES / 2**20
