"""What became of the last runs: state, failed steps, failed checks with their rows, since when.

Reads Dagster's records and nothing else. Never put here what to do about it; that is `advice`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from assets.runbooks import HELD, runbook_of

if TYPE_CHECKING:
    import dagster as dg

MOST_RUNS: Final = 5
"""Runs that are shown."""
MOST_RECORDS: Final = 200
"""Runs that are looked through for the last good one."""
STARTING: Final = timedelta(minutes=2)
"""A run that is younger may not hold the warehouse yet."""

UNFINISHED: Final = ("STARTED", "STARTING", "CANCELING")
FAILED: Final = ("FAILURE", "CANCELED")
_TOLD: Final = ("observed", "unexpected rows", "dagster_dbt/failed_row_count", "faults",
                "examples", "what to do", "all rows")  # fmt: skip
"""Metadata of a failed check worth reading at night, in this order."""
_SILENT: Final = ("", "none", "nothing to compare")


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass: `severity` is ERROR or WARN, `facts` what it recorded.

    A blocking check of severity ERROR stopped the run.
    """

    asset: str
    name: str
    severity: str
    is_blocking: bool
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def has_stopped(self) -> bool:
        """Whether nothing after its asset was computed."""
        return self.is_blocking and self.severity == "ERROR"


@dataclass(frozen=True)
class RunState:
    """One run as Dagster recorded it. `is_dead`: recorded as working, but nobody holds the lease.

    `failures` maps each failed step to its message.
    """

    run_id: str
    job: str
    status: str
    as_of: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    failures: dict[str, str]
    failed_checks: list[FailedCheck]
    is_dead: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether it never began, because another run held the warehouse."""
        return self.status == "FAILURE" and any(
            runbook_of(message) is HELD for message in self.failures.values()
        )

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly by its own doing."""
        return self.is_dead or (self.status in FAILED and not self.is_refused)


@dataclass(frozen=True)
class Runs:
    """The newest runs, and how long it has been going wrong.

    Attributes:
        shown: The newest runs, newest first.
        failing_since: Start of the first run that failed after the last good one.
        failed_count: Runs that failed since then.
    """

    shown: list[RunState]
    failing_since: datetime | None
    failed_count: int


def read_runs(
    instance: dg.DagsterInstance, now: datetime, *, is_held: bool, last_signature: str | None
) -> Runs:
    """Read the last runs of a home folder.

    Args:
        instance: Dagster's instance of the home folder.
        now: Aware time, which tells a starting run from a dead one.
        is_held: Whether somebody holds the warehouse.
        last_signature: Who signed the lease last and did not sign off.
    """
    records = instance.get_run_records(limit=MOST_RECORDS)
    shown = [_run(instance, r, now, is_held, last_signature) for r in records[:MOST_RUNS]]
    refused = {run.run_id for run in shown if run.is_refused}
    dead = {run.run_id for run in shown if run.is_dead}
    failing: list[datetime | None] = []
    for record in records:
        run_id, status = record.dagster_run.run_id, record.dagster_run.status.value
        if status == "SUCCESS":
            break
        if run_id in dead or (status in FAILED and run_id not in refused):
            failing.append(_instant(record.start_time) or _created(record))
    return Runs(shown, failing[-1] if failing else None, len(failing))


def _run(
    instance: dg.DagsterInstance,
    record: dg.RunRecord,
    now: datetime,
    is_held: bool,
    last_signature: str | None,
) -> RunState:
    run = record.dagster_run
    started = _instant(record.start_time)
    # A run takes the lease a few seconds after Dagster calls it started.
    is_young = started is not None and now - started < STARTING
    is_young = is_young and f"run {run.run_id[:8]}" != last_signature
    failures, failed_checks = _events(instance, run.run_id)
    resources: Any = run.run_config.get("resources", {})
    chosen = resources.get("refresh", {}).get("config", {})
    return RunState(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status.value,
        as_of=chosen.get("business_date") or run.tags.get("quintile/as_of"),
        created_at=_created(record),
        started_at=started,
        ended_at=_instant(record.end_time),
        failures=failures,
        failed_checks=failed_checks,
        is_dead=not is_held and run.status.value in UNFINISHED and not is_young,
    )


def _events(instance: dg.DagsterInstance, run_id: str) -> tuple[dict[str, str], list[FailedCheck]]:
    """Failed steps with their messages, and failed asset checks, of one run."""
    import dagster as dg

    from orchestration.running import failure_cause

    wanted = {
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.RUN_FAILURE,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    }
    failures: dict[str, str] = {}
    checks: dict[tuple[str, str], FailedCheck] = {}
    for entry in instance.all_logs(run_id, of_type=wanted):
        event = entry.dagster_event
        if event is None:
            continue
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation: Any = event.event_specific_data
            if not evaluation.passed:
                found = _failed_check(evaluation)
                checks[found.asset, found.name] = found
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            failures[(event.step_key or "run").replace("__", " ")] = failure_cause(event)
        elif not failures:
            failures["run"] = failure_cause(event)
    order = sorted(checks.values(), key=lambda check: not check.has_stopped)
    return failures, order


def _failed_check(evaluation: Any) -> FailedCheck:
    recorded: Mapping[str, Any] = evaluation.metadata
    values = {name: str(recorded[name].value) for name in _TOLD if name in recorded}
    facts = {
        name.rpartition("/")[2].replace("_", " "): value
        for name, value in values.items()
        if value not in _SILENT
    }
    return FailedCheck(
        "/".join(evaluation.asset_key.path),
        evaluation.check_name,
        evaluation.severity.value,
        bool(evaluation.blocking),
        facts,
    )


def _created(record: dg.RunRecord) -> datetime:
    created = record.create_timestamp
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
