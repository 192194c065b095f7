"""Exports of segments: requested, then written from the published copy (EXP-1 to 4, 9, 10).

The file is written under a hidden name that the writing process keeps locked, then renamed; what a
killed process leaves is recognised by its free lock (F05). Rows of the history are the store's,
cells are `export_file`'s, fields and members are `export_query`'s, the end is `export_retention`'s.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from assets.durable_files import naming_the_volume, remove, sync_directory
from assets.export_file import slug, write_zipped_csv
from assets.export_query import ExportQuery
from assets.export_retention import (
    ExportUnavailableError,
    download,
    invalidate_exports,
    part_path,
    tidy_exports,
)
from assets.published import open_published
from assets.warehouse_lease import exclusive_lock
from models.limits import Limits
from store import Export, ExportStatus, Store

__all__ = [
    "ExportBusyError",
    "ExportRefusedError",
    "ExportUnavailableError",
    "download",
    "invalidate_exports",
    "request_export",
    "run_export",
    "scheduled_export_id",
    "tidy_exports",
]

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CELL_BYTES = 12
"""Rough size of a cell in the zip, for the message of a full disk."""

OnProgress = Callable[[int, int], None]
OnStep = Callable[[str], None]


class ExportRefusedError(ValueError):
    """The request breaks a limit (EXP-3) or the published copy is too old (BEY-4)."""


class ExportBusyError(RuntimeError):
    """Another process is writing this export now; it is left alone."""


def scheduled_export_id(
    segment_id: str,
    as_of: date,
    definition_hash: str,
    fields: Sequence[str] | None,
    *,
    raw: bool = False,
) -> str:
    """Id of an export that the configuration asks for: equal for a rerun of the same day."""
    content = [segment_id, as_of.isoformat(), definition_hash, fields and list(fields), raw]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def request_export(
    store: Store,
    *,
    export_id: str,
    segment_id: str,
    fields: Sequence[str] | None,
    requested_by: str,
    now: datetime,
    limits: Limits,
    segment_name: str | None = None,
    raw: bool = False,
) -> Export:
    """Put an export into the history as SCHEDULED (EXP-4).

    Args:
        store: The open store.
        export_id: `scheduled_export_id`, or a random one for a user's request.
        segment_id: The one segment (EXP-1).
        fields: Chosen fields, at most `limits.max_export_fields`; None means all (EXP-3).
        requested_by: User or run, kept with the export (EDG-19).
        now: Aware time; both time limits count from it (EXP-7).
        limits: Limits of the configuration.
        segment_name: Name shown until the export has run.
        raw: Leave formula cells as they are; see `write_zipped_csv`.

    Raises:
        ExportRefusedError: too many fields, none, or an id that cannot be part of a file name.
    """
    if not _ID.fullmatch(export_id):
        raise ExportRefusedError(f"export id {export_id!r}: 1 to 64 letters, digits and hyphens")
    if fields is not None and not fields:
        raise ExportRefusedError("an export needs at least one field; leave out `fields` for all")
    if fields is not None and len(fields) > limits.max_export_fields:
        raise ExportRefusedError(
            f"{len(fields)} fields are chosen; at most {limits.max_export_fields} can be chosen "
            "(EXP-3). Choose fewer, or export all fields, which has no limit."
        )
    return store.exports.schedule(
        export_id,
        segment_id=segment_id,
        segment_name=segment_name or segment_id,
        fields=fields,
        requested_by=requested_by,
        now=now,
        download_days=limits.export_download_days,
        history_days=limits.export_history_days,
        is_raw=raw,
    )


def run_export(
    store: Store,
    published: Path,
    folder: Path,
    export_id: str,
    *,
    now: datetime,
    maximum_age: timedelta | None = None,
    stale_allowed_by: str | None = None,
    on_progress: OnProgress = lambda _done, _total: None,
    on_step: OnStep = lambda _: None,
) -> Export:
    """Write a scheduled export from the current published version (EXP-9, EXP-10).

    Args:
        store: The open store.
        published: Folder of the published versions.
        folder: Folder of the exports; made when missing.
        export_id: A scheduled export.
        now: Aware time of completion, and for the age of the published copy.
        maximum_age: Freshness deadline of the published copy; None means none (BEY-4).
        stale_allowed_by: Who overrides the deadline by name.
        on_progress: Told rows written and rows in all.
        on_step: Told each step when it is done; tests stop the process there.

    Returns:
        The export: COMPLETED, or INVALID when its segment was deleted meanwhile.

    Raises:
        ExportRefusedError: the published copy is too old.
        ExportBusyError: another process writes it now.
        UnknownExportFieldError, UnknownSegmentError: not in the published copy.
        NothingPublishedError, PublishedCopyError: there is nothing to export from.
        VolumeError: the disk is full or the folder cannot be written.
        KeyError: the export is not in the history.
        After any other error the export is FAILED with its text; no file has the final name.
    """
    export = store.exports.get(export_id)
    part = part_path(folder, export_id)
    try:
        with naming_the_volume(folder, f"export {export_id}", 0, "nothing was exported"):
            folder.mkdir(parents=True, exist_ok=True)
            with exclusive_lock(part) as lock, open_published(published) as connection:
                if lock is None:
                    raise ExportBusyError(f"export {export_id} is being written by another process")
                _refuse_stale(connection, now, maximum_age, stale_allowed_by)
                return _write(store, connection, folder, export, part, now, on_progress, on_step)
    except ExportBusyError:
        raise
    except Exception as error:
        remove(part)  # first: it may be what fills the disk on which the history is written
        try:
            store.exports.fail(export_id, failure=str(error))
        except Exception as unwritten:
            # Its row stays RUNNING, which `tidy_exports` ends at the next run.
            error.add_note(f"The export history could not be written: {unwritten}")
        raise


def _write(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    export: Export,
    part: Path,
    now: datetime,
    on_progress: OnProgress,
    on_step: OnStep,
) -> Export:
    query = ExportQuery(connection)
    segment_name = query.segment_name(export.segment_id)
    fields = query.chosen(export.fields)
    total = query.count(export.segment_id)
    as_of = _published_as_of(connection)
    stem = f"{slug(segment_name)}_{as_of.isoformat()}_{export.export_id}"
    final = folder / f"{stem}.zip"
    store.exports.start(export.export_id, as_of=as_of, file_name=final.name)
    on_step("started")
    need = total * len(fields) * _CELL_BYTES
    with naming_the_volume(folder, f"export {export.export_id}", need, "nothing was exported"):
        row_count, sha256 = write_zipped_csv(
            part,
            f"{stem}.csv",
            [field.name for field in fields],
            query.rows(export.segment_id, fields),
            [place for place, field in enumerate(fields) if field.is_text],
            raw=export.is_raw,
            on_progress=lambda done: on_progress(done, total),
        )
        on_step("written")
        part.replace(final)
        sync_directory(folder)
    on_step("renamed")
    done = store.exports.complete(
        export.export_id, row_count=row_count, sha256=sha256, segment_name=segment_name, now=now
    )
    if done.status is not ExportStatus.COMPLETED:
        remove(final)
    return done


def _published_as_of(connection: duckdb.DuckDBPyConnection) -> date:
    found = connection.execute("select as_of from main.publication").fetchone()
    if found is None:
        raise LookupError("the published copy does not say its as_of; publish again")
    day: date = found[0]
    return day


def _refuse_stale(
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    maximum_age: timedelta | None,
    allowed_by: str | None,
) -> None:
    found = connection.execute("select version, computed_at from main.publication").fetchone()
    if maximum_age is None or allowed_by or found is None:
        return
    age = now - found[1].replace(tzinfo=UTC)
    if age > maximum_age:
        raise ExportRefusedError(
            f"the published copy {found[0]} was computed {age} ago; exports refuse copies older "
            f"than {maximum_age} (BEY-4). Run the pipeline, or override it by your name."
        )
