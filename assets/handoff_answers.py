"""What sales answered to hand-offs, from the ledger, as a table of schema `config` (SRS-5)."""

from collections.abc import Iterable
from datetime import UTC

from models.tables import ConfigurationTable
from store import HandoffAnswer


def answer_table(answers: Iterable[HandoffAnswer]) -> ConfigurationTable:
    """Return what sales answered as a table that SQL joins; times are UTC without zone."""
    columns = {
        "answer_id": "BIGINT",
        "account_id": "VARCHAR",
        "answer": "VARCHAR",
        "answered_at": "TIMESTAMP",
        "answered_by": "VARCHAR",
        "note": "VARCHAR",
    }
    rows = tuple(
        (
            answer.answer_id,
            answer.account_id,
            answer.answer.value,
            answer.answered_at.astimezone(UTC).replace(tzinfo=None),
            answer.answered_by,
            answer.note,
        )
        for answer in answers
    )
    return ConfigurationTable("handoff_answers", columns, rows)
