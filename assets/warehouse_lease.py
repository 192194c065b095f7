"""Who may write the warehouse: one holder per home folder, known by name (F11, F60).

Holds a kernel lock on a file that is never replaced or deleted; the text in the file only says who
holds it. The kernel gives the lock back when its process ends, however it ends, so a stale text
never blocks anybody. Add here what concerns who works on a home folder; never what they do.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

LOCK_NAME = "warehouse.lock"

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 0.3
"""Somebody who only looks (`lease_holder`) has the lock for an instant; that is no holder."""

_held: set[int] = set()


class LeaseHolder(BaseModel):
    """Who holds the warehouse: what the lock file says.

    Attributes:
        holder: Name of the holder, such as `run 3f2a`.
        pid: Process id on `host`.
        command: Program and sub-command, without arguments (they may be private).
        since: When the lease was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    holder: str
    pid: int
    host: str
    command: str
    since: AwareDatetime


class WarehouseHeldError(RuntimeError):
    """The warehouse is held by somebody else.

    Attributes:
        holder: Who holds it; None in the instant between their lock and their signature.
    """

    def __init__(self, lock: Path, holder: LeaseHolder | None) -> None:
        self.lock = lock
        self.holder = holder
        who = (
            f"held by {holder.holder} (pid {holder.pid} on {holder.host}, {holder.command}) "
            f"since {holder.since.isoformat(timespec='seconds')}"
            if holder
            else "held by another process that has not signed yet"
        )
        super().__init__(
            f"{lock.parent}: the warehouse is {who}. Wait until it has finished, or stop that "
            "process; readers of the published copy are not affected."
        )


@contextmanager
def warehouse_lease(
    home: Path, holder: str, now: datetime, wait_seconds: float = 0
) -> Iterator[LeaseHolder]:
    """Hold the warehouse of a home folder for one block.

    Forked and spawned children do not inherit the lease: killing the holder frees it even while a
    child of it still runs.

    Args:
        home: Home folder; made when missing.
        holder: Name shown to whoever is refused.
        now: Aware time written as `since`.
        wait_seconds: How long to wait for another holder.

    Raises:
        WarehouseHeldError: somebody else holds it still after `wait_seconds`.
        OSError: the home folder cannot be written.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = home / LOCK_NAME
    signature = LeaseHolder(
        holder=holder, pid=os.getpid(), host=socket.gethostname(), command=_command(), since=now
    )
    with exclusive_lock(lock, max(wait_seconds, _GRACE_SECONDS)) as descriptor:
        if descriptor is None:
            raise WarehouseHeldError(lock, _signature(lock))
        _sign(descriptor, signature.model_dump_json())
        try:
            yield signature
        finally:
            _sign(descriptor, "")


def lease_holder(home: Path) -> LeaseHolder | None:
    """Who holds the warehouse of this home folder now; None when nobody does."""
    lock = home / LOCK_NAME
    try:
        with lock.open("rb") as looking:
            fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _signature(lock)
    return None


@contextmanager
def exclusive_lock(path: Path, wait_seconds: float = 0) -> Iterator[int | None]:
    """Hold the kernel lock of a file for one block; yields its descriptor, None when refused."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _close_in_forked_children()
    _held.add(descriptor)
    try:
        yield descriptor if _locked(descriptor, wait_seconds) else None
    finally:
        # A forked child that leaves the block has closed the descriptor already.
        if descriptor in _held:
            _held.discard(descriptor)
            os.close(descriptor)


def _locked(descriptor: int, wait_seconds: float) -> bool:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


@cache
def _close_in_forked_children() -> None:
    """A fork shares the kernel lock with its parent: the child lets go of its half at once."""

    def let_go() -> None:
        for descriptor in tuple(_held):
            with suppress(OSError):
                os.close(descriptor)
        _held.clear()

    os.register_at_fork(after_in_child=let_go)


def _sign(descriptor: int, text: str) -> None:
    if descriptor not in _held:  # a forked child must not touch its parent's signature
        return
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _signature(lock: Path) -> LeaseHolder | None:
    try:
        return LeaseHolder.model_validate_json(lock.read_bytes())
    except (OSError, ValidationError):
        return None


def _command() -> str:
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return " ".join([program, *words])
