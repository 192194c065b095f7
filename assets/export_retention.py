"""How exports end: download while it lasts, expiry, deleted segments, killed writers (EXP-5 to 8).

Holds the removal of files; the states are the store's. Never put here how a file is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from assets.durable_files import remove
from assets.warehouse_lease import exclusive_lock
from store import Export, ExportStatus, Store

_PART = ".part"
_FILE_NAME = re.compile(r"_\d{4}-\d{2}-\d{2}_[A-Za-z0-9-]{1,64}\.zip$")
_WITH_FILE = (ExportStatus.RUNNING, ExportStatus.COMPLETED)
_KILLED = "the process that wrote this export ended before it was finished; request it again"


class ExportUnavailableError(LookupError):
    """The file of an export cannot be had (any more); the message says why (EXP-6 to EXP-8)."""


def part_path(folder: Path, export_id: str) -> Path:
    """Hidden name of an export that is being written."""
    return folder / f".{export_id}{_PART}"


def download(store: Store, folder: Path, export_id: str, now: datetime) -> Path:
    """The zip file of an export, while it may be had (EXP-6, EXP-7).

    Raises:
        ExportUnavailableError: unknown, not finished, expired, invalid, or its file is gone.
    """
    try:
        export = store.exports.get(export_id)
    except KeyError:
        raise ExportUnavailableError(f"no export {export_id!r} in the history") from None
    path = folder / (export.file_name or "")
    if export.is_downloadable(now) and path.is_file():
        return path
    reason = {
        ExportStatus.COMPLETED: "its file is gone"
        if now < export.download_until
        else f"it could be downloaded until {export.download_until.isoformat()}",
        ExportStatus.EXPIRED: f"it could be downloaded until {export.download_until.isoformat()}",
        ExportStatus.INVALID: f"its segment {export.segment_id!r} was deleted (EXP-8)",
        ExportStatus.FAILED: f"it failed: {export.failure}",
    }.get(export.status, f"it is {export.status.value.lower()}")
    raise ExportUnavailableError(f"export {export_id} cannot be downloaded: {reason}")


def tidy_exports(store: Store, folder: Path, now: datetime) -> tuple[str, ...]:
    """End what is over: killed exports, expired files, rows out of the history (EXP-5 to 7, F05).

    Returns:
        What was done, as sentences for the log.
    """
    notes = []
    for export in store.exports.list(status=ExportStatus.RUNNING):
        part = part_path(folder, export.export_id)
        if _is_being_written(part):
            continue
        _remove_files(folder, [export])
        remove(part)
        store.exports.fail(export.export_id, failure=_KILLED)
        notes.append(f"export {export.export_id} failed: {_KILLED}")
    for part in sorted(folder.glob(f".*{_PART}")):
        if not _is_being_written(part):
            remove(part)
    expired = store.exports.expire(now=now)
    _remove_files(folder, expired)
    notes += [f"export {one.export_id} expired, its file was removed" for one in expired]
    forgotten = store.exports.forget(now=now)
    notes += [f"export {one.export_id} left the history" for one in forgotten]
    listed = {one.file_name for one in store.exports.list() if one.status in _WITH_FILE}
    for path in sorted(folder.glob("*.zip")):
        if _FILE_NAME.search(path.name) and path.name not in listed:
            remove(path)
            notes.append(f"removed {path.name}, which no export of the history has")
    return tuple(notes)


def invalidate_exports(
    store: Store,
    folder: Path,
    *,
    deleted: Collection[str] = (),
    left: Collection[str] | None = None,
) -> tuple[Export, ...]:
    """Invalidate the exports of deleted segments and remove their files (EXP-8, SEG-20).

    Name the segments `deleted`, or all segments `left`; see `Exports.invalidate_segments`.
    """
    invalid = store.exports.invalidate_segments(deleted=deleted, left=left)
    _remove_files(folder, invalid)
    return invalid


def _remove_files(folder: Path, exports: Iterable[Export]) -> None:
    for export in exports:
        if export.file_name:
            remove(folder / export.file_name)


def _is_being_written(part: Path) -> bool:
    if not part.exists():
        return False
    with exclusive_lock(part) as lock:
        return lock is None
