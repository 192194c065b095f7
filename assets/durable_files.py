"""Files that are whole or absent, whenever the power goes: write, fsync, rename, fsync the folder.

Holds the few steps every published or exported file takes, and the one error that says which volume
refused and how much it lacked (F08, F12). Never put here what the files contain.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL_WORDS = (
    "no space left on device", "file too large", "disk quota exceeded", "disk full", "disk is full",
)  # fmt: skip
_FORBIDDEN_WORDS = ("permission denied", "read-only file system", "operation not permitted")


class VolumeError(RuntimeError):
    """A folder could not be written; the message names the volume, what it lacks and what stays."""


def sync_file(path: Path) -> None:
    """Force a written file to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Force renames and removals inside a folder to the disk."""
    sync_file(path)


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and force it to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Remove a file or a folder; absent is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def naming_the_volume(folder: Path, what: str, need: int, stays: str) -> Iterator[None]:
    """Turn "disk full" and "not writable" into one clear error.

    Args:
        folder: Folder that is written.
        what: What is being done, such as `publishing 2026-01-01-0123456789ab`.
        need: Bytes it takes at most; 0 when nobody knows.
        stays: What remains usable, as a sentence without full stop.

    Raises:
        VolumeError: the volume was full or not writable; other errors pass unchanged.
    """
    try:
        yield
    except VolumeError:
        raise
    except Exception as error:
        reason = _reason(error, folder, need)
        if reason is None:
            raise
        raise VolumeError(f"{what}: {reason}; {stays}. ({error})") from error


def _reason(error: Exception, folder: Path, need: int) -> str | None:
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).lower()
    if number in _FULL or any(word in text for word in _FULL_WORDS):
        takes = f"it takes about {need / 1e6:,.0f} MB, " if need else ""
        return (
            f"no space left on the volume of {folder} ({_volume(folder)}): {takes}"
            f"{_free(folder)}. Free space there and run again"
        )
    if number in _FORBIDDEN or any(word in text for word in _FORBIDDEN_WORDS):
        return (
            f"{folder} (volume {_volume(folder)}) cannot be written by this user. "
            "Give it write permission, or choose another folder, and run again"
        )
    if number in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST) and not folder.is_dir():
        return f"{folder} is not there or is no folder any more. Restore it and run again"
    return None


def _volume(folder: Path) -> str:
    """Mount point that a folder lies on."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    while not place.is_mount() and place != place.parent:
        place = place.parent
    return str(place)


def _free(folder: Path) -> str:
    try:
        return f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB are free"
    except OSError:
        return "free space unknown"
