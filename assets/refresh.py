"""The one resource every asset uses: what is refreshed, for which day, and where.

Holds the configuration path, the home folder and the business date of a run. It opens once per
run, holds the warehouse lease until the run ends, and resolves everything that depends on the
environment, so that importing the assets reads nothing. Add here what every step of a run must
agree on; never a connection or a client of one stage.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import cast, get_args

import dagster as dg
from pydantic import Field, PrivateAttr, field_validator

from assets.home import Home
from assets.spark_settings import SparkUnavailableError, refuse_secrets, require_client
from assets.warehouse_lease import WarehouseHeldError, warehouse_lease
from assets.warehouse_recovery import (
    latest_business_date,
    put_aside_if_damaged,
    restore_history,
)
from models.configuration import Configuration
from models.expressions import Dialect
from models.reading import ConfigurationError, read_configuration

CONFIGURATION_VARIABLE = "QUINTILE_CONFIG"
HOME_VARIABLE = "QUINTILE_HOME"
PROCESS_TAG = "quintile/process"
"""Tag of a run: the process that works on it."""
DEFAULT_CONFIGURATION = "abm.yaml"
ENGINES: tuple[Dialect, ...] = get_args(Dialect)
ENGINE_VARIABLE = "QUINTILE_ENGINE"
MASTER_VARIABLE = "QUINTILE_SPARK_MASTER"


class Installation(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Configuration and home folder, for whoever only looks: schedules and sensors."""

    configuration_path: str = Field(
        default="", description="Path of abm.yaml; empty means $QUINTILE_CONFIG, else abm.yaml."
    )
    home_path: str = Field(
        default="",
        description="Home folder; empty means $QUINTILE_HOME, else .quintile beside abm.yaml.",
    )

    @cached_property
    def path(self) -> Path:
        """Path of the configuration file."""
        found = self.configuration_path or os.environ.get(CONFIGURATION_VARIABLE, "")
        return Path(found or DEFAULT_CONFIGURATION).resolve()

    @cached_property
    def home(self) -> Home:
        """Folders of this installation."""
        found = self.home_path or os.environ.get(HOME_VARIABLE, "")
        return Home(Path(found).resolve()) if found else Home.beside(self.path)

    @cached_property
    def configuration(self) -> Configuration:
        """The typed configuration; raises ConfigurationError with every fault it has."""
        return read_configuration(self.path)


