"""The ledger: what sales answered to hand-offs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "handoff_answers",
        sa.Column("answer_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
        sa.Column("answered_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
    )
    op.create_index("ix_handoff_answers_account_id", "handoff_answers", ["account_id", "answer_id"])


def downgrade() -> None:
    """Going back would lose history; keep a copy of the database instead."""
    raise NotImplementedError("the ledger is never taken back")
