"""The export history: who asked for which segment, how it went, how long it lasts (EXP-4 to 8).

Holds rows only; writing and removing files is `assets.exporting`. A method that ends the life of
files returns the exports they belong to, so that the caller can remove them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from store.opening import writing
from store.records import Export, ExportStatus
from store.tables import ExportRow

ExportOrder = Literal["created_at", "segment_name", "row_count", "status", "as_of", "requested_by"]

_INVALIDATED = (
    ExportStatus.SCHEDULED,
    ExportStatus.RUNNING,
    ExportStatus.COMPLETED,
    ExportStatus.EXPIRED,
)


class Exports:
    """The ledger of exports."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def schedule(
        self,
        export_id: str,
        *,
        segment_id: str,
        segment_name: str,
        fields: Sequence[str] | None,
        requested_by: str,
        now: datetime,
        download_days: int,
        history_days: int,
        is_raw: bool = False,
    ) -> Export:
        """Put an export into the history as SCHEDULED; the same id again starts its row anew.

        `download_days` are of 24 hours, counted from `now` (EXP-7).
        """
        with writing(self._engine) as session:
            row = session.merge(
                ExportRow(
                    export_id=export_id,
                    segment_id=segment_id,
                    segment_name=segment_name,
                    as_of=None,
                    fields=None if fields is None else list(fields),
                    is_raw=is_raw,
                    row_count=None,
                    status=ExportStatus.SCHEDULED,
                    created_at=now,
                    download_until=now + timedelta(days=download_days),
                    kept_until=now + timedelta(days=history_days),
                    completed_at=None,
                    file_name=None,
                    sha256=None,
                    requested_by=requested_by,
                    failure=None,
                )
            )
            session.flush()
            return Export.model_validate(row)

    def start(self, export_id: str, *, as_of: date, file_name: str) -> Export:
        """Mark a scheduled export as RUNNING; any other one stays as it is. KeyError if unknown."""
        return self._change(
            export_id,
            ExportStatus.SCHEDULED,
            status=ExportStatus.RUNNING,
            as_of=as_of,
            file_name=file_name,
        )

    def complete(
        self, export_id: str, *, row_count: int, sha256: str, segment_name: str, now: datetime
    ) -> Export:
        """Mark a running export as COMPLETED.

        Returns:
            The export as it stands now: INVALID when its segment was deleted meanwhile (EXP-8).
        """
        return self._change(
            export_id,
            ExportStatus.RUNNING,
            status=ExportStatus.COMPLETED,
            row_count=row_count,
            sha256=sha256,
            segment_name=segment_name,
            completed_at=now,
        )

    def fail(self, export_id: str, *, failure: str) -> Export:
        """Mark a scheduled or running export as FAILED, with a reason written for a person."""
        return self._change(
            export_id,
            ExportStatus.RUNNING,
            ExportStatus.SCHEDULED,
            status=ExportStatus.FAILED,
            failure=failure,
        )

    def invalidate_segments(
        self, *, deleted: Collection[str] = (), left: Collection[str] | None = None
    ) -> tuple[Export, ...]:
        """Invalidate the exports of deleted segments (EXP-8, SEG-20); return those changed.

        Args:
            deleted: Segments that were deleted.
            left: All segments that still exist; exports of any other one are invalidated.
        """
        with writing(self._engine) as session:
            query = select(ExportRow).where(ExportRow.status.in_(_INVALIDATED))
            rows = [
                row
                for row in session.scalars(query.order_by(ExportRow.export_id))
                if row.segment_id in deleted or (left is not None and row.segment_id not in left)
            ]
            for row in rows:
                row.status = ExportStatus.INVALID
            session.flush()
            return tuple(Export.model_validate(row) for row in rows)

    def expire(self, *, now: datetime) -> tuple[Export, ...]:
        """Mark what can no longer be downloaded as EXPIRED (EXP-6, EXP-7); return those changed."""
        with writing(self._engine) as session:
            query = select(ExportRow).where(
                ExportRow.status == ExportStatus.COMPLETED, ExportRow.download_until <= now
            )
            rows = session.scalars(query.order_by(ExportRow.export_id)).all()
            for row in rows:
                row.status = ExportStatus.EXPIRED
            session.flush()
            return tuple(Export.model_validate(row) for row in rows)

    def forget(self, *, now: datetime) -> tuple[Export, ...]:
        """Remove rows whose time in the history is over (EXP-5, EXP-7); return those removed."""
        over = ExportRow.kept_until <= now
        with writing(self._engine) as session:
            rows = session.scalars(select(ExportRow).where(over).order_by(ExportRow.export_id))
            gone = tuple(Export.model_validate(row) for row in rows)
            session.execute(delete(ExportRow).where(over))
            return gone

    def list(
        self,
        *,
        order_by: ExportOrder = "created_at",
        descending: bool = True,
        segment_id: str | None = None,
        status: ExportStatus | None = None,
        limit: int | None = None,
    ) -> tuple[Export, ...]:
        """The history, sorted (EXP-4); equal ones by id, missing values last."""
        column = getattr(ExportRow, order_by)
        direction = column.desc() if descending else column.asc()
        query = select(ExportRow).order_by(
            direction.nulls_last(),
            ExportRow.export_id.desc() if descending else ExportRow.export_id,
        )
        if segment_id is not None:
            query = query.where(ExportRow.segment_id == segment_id)
        if status is not None:
            query = query.where(ExportRow.status == status)
        with Session(self._engine) as session:
            return tuple(Export.model_validate(row) for row in session.scalars(query.limit(limit)))

    def get(self, export_id: str) -> Export:
        """One export; KeyError when it is not in the history."""
        with Session(self._engine) as session:
            return Export.model_validate(_row(session, export_id))

    def _change(self, export_id: str, *expected: ExportStatus, **values: object) -> Export:
        """Change an export that has one of the expected states; another one stays as it is."""
        with writing(self._engine) as session:
            row = _row(session, export_id)
            if row.status in expected:
                for name, value in values.items():
                    setattr(row, name, value)
                session.flush()
            return Export.model_validate(row)


def _row(session: Session, export_id: str) -> ExportRow:
    row = session.get(ExportRow, export_id)
    if row is None:
        raise KeyError(export_id)
    return row
