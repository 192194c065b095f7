"""What is the state of an installation? Gathered for `quintile status`, part by part.

Reads only, and gathers each part by itself: a damaged one becomes a sentence in `faults` and never
hides the others, because somebody on call asks exactly when something is damaged.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assets.home import Home
from assets.published import NothingPublishedError, Publication, current, open_published
from assets.warehouse_lease import LOCK_NAME, LeaseHolder, lease_holder
from connectors.loads import QUARANTINE, Load, current_loads, landed_names, loads
from orchestration.commands.offending_rows import OffendingRows, offending_rows
from orchestration.commands.run_states import UNFINISHED, RunState, read_runs

if TYPE_CHECKING:
    from models.configuration import Configuration
    from models.registry import RegisteredLabel

Found = TypeVar("Found")


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
    offending: list[OffendingRows] = field(default_factory=list)
    free_bytes: int | None = None
    failing_since: datetime | None = None
    failed_count: int = 0
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
    def labels_due(self) -> tuple[RegisteredLabel, ...]:
        """Registered labels whose review date has passed on the business date (LBL-4)."""
        from models.dated_cautions import labels_due

        if self.configuration is None:
            return ()
        as_of = self.configuration.organization.business_date(self.now)
        return labels_due(self.configuration, as_of)

    @property
    def last_run(self) -> RunState | None:
        """The newest run that is not at work now; one that was refused never began."""
        ended = [
            run
            for run in self.runs
            if not run.is_refused and (run.is_dead or run.status not in UNFINISHED)
        ]
        return ended[0] if ended else None

    @property
    def starting_run(self) -> RunState | None:
        """A run that has begun and does not hold the warehouse yet."""
        waiting = [r for r in self.runs if r.status in UNFINISHED and not r.is_dead]
        return waiting[0] if waiting and self.holder is None else None


def situation(configuration_path: Path, home: Home, now: datetime) -> Situation:
    """Gather the state of an installation; nothing is raised and nothing is written."""
    found = Situation(configuration_path, home, now)
    _gather(found, "configuration", lambda: _configuration(found))
    _gather(found, "disk", lambda: _disk(found))
    _gather(found, "lease", lambda: _holder(found))
    _gather(found, "published copy", lambda: _publication(found))
    _gather(found, "runs", lambda: _runs(found))
    _gather(found, "store", lambda: _store(found))
    _gather(found, "rows of the failure", lambda: _offending(found))
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

    for module in landed_names(found.home.landing):
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
        read = read_runs(
            instance,
            found.now,
            is_held=found.holder is not None,
            last_signature=_last_signature(found.home),
        )
    found.runs, found.failing_since = read.shown, read.failing_since
    found.failed_count = read.failed_count


def _offending(found: Situation) -> None:
    last = found.last_run
    # While somebody works the warehouse is theirs, and says other things than it did then.
    if last is not None and last.has_failed and found.holder is None:
        found.offending = offending_rows(found.home.warehouse, last)


def _disk(found: Situation) -> None:
    home = found.home.root
    folder = next(place for place in (home, *home.parents) if place.exists())
    found.free_bytes = shutil.disk_usage(folder).free


def _store(found: Situation) -> None:
    from store import store_fault

    fault = store_fault(found.home.store_url)
    if fault is not None:
        found.faults.append(fault)


def _last_signature(home: Home) -> str | None:
    """Who signed the lease last and did not sign off: with the lease free, a killed process."""
    try:
        signed = LeaseHolder.model_validate_json((home.root / LOCK_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return signed.holder
