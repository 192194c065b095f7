"""What is the state of an installation? Gathered for `quintile status`, part by part.

Reads only, and gathers each part by itself: a damaged one becomes a sentence in `faults` and never
hides the others, because somebody on call asks exactly when something is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from assets.home import Home
from assets.published import NothingPublishedError, Publication, current, open_published
from assets.warehouse_lease import LOCK_NAME, LeaseHolder, lease_holder
from connectors.loads import QUARANTINE, Load, current_loads, loads
from models.fields import MODULES

if TYPE_CHECKING:
    import dagster as dg

    from models.configuration import Configuration

Found = TypeVar("Found")
MOST_RUNS: Final = 5
STARTING: Final = timedelta(minutes=2)
"""A run that is younger may not hold the warehouse yet."""

_UNFINISHED: Final = ("STARTED", "STARTING", "CANCELING")


@dataclass(frozen=True)
class RunState:
    """One run as Dagster recorded it. `is_dead`: recorded as working, but nobody holds the lease.

    `failures` maps each failed step to its message.
    """

    run_id: str
    job: str
    status: str
    as_of: str | None
    started_at: datetime | None
    ended_at: datetime | None
    failures: dict[str, str]
    failed_checks: list[str]
    is_dead: bool = False


@dataclass(frozen=True)
class QuarantineCount:
    """Refused rows of the loads in force, by reason."""

    module: str
    reason: str
    field: str | None
    count: int


@dataclass(frozen=True)
class Finding:
    """A check on the data that found something (rpt_data_quality)."""

    severity: str
    check: str
    module: str
    count: int
    description: str
    examples: str | None


@dataclass
class Situation:
    """Everything that `status` tells."""

    configuration_path: Path
    home: Home
    now: datetime
    configuration: Configuration | None = None
    configuration_problems: list[str] = field(default_factory=list)
    publication: Publication | None = None
    is_configuration_published: bool | None = None
    holder: LeaseHolder | None = None
    runs: list[RunState] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    quarantine: list[QuarantineCount] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Today in the organisation's time zone."""
        from zoneinfo import ZoneInfo

        zone = "UTC"
        if self.configuration is not None:
            zone = self.configuration.organization.time_zone
        return self.now.astimezone(ZoneInfo(zone)).date()

    @property
    def last_run(self) -> RunState | None:
        """The newest run that is not at work now."""
        ended = [r for r in self.runs if r.is_dead or r.status not in _UNFINISHED]
        return ended[0] if ended else None

    @property
    def starting_run(self) -> RunState | None:
        """A run that has begun and does not hold the warehouse yet."""
        waiting = [r for r in self.runs if r.status in _UNFINISHED and not r.is_dead]
        return waiting[0] if waiting and self.holder is None else None


def situation(configuration_path: Path, home: Home, now: datetime) -> Situation:
    """Gather the state of an installation; nothing is raised and nothing is written."""
    found = Situation(configuration_path, home, now)
    _gather(found, "configuration", lambda: _configuration(found))
    _gather(found, "lease", lambda: _holder(found))
    _gather(found, "published copy", lambda: _publication(found))
    _gather(found, "runs", lambda: _runs(found))
    _gather(found, "loads", lambda: _loads(found))
    _gather(found, "data quality", lambda: _findings(found))
    return found


def _gather(found: Situation, part: str, gather: Callable[[], None]) -> None:
    try:
        gather()
    except Exception as error:  # every part may be damaged; the others still tell something
        found.faults.append(f"{part}: {str(error).strip() or type(error).__name__}")


def _configuration(found: Situation) -> None:
    from models.problems import ConfigurationError
    from models.reading import read_configuration

    try:
        found.configuration = read_configuration(found.configuration_path)
    except ConfigurationError as faulty:
        found.configuration_problems = [str(problem) for problem in faulty.problems]


def _holder(found: Situation) -> None:
    found.holder = lease_holder(found.home.root)


def _publication(found: Situation) -> None:
    from models.configuration import definition_hash

    try:
        found.publication = current(found.home.published)
    except NothingPublishedError:
        return
    if found.configuration is not None:
        hash_now = definition_hash(found.configuration)
        found.is_configuration_published = hash_now == found.publication.definition_hash


def _loads(found: Situation) -> None:
    import duckdb

    for module in MODULES:
        known = [load for load in loads(found.home.landing, module) if load.is_active]
        found.loads += known[-1:]
        refused = [load for load in current_loads(known) if load.rows_quarantined]
        if not refused:
            continue
        files = [str(load.folder(found.home.landing) / QUARANTINE) for load in refused]
        with duckdb.connect() as connection:
            rows = connection.execute(
                "select reason, field, count(*) from read_parquet($files) "
                "group by all order by 3 desc, 1, 2",
                {"files": files},
            ).fetchall()
        found.quarantine += [
            QuarantineCount(module, reason, name, count) for reason, name, count in rows
        ]


def _findings(found: Situation) -> None:
    if found.publication is None:
        return
    with open_published(found.home.published) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            "select severity, check_name, module, finding_count, description, example_ids "
            "from marts.rpt_data_quality where finding_count > 0 "
            "order by severity, finding_count desc, check_name"
        ).fetchall()
    found.findings = [Finding(*row) for row in rows]


def _runs(found: Situation) -> None:
    if not found.home.dagster.is_dir():
        return
    from orchestration.running import open_instance

    with open_instance(found.home) as instance:
        for record in instance.get_run_records(limit=MOST_RUNS):
            found.runs.append(_run(instance, record, found))


def _run(instance: dg.DagsterInstance, record: dg.RunRecord, found: Situation) -> RunState:
    run = record.dagster_run
    started = _instant(record.start_time)
    # A run takes the lease a few seconds after Dagster calls it started.
    is_young = started is not None and found.now - started < STARTING
    is_young = is_young and f"run {run.run_id[:8]}" != _last_signature(found.home)
    failures, failed_checks = _events(instance, run.run_id)
    resources: Any = run.run_config.get("resources", {})
    chosen = resources.get("refresh", {}).get("config", {})
    return RunState(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status.value,
        as_of=chosen.get("business_date") or run.tags.get("quintile/as_of"),
        started_at=started,
        ended_at=_instant(record.end_time),
        failures=failures,
        failed_checks=failed_checks,
        is_dead=found.holder is None and run.status.value in _UNFINISHED and not is_young,
    )


def _last_signature(home: Home) -> str | None:
    """Who signed the lease last and did not sign off: with the lease free, a killed process."""
    try:
        signed = LeaseHolder.model_validate_json((home.root / LOCK_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return signed.holder


def _events(instance: dg.DagsterInstance, run_id: str) -> tuple[dict[str, str], list[str]]:
    """Failed steps with their messages, and failed asset checks, of one run."""
    import dagster as dg

    from orchestration.running import failure_cause

    wanted = {
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.RUN_FAILURE,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    }
    failures: dict[str, str] = {}
    checks: list[str] = []
    for entry in instance.all_logs(run_id, of_type=wanted):
        event = entry.dagster_event
        if event is None:
            continue
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation: Any = event.event_specific_data
            if not evaluation.passed:
                asset = "/".join(evaluation.asset_key.path)
                checks.append(f"{asset}: {evaluation.check_name} ({evaluation.severity.value})")
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            failures[(event.step_key or "run").replace("__", " ")] = failure_cause(event)
        elif not failures:
            failures["run"] = failure_cause(event)
    return failures, list(dict.fromkeys(checks))


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
