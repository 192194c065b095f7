"""Processes that are killed: forked from this one, which imported everything and opened nothing.

A fork costs 30 ms where a new Python costs ten seconds of imports. It is sound only while this
process has one thread and no database, which `assert_forkable` looks at before every fork; whatever
opens a database, a judge too, does so in a child. Never put here what a child does.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.engines import Engine
from tests.faults.stop_points import Point, Watch, with_gaps

LONGEST_SECONDS = 900.0
"""A child that works longer is ended; a campaign gives shorter limits to what it has measured."""
_CALM_THREADS = frozenset({"jemalloc_bg_thd"})
"""Threads that their library starts anew in a forked child."""

Work = Callable[[], Any]


class ChildError(RuntimeError):
    """A child that should have ended well did not; the message holds the end of its output."""


def prepare_environment() -> None:
    """Settings that must stand before the first import: no telemetry, no pools of threads."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ |= {"DO_NOT_TRACK": "1", "DAGSTER_DISABLE_TELEMETRY": "true"}
    os.environ |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "COLUMNS": "200"}
    for name in [name for name in os.environ if name.startswith("QUINTILE_")]:
        del os.environ[name]  # those of whoever starts the tests


def import_now(modules: Iterable[str]) -> None:
    """Import what children would import each for itself; what cannot be found is left to them."""
    for name in modules:
        if name in sys.modules:
            continue
        with suppress(Exception):
            if importlib.util.find_spec(name) is not None:
                importlib.import_module(name)
    gc.collect()
    gc.freeze()


def assert_forkable() -> None:
    """This process has one thread of its own; a fork would copy the locks of others for ever.

    Raises:
        RuntimeError: names the threads.
    """
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        return
    names = [(task / "comm").read_text().strip() for task in tasks.iterdir()]
    others = [name for name in names if name not in _CALM_THREADS][1:]
    if others:
        raise RuntimeError(f"not forkable: threads beside the main one: {others}")


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        was_killed: By SIGKILL, as was asked for.
        is_hung: It was still at work when its time was over, and was ended then.
        code: Exit code, negative for a signal.
        answer: What its work returned.
        seconds: How long it worked.
        printed: The end of its output.
    """

    was_killed: bool
    is_hung: bool
    code: int
    answer: Any
    seconds: float
    printed: str


def forked(
    work: Work,
    log: Path,
    on_stop: Callable[[int], None] | None = None,
    longest_seconds: float = LONGEST_SECONDS,
) -> Ended:
    """Run `work` in a child and wait; `on_stop` gets its process id when it reports a stop.

    The child is the leader of its own session; what it started is ended with it.
    """
    assert_forkable()
    reading, writing = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(work, writing, log)
    os.close(writing)
    said = _listened(child, reading, on_stop, longest_seconds)
    if said is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    printed = log.read_text(errors="replace")[-4000:] if log.exists() else ""
    if said is None:
        return Ended(False, True, code, None, seconds, f"still at work after {seconds:.0f} s")
    answer = json.loads(said) if said and code == 0 else None
    return Ended(code == -signal.SIGKILL, False, code, answer, seconds, printed)


STOP_MARK = b"\x00"


def _be_child(work: Work, writing: int, log: Path) -> None:
    os.setsid()
    with log.open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = 1
    try:
        os.environ["QUINTILE_FAULTS_PIPE"] = str(writing)
        answer = json.dumps(work()).encode()
        while answer:
            answer = answer[os.write(writing, answer) :]
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _listened(
    child: int, reading: int, on_stop: Callable[[int], None] | None, longest_seconds: float
) -> bytes | None:
    """What the child says until it ends; None when its time is over before."""
    said = b""
    deadline = time.monotonic() + longest_seconds
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            part = pipe.read(65536)
            if not part:
                return said
            if part.startswith(STOP_MARK):
                if on_stop is not None:
                    on_stop(child)
                part = part.lstrip(STOP_MARK)
            said += part


def done(work: Work, log: Path) -> Any:
    """Run `work` in a child to its end and return its answer.

    Raises:
        ChildError: it did not end well.
    """
    ended = forked(work, log)
    if ended.code != 0:
        raise ChildError(f"exit code {ended.code}:\n{ended.printed}")
    return ended.answer


def counted(work: Work, home: Path, engine: Engine, log: Path) -> list[Point]:
    """Run `work` undisturbed in a child and return its stop points.

    What it had to import is imported here too, so that the children after it need not.
    """

    def watched() -> list[Any]:
        watch = Watch(home)
        watch.start()
        engine.tell(watch)
        work()
        found = with_gaps(watch.points, watch.moments, time.monotonic())
        return [[asdict(point) for point in found], sorted(sys.modules)]

    points, modules = done(watched, log)
    import_now(modules)
    return [Point(**point) for point in points]


def killed(
    work: Work,
    home: Path,
    engine: Engine,
    stop: tuple[str, int],
    delay_seconds: float,
    log: Path,
    longest_seconds: float = LONGEST_SECONDS,
) -> Ended:
    """Run `work` in a child and kill it at a stop point, or from outside a moment after it."""

    def watched() -> None:
        pipe = int(os.environ["QUINTILE_FAULTS_PIPE"])
        watch = Watch(home, stop, (lambda: _report(pipe)) if delay_seconds else None)
        watch.start()
        engine.tell(watch)
        work()

    def kill(child: int) -> None:
        time.sleep(delay_seconds)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    return forked(watched, log, kill, longest_seconds)


def _report(pipe: int) -> None:
    os.write(pipe, STOP_MARK)
