"""Frozen records that the store hands out: one class per kind of deed.

Holds the words of states and the time limits that follow from a record alone. Never put a query
here.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class RevisionAction(StrEnum):
    """What happened to a section of the configuration.

    CHANGED and ACTIVATED count as edits of a technique; RENAMED (only names and descriptions
    differ) and DEACTIVATED do not (TEC-3, TEC-4). CREATED is set-up (TEC-2).
    """

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    RENAMED = "RENAMED"
    ACTIVATED = "ACTIVATED"
    DEACTIVATED = "DEACTIVATED"
    REMOVED = "REMOVED"


COUNTED_ACTIONS: Final = (RevisionAction.CHANGED, RevisionAction.ACTIVATED)
"""Actions that count as an edit of a technique (TEC-3)."""


class ConfigurationRevision(_Record):
    """One changed section of the configuration (TEC-12).

    Attributes:
        revision_id: Rises with every revision.
        recorded_at: UTC instant.
        recorded_by: Who changed it: a user, or the run that first saw the change.
        definition_hash: Hash of the whole configuration after the change.
        section: `techniques.rfm`, `segments.renewals`, `global_criteria`, …
        technique: Name of the technique when the section is one.
        action: What happened.
        before: Section before as JSON; None when it was created.
        after: Section after as JSON; None when it was removed.
    """

    revision_id: int
    recorded_at: AwareDatetime
    recorded_by: str
    definition_hash: str
    section: str
    technique: str | None
    action: RevisionAction
    before: Any
    after: Any


class RunState(StrEnum):
    """How a run stands."""

    STARTED = "STARTED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Run(_Record):
    """One run of the pipeline, for `quintile status`.

    Attributes:
        run_id: Id of the run.
        as_of: Business date it computes.
        definition_hash: Hash of its configuration.
        state: How it stands.
        started_at: UTC instant of its start.
        ended_at: UTC instant of its end; None while it runs.
        failed_step: Step that failed first.
        failure: What went wrong, written for a person.
        published_version: Version it published; None when it did not get so far.
    """

    run_id: str
    as_of: date
    definition_hash: str
    state: RunState
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    failed_step: str | None
    failure: str | None
    published_version: str | None


class ExportStatus(StrEnum):
    """How an export stands (EXP-4, EXP-6, EXP-8)."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    INVALID = "INVALID"


class Export(_Record):
    """One row of the export history (EXP-4).

    Attributes:
        export_id: Id of the export.
        segment_id: Segment whose members it holds.
        segment_name: Name of the segment when the export ran.
        as_of: Business date of the membership; None until it ran.
        fields: Chosen fields; None means all (EXP-3).
        is_raw: Whether formula cells are left as they are (EXP-9).
        row_count: Members written; None until it ran.
        status: How it stands.
        created_at: UTC instant of the request.
        download_until: UTC instant from which the file is no longer handed out (EXP-6).
        kept_until: UTC instant from which the row is removed from the history (EXP-5).
        completed_at: UTC instant at which the file was whole.
        file_name: Name of the zip file; None until it ran.
        sha256: Hash of the zip file; None until it ran.
        requested_by: Who asked for it (EDG-19).
        failure: What went wrong, written for a person.
    """

    export_id: str
    segment_id: str
    segment_name: str
    as_of: date | None
    fields: tuple[str, ...] | None
    is_raw: bool
    row_count: int | None
    status: ExportStatus
    created_at: AwareDatetime
    download_until: AwareDatetime
    kept_until: AwareDatetime
    completed_at: AwareDatetime | None
    file_name: str | None
    sha256: str | None
    requested_by: str
    failure: str | None

    def is_downloadable(self, now: datetime) -> bool:
        """Whether the file may be handed out at `now` (EXP-7)."""
        return self.status is ExportStatus.COMPLETED and now < self.download_until


class Answer(StrEnum):
    """What sales says to an account that was handed off (SRS-5)."""

    ACCEPTED = "accepted"
    RETURNED = "returned"


class HandoffAnswer(_Record):
    """One answer of sales to a hand-off (SRS-5); the last one of a hand-off counts.

    Attributes:
        answer_id: Rises with every answer.
        account_id: Account that was handed off.
        answer: What sales says.
        answered_at: UTC instant.
        answered_by: Who said it.
        note: Why, for those who nurture it on; None for nothing.
    """

    answer_id: int
    account_id: str
    answer: Answer
    answered_at: AwareDatetime
    answered_by: str
    note: str | None
