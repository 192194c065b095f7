"""Answers of sales to hand-offs: what `quintile handoff` writes and the next run reads (SRS-5)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from store.opening import writing
from store.records import Answer, HandoffAnswer
from store.tables import HandoffAnswerRow as Row


class Handoffs:
    """The ledger of answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(
        self, account_id: str, answer: Answer, *, who: str, now: datetime, note: str | None = None
    ) -> HandoffAnswer:
        """Write down an answer; an earlier one to the same hand-off stays, and counts no more."""
        with writing(self._engine) as session:
            row = Row(
                account_id=account_id,
                answer=answer.value,
                answered_at=now,
                answered_by=who,
                note=note,
            )
            session.add(row)
            session.flush()
            return HandoffAnswer.model_validate(row)

    def list(self, account_id: str | None = None) -> tuple[HandoffAnswer, ...]:
        """All answers, or those about an account, oldest first."""
        query = select(Row).order_by(Row.answer_id)
        if account_id is not None:
            query = query.where(Row.account_id == account_id)
        with Session(self._engine) as session:
            return tuple(HandoffAnswer.model_validate(row) for row in session.scalars(query))