class Refresh(Installation):
    """What a run works on: an installation, held until the run ends, and a business date."""

    business_date: str = Field(
        default="",
        description="as_of as YYYY-MM-DD; empty means the configuration's own as_of, else the day "
        "the run was created, in the organisation's time zone (EDG-1, EDG-2).",
    )
    engine: str = Field(
        default="",
        description="Engine that computes: duckdb or spark; empty means $QUINTILE_ENGINE, else "
        "duckdb.",
    )
    spark_master: str = Field(
        default="",
        description="Master of Spark (local[2], spark://host:7077, yarn, ...) or the address of a "
        "Spark Connect server (sc://host:15002); empty means $QUINTILE_SPARK_MASTER, else "
        "local[*].",
    )
    rewind: bool = Field(
        default=False,
        description="Allow a business date before the last one: the history after it is forgotten.",
    )

    @field_validator("spark_master")
    @classmethod
    def _without_secrets(cls, master: str) -> str:
        """Addresses are kept with the run; the error of a validator would repeat this one."""
        return refuse_secrets(master)

    _created_at: datetime = PrivateAttr(default=datetime(1970, 1, 1, tzinfo=UTC))
    _run_id: str = PrivateAttr(default="")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Refresh]:
        """Hold the warehouse for the whole run; refuse, naming the holder, when it is taken."""
        run = context.run
        instance = context.instance
        self._run_id = run.run_id if run else "direct"
        self._created_at = _creation_time(instance, self._run_id)
        holder = f"run {self._run_id[:8]}"
        if instance is not None and run is not None:
            instance.add_run_tags(self._run_id, {PROCESS_TAG: process_mark()})
        try:
            # Reading first: a faulty configuration is said before the warehouse is taken.
            _ = self.configuration
            if self.chosen_engine == "spark":
                require_client()
            with warehouse_lease(self.home.root, holder, self._created_at):
                if instance is not None:
                    end_dead_runs(instance, alive=self._run_id)
                    # Seen in the list of runs: which day a run is about.
                    tags = {"quintile/as_of": str(self.as_of)}
                    instance.add_run_tags(self._run_id, tags)
                self._prepare(context)
                yield self
        except WarehouseHeldError as held:
            raise dg.Failure(description=str(held), allow_retries=False) from held
        except (ConfigurationError, SparkUnavailableError) as faulty:
            raise dg.Failure(description=str(faulty), allow_retries=False) from faulty

    def _prepare(self, context: dg.InitResourceContext) -> None:
        """Make the warehouse fit for use: sound, with its history, and not newer than the run."""
        notes = put_aside_if_damaged(self.home.warehouse, self._created_at)
        if self.chosen_engine == "duckdb":
            restored = restore_history(self.home.published, self.home.warehouse)
            notes += [f"restored {rows} rows of {table}" for table, rows in restored.items()]
        for note in notes:
            if context.log is not None:
                context.log.warning(note)
        latest = latest_business_date(self.home.warehouse, self.home.published)
        if latest is not None and self.as_of < latest and not self.rewind:
            raise dg.Failure(
                description=f"The history reaches {latest}; a run for {self.as_of} would forget "
                f"everything after it. Say --rewind (in the UI: rewind: true) if you mean that, or "
                "use another home folder.",
                allow_retries=False,
            )

    @cached_property
    def as_of(self) -> date:
        """Business date of the run (EDG-1)."""
        organization = self.configuration.organization
        if self.business_date:
            return date.fromisoformat(self.business_date)
        return organization.business_date(self._created_at)

    @cached_property
    def chosen_engine(self) -> Dialect:
        """Engine that computes; raises dg.Failure for one that does not exist."""
        found = self.engine or os.environ.get(ENGINE_VARIABLE, "") or "duckdb"
        if found not in ENGINES:
            raise dg.Failure(
                description=f"engine {found!r}: allowed are {' and '.join(ENGINES)}.",
                allow_retries=False,
            )
        return cast(Dialect, found)

    @property
    def master(self) -> str:
        """Where the Spark engine runs."""
        return self.spark_master or os.environ.get(MASTER_VARIABLE, "") or "local[*]"

    @property
    def run_id(self) -> str:
        """Dagster's id of the run."""
        return self._run_id

    @property
    def created_at(self) -> datetime:
        """When the run was created: the only clock an asset sees."""
        return self._created_at


def _creation_time(instance: dg.DagsterInstance | None, run_id: str) -> datetime:
    record = instance.get_run_record_by_id(run_id) if instance is not None else None
    if record is None:
        return datetime.now(UTC)
    created = record.create_timestamp
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def end_dead_runs(instance: dg.DagsterInstance, alive: str = "") -> list[str]:
    """Close runs whose process was killed and give all pool slots back; return the closed ones.

    Call it only while holding the warehouse lease: whoever holds it is the only run that works, so
    no other run needs a slot. Without this a killed run keeps its slot in the pool
    `warehouse_writer` and every later run waits for ever. A run whose process still lives is left
    alone: it is about to be refused, and says so itself.
    """
    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    ended = []
    for run in instance.get_runs(filters=started):
        if run.run_id == alive or is_process_alive(run.tags.get(PROCESS_TAG, "")):
            continue
        instance.report_run_failed(
            run, "The process of this run was killed; nothing was published."
        )
        ended.append(run.run_id)
    for key in instance.event_log_storage.get_concurrency_keys():
        slots = instance.event_log_storage.get_concurrency_info(key)
        # A run killed between its turn and its slot holds a turn, which blocks the pool as well.
        for run_id in slots.active_run_ids | slots.assigned_run_ids | slots.pending_run_ids:
            if run_id != alive:
                instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return ended


def process_mark(pid: int | None = None) -> str:
    """Host, id and start time of a process, so that a later process of that id is told apart."""
    number = os.getpid() if pid is None else pid
    try:
        # Fields after the name, which may hold spaces; the twentieth of them is the start time.
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        started = fields[19]
    except (OSError, IndexError):
        started = ""
    return f"{socket.gethostname()}:{number}:{started}"


def is_process_alive(mark: str) -> bool:
    """Whether the process of a mark still runs; unknown, as on another host, counts as dead."""
    host, _, rest = mark.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return process_mark(int(number)) == mark
