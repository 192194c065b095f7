"""The ledger: configuration revisions, runs, exports."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "configuration_revisions",
        sa.Column("revision_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("technique", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_index(
        "ix_configuration_revisions_section",
        "configuration_revisions",
        ["section", "revision_id"],
    )
    op.create_index(
        "ix_configuration_revisions_technique",
        "configuration_revisions",
        ["technique", "recorded_at"],
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("failed_step", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("published_version", sa.Text),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"])
    op.create_table(
        "exports",
        sa.Column("export_id", sa.Text, primary_key=True),
        sa.Column("segment_id", sa.Text, nullable=False),
        sa.Column("segment_name", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date),
        sa.Column("fields", sa.JSON),
        sa.Column("is_raw", sa.Boolean, nullable=False),
        sa.Column("row_count", sa.Integer),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("download_until", sa.DateTime, nullable=False),
        sa.Column("kept_until", sa.DateTime, nullable=False),
        sa.Column("completed_at", sa.DateTime),
        sa.Column("file_name", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
    )
    op.create_index("ix_exports_created_at", "exports", ["created_at"])
    op.create_index("ix_exports_segment_id", "exports", ["segment_id"])


def downgrade() -> None:
    """Going back would lose history; keep a copy of the database instead."""
    raise NotImplementedError("the ledger is never taken back")
