"""Runs of the pipeline: what `quintile status` tells."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from store.opening import writing
from store.records import Run, RunState
from store.tables import RunRow

_KILLED = "The process of this run ended before the run did; nothing was published by it."


class Runs:
    """The ledger of runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, run_id: str, *, as_of: date, definition_hash: str, now: datetime) -> Run:
        """Write down that a run started; a retry under the same id starts its row anew."""
        with writing(self._engine) as session:
            row = session.merge(
                RunRow(
                    run_id=run_id,
                    as_of=as_of,
                    definition_hash=definition_hash,
                    state=RunState.STARTED,
                    started_at=now,
                    ended_at=None,
                    failed_step=None,
                    failure=None,
                    published_version=None,
                )
            )
            session.flush()
            return Run.model_validate(row)

    def succeed(self, run_id: str, *, now: datetime, published_version: str | None = None) -> Run:
        """Write down that a run ended well; KeyError when it never started."""
        return self._end(run_id, now, state=RunState.SUCCEEDED, published_version=published_version)

    def fail(self, run_id: str, *, now: datetime, failed_step: str, failure: str) -> Run:
        """Write down that a run failed, where and why; KeyError when it never started."""
        return self._end(
            run_id, now, state=RunState.FAILED, failed_step=failed_step, failure=failure
        )

    def fail_dead(self, *, alive: str | None, now: datetime) -> tuple[Run, ...]:
        """Close every started run but the one alive; call it while holding the warehouse lease."""
        query = select(RunRow).where(RunRow.state == RunState.STARTED)
        with writing(self._engine) as session:
            rows = [row for row in session.scalars(query) if row.run_id != alive]
            for row in rows:
                row.state, row.ended_at, row.failure = RunState.FAILED, now, _KILLED
            session.flush()
            return tuple(Run.model_validate(row) for row in rows)

    def list(self, limit: int = 20) -> tuple[Run, ...]:
        """The last runs, newest first."""
        query = select(RunRow).order_by(RunRow.started_at.desc(), RunRow.run_id).limit(limit)
        with Session(self._engine) as session:
            return tuple(Run.model_validate(row) for row in session.scalars(query))

    def get(self, run_id: str) -> Run:
        """One run; KeyError when it is not known."""
        with Session(self._engine) as session:
            row = session.get(RunRow, run_id)
            if row is None:
                raise KeyError(run_id)
            return Run.model_validate(row)

    def _end(self, run_id: str, now: datetime, **values: str | None) -> Run:
        with writing(self._engine) as session:
            row = session.get(RunRow, run_id)
            if row is None:
                raise KeyError(run_id)
            row.ended_at = now
            for name, value in values.items():
                setattr(row, name, value)
            session.flush()
            return Run.model_validate(row)
