"""Tables of the store as SQLAlchemy models; `migrations` brings a database to this state.

Holds columns and indexes only. After a change here write a migration, and set REVISION to it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import JSON, DateTime, Dialect, Index, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION: Final = "0002"
"""Newest migration: what this code expects of a database."""


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC without zone so that both databases order and show it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into naive UTC; ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the store keeps instants")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn naive UTC back into an aware time."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Common base of all tables."""

    type_annotation_map = {str: Text, datetime: UtcInstant}  # noqa: RUF012 (read by SQLAlchemy)


class ConfigurationRevisionRow(Base):
    """One row per change of one section of the configuration (TEC-12); never updated."""

    __tablename__ = "configuration_revisions"

    revision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    definition_hash: Mapped[str]
    section: Mapped[str]
    technique: Mapped[str | None]
    action: Mapped[str]
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)

    __table_args__ = (
        Index("ix_configuration_revisions_section", "section", "revision_id"),
        Index("ix_configuration_revisions_technique", "technique", "recorded_at"),
    )


class RunRow(Base):
    """One row per run of the pipeline."""

    __tablename__ = "runs"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    definition_hash: Mapped[str]
    state: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    failed_step: Mapped[str | None]
    failure: Mapped[str | None]
    published_version: Mapped[str | None]

    __table_args__ = (Index("ix_runs_started_at", "started_at"),)


class ExportRow(Base):
    """One row per export in the history (EXP-4)."""

    __tablename__ = "exports"

    export_id: Mapped[str] = mapped_column(primary_key=True)
    segment_id: Mapped[str]
    segment_name: Mapped[str]
    as_of: Mapped[date | None]
    fields: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    is_raw: Mapped[bool]
    row_count: Mapped[int | None]
    status: Mapped[str]
    created_at: Mapped[datetime]
    download_until: Mapped[datetime]
    kept_until: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    file_name: Mapped[str | None]
    sha256: Mapped[str | None]
    requested_by: Mapped[str]
    failure: Mapped[str | None]

    __table_args__ = (
        Index("ix_exports_created_at", "created_at"),
        Index("ix_exports_segment_id", "segment_id"),
    )


class HandoffAnswerRow(Base):
    """One row per answer of sales to an account that was handed off (SRS-5); never updated."""

    __tablename__ = "handoff_answers"

    answer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account_id: Mapped[str]
    answer: Mapped[str]
    answered_at: Mapped[datetime]
    answered_by: Mapped[str]
    note: Mapped[str | None]

    __table_args__ = (Index("ix_handoff_answers_account_id", "account_id", "answer_id"),)
