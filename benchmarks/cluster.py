"""A real standalone cluster: a master and two workers of one core, each a process of its own.

Benchmarks and tests run on the same one. Never put here what is asked of it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

WORKERS = 2
LONGEST_START_SECONDS = 120
MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
REGISTERED = "Successfully registered with master"


@contextmanager
def standalone_cluster(distribution: Path, folder: Path, memory: str = "1g") -> Iterator[str]:
    """Address of the master, for one block."""
    with ExitStack() as processes:
        master = started(
            processes, distribution, folder / "master",
            "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0",
            "--webui-port", "0",
        )  # fmt: skip
        address = said(master, MASTER)[1]
        logs = [
            started(
                processes, distribution, folder / f"worker-{number}",
                "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1",
                "--memory", memory, "--webui-port", "0", address,
            )
            for number in range(WORKERS)
        ]  # fmt: skip
        for log in logs:
            said(log, re.compile(REGISTERED))
        yield address


def started(processes: ExitStack, distribution: Path, place: Path, *command: str) -> Path:
    """Start a class of Spark in a folder, until the stack is left; return its log."""
    place.mkdir(parents=True)
    log = place / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(distribution / "bin" / "spark-class"), *command],
            cwd=place,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={
                **os.environ,
                "SPARK_HOME": str(distribution),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_WORKER_DIR": str(place / "work"),
            },
        )
    processes.callback(_end, process)
    return log


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def said(log: Path, pattern: re.Pattern[str]) -> re.Match[str]:
    """Wait until a log holds a pattern.

    Raises:
        AssertionError: it does not come; the end of the log is inside.
    """
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline:
        found = pattern.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-3000:])
