"""`quintile` in a process forked from one that has imported everything and opened nothing.

A run of the demo takes 22 CPU seconds in a new Python, a third of them imports. Each process of
tests has one fork server, so that dozens of runs import once. The forked process is a user's in all
else: its own session, environment, working folder and output; it is killed and waited for by its
pid. Never put here what a command does.
"""

from __future__ import annotations

import atexit
import functools
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from assets.environment import environment

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = ["tests.end_to_end.imported_first"]
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@functools.cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


class ForkedCommand:
    """A running `quintile`: the part of `subprocess.Popen` that tests use, with text output."""

    def __init__(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        reading, writing = os.pipe()
        self.stdout = open(reading, encoding="utf-8")  # noqa: SIM115, PTH123
        context = _server()
        with environment(ONE_THREAD):
            self._process = context.Process(
                target=_command, args=(_Output(writing), list(arguments), dict(variables))
            )
            self._process.start()
        os.close(writing)

    @property
    def pid(self) -> int:
        """Its process id, which is that of its session too."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; None while it is at work."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it is still at work.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("quintile", timeout or 0.0)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, None]:
        """Read its output to the end; a process that is at work for longer is killed.

        Raises:
            subprocess.TimeoutExpired: it was still at work.
        """
        is_over = threading.Event()

        def end() -> None:
            is_over.set()
            os.killpg(self.pid, signal.SIGKILL)

        alarm = threading.Timer(timeout, end)
        alarm.start()
        try:
            printed = self.stdout.read()
        finally:
            alarm.cancel()
        if is_over.is_set():
            raise subprocess.TimeoutExpired("quintile", timeout, printed)
        self.wait(timeout)
        return printed, None


class _Output:
    """The writing end of a pipe, on its way to the forked process."""

    def __init__(self, writing: int) -> None:
        self._writing = writing

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (DupFd(self._writing),)


def _received(duplicate: Any) -> int:
    return int(duplicate.detach())


def _command(output: int, arguments: list[str], variables: dict[str, str]) -> None:
    """What the forked process does: become a user's process, and be `quintile`."""
    os.setsid()
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    time.tzset()
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(open(d, "wb", 0, closefd=False), "utf-8", write_through=True)  # noqa: SIM115
        for d in (1, 2)
    )
    sys.argv = [str(ROOT / "orchestration" / "cli.py"), *arguments]
    from orchestration.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
