"""One child process, measured: wall time, CPU time and peak memory of it and its children."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """Seconds of wall clock and CPU (user and system), peak resident megabytes of any process."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


def measure(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Measurement:
    """Run a command to its end and measure it with everything it started and waited for.

    Raises:
        RuntimeError: it ended with a non-zero code; the end of its output is inside.
    """
    started = time.monotonic()
    output = log.open("wb") if log else None
    try:
        process = subprocess.Popen(
            list(command),
            env={**os.environ, **(environment or {})},
            stdout=output or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if output:
            output.close()
    wall = time.monotonic() - started
    if process.returncode:
        tail = log.read_text(errors="replace")[-3000:] if log else ""
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}\n{tail}")
    # Linux gives ru_maxrss in kilobytes, as the largest of the process and its children.
    return Measurement(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
