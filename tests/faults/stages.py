"""The stages at which a process is killed: where each begins, what it does, what must come out.

A stage is work on a home folder that a person or a schedule could start again. Small stages are
parts of a run called alone, so that many kills are affordable; the last is the whole command.
Never put here how a process is killed or judged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assets.home import Home
from tests.faults.engines import Engine
from tests.faults.judgement import BUILT, acknowledged
from tests.faults.stop_points import Point

FIRST_DAY, NEXT_DAY = date(2026, 10, 31), date(2026, 11, 7)
NOW = datetime(2026, 11, 7, 20, tzinfo=UTC)
EXPORTED = 3
"""Segments that the stage of exports writes."""
BUILDING = ("transformation", "identity", "voices", "recommendations", "conclusion")
"""Steps between landing and publishing."""
MODULES = ("accounts", "contacts", "currency_rates", "deal_lines", "deals", "products")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: As the summary shows it.
        start: Home folder as it is before; every series of kills begins with a copy.
        parts: Entries of `start` that are copied; empty means all, `nothing` none.
        work: What is done with a home; run in a child.
        kinds: What of a home is compared with the undisturbed one.
        share: How many kills of 1,000 it gets.
        series: Kills that follow each other on one home before it is run again.
        wants: Which stop points belong to it.
    """

    name: str
    start: Path
    work: Callable[[Path], Any]
    kinds: tuple[str, ...]
    share: int
    series: int = 1
    wants: Callable[[Point], bool] = lambda _: True
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Places:
    """Home folders at the ends of the steps of the next day's run, and its configuration."""

    configuration: Path
    first_day: Path
    landed: Path
    built: Path
    published: Path


_RESULTS = ("published", "landing", "exports", "store.sqlite")
"""What publishing and exporting need of a home."""


def stages(places: Places, engine: Engine) -> list[Stage]:
    """All stages of an engine, cheap ones first.

    What no engine has a part in is killed once, with DuckDB.
    """
    return spark_stages(places, engine) if engine.name == "spark" else all_stages(places, engine)


SPARK_PARTS = ("published", "landing", "exports", "store.sqlite", "warehouse.duckdb", "dagster")
"""Without Spark's own tables: they name the home that they were made in, and are made anew."""
TAKEN_BACK = ("marts", "history")
"""Of what Spark builds, the DuckDB file has these: all that is published."""


def spark_stages(places: Places, engine: Engine) -> list[Stage]:
    """What another engine does otherwise: hand over, build, write, take back, publish."""

    def build(home: Path) -> None:
        run_steps(places.configuration, home, BUILDING, engine)

    def command(home: Path) -> None:
        run_command(places.configuration, home, NEXT_DAY, engine)

    def stage(name: str, share: int, wants: Callable[[Point], bool]) -> Stage:
        return Stage(f"Spark {name}", places.landed, build, (*TAKEN_BACK, "loads", "published"),
                     share, 4, wants, SPARK_PARTS)  # fmt: skip

    return [
        stage("build", 26, _is_not_dagster),
        stage("writes history", 10, lambda p: p.kind == "spark" and "history" in p.what),
        stage("take back", 12, lambda p: p.what.startswith(("write ", "create view "))),
        Stage("quintile run on Spark", places.first_day, command,
              ("loads", "published", "exports"), 12, 4, parts=SPARK_PARTS),
    ]  # fmt: skip


def all_stages(places: Places, engine: Engine) -> list[Stage]:
    """Every stage of a run on DuckDB."""

    def steps(*names: str) -> Callable[[Path], Any]:
        return lambda home: run_steps(places.configuration, home, names, engine)

    def command(home: Path) -> None:
        run_command(places.configuration, home, NEXT_DAY, engine)

    def history(home: Path) -> None:
        run_steps(places.configuration, home, (), engine, schema="history")

    return [
        *(
            Stage(
                f"landing {module}", places.first_day, _landing(places.configuration, module),
                ("loads",), share=70, parts=("landing",),
            )
            for module in MODULES
        ),
        Stage("store", places.first_day, store_writes, ("store",), 251, parts=("nothing",)),
        Stage("publish", places.built, _publishing(places.configuration),
              ("loads", "published"), 120, 3, parts=(*_RESULTS, "warehouse.duckdb")),
        Stage("exports", places.published, _exporting(places.configuration),
              ("exports", "published", "store"), 100, 2, parts=_RESULTS),
        Stage("configuration", places.first_day, steps("configuration"),
              ("config", "store", "loads", "published"), 30, 3, _is_not_dagster),
        Stage("landing books", places.landed, steps("landing_books"),
              ("landing", "loads", "published"), 15, 3, _is_not_dagster),
        Stage("landing checks", places.landed, steps("landing_checks"),
              ("landing", "loads", "published"), 4, 2, _is_not_dagster),
        Stage("Dagster's storage", places.landed, steps("landing_books"),
              ("landing", "loads", "published"), 30, 5, _is_dagster),
        Stage("history appends", places.built, history, ("history", "published"), 10, 5),
        Stage("dbt build", places.landed, steps(*BUILDING),
              (*BUILT, "loads", "published"), 8, 4),
        Stage("quintile run", places.first_day, command,
              ("loads", "published", "exports"), 12, 4),
    ]  # fmt: skip


def _is_dagster(point: Point) -> bool:
    return point.kind == "dagster" or " dagster/" in point.what


def _is_not_dagster(point: Point) -> bool:
    return not _is_dagster(point)


def _landing(configuration: Path, module: str) -> Callable[[Path], Any]:
    """Land one module as its asset does, without the orchestrator."""

    def work(root: Path) -> None:
        from connectors.landing import land_module
        from models.fields import MODULES as CATALOGUE
        from models.reading import read_configuration

        chosen = read_configuration(configuration)
        mapping = chosen.modules.mapped()[module]
        land_module(
            CATALOGUE[module], mapping, chosen.sources[mapping.source], Home(root).landing,
            chosen.organization, base_directory=configuration.parent, home_directory=root,
            as_of=NEXT_DAY, landed_at=NOW.isoformat(),
        )  # fmt: skip

    return work


def _publishing(configuration: Path) -> Callable[[Path], Any]:
    """Publish as the asset does."""

    def work(root: Path) -> None:
        from assets.publishing import landed_inputs, publish
        from assets.warehouse import warehouse
        from models.configuration import definition_hash
        from models.reading import read_configuration

        home, chosen = Home(root), read_configuration(configuration)
        with warehouse(home.warehouse, read_only=True) as connection:
            inputs = landed_inputs(connection)
        custom = chosen.modules.accounts.custom
        publish(
            home.warehouse, home.published, as_of=NEXT_DAY, now=NOW, inputs=inputs,
            definition_hash=definition_hash(chosen), currency=chosen.organization.currency,
            custom_fields={name: field.type for name, field in custom.items()},
        )  # fmt: skip

    return work


def _exporting(configuration: Path) -> Callable[[Path], Any]:
    """Export the first segments, with all fields."""

    def work(root: Path) -> None:
        from assets.exporting import (
            request_export,
            run_export,
            scheduled_export_id,
            tidy_exports,
        )
        from models.configuration import definition_hash
        from models.reading import read_configuration
        from store import Store

        home, chosen = Home(root), read_configuration(configuration)
        with Store.open(home.store_url) as store:
            tidy_exports(store, home.exports, now=NOW)
            for segment in chosen.segments[:EXPORTED]:
                export_id = scheduled_export_id(segment.id, NEXT_DAY, definition_hash(chosen), None)
                request_export(
                    store, export_id=export_id, segment_id=segment.id, fields=None,
                    requested_by="faults", now=NOW, limits=chosen.limits,
                )  # fmt: skip
                run_export(store, home.published, home.exports, export_id, now=NOW)

    return work


def store_writes(root: Path) -> None:
    """Open a store that does not exist yet and write every kind of row; go on where it stands.

    What was committed is told in a file beside the home, so that a loss is seen.
    """
    from store import Store

    with (
        acknowledged(root).open("a", buffering=1) as told,
        Store.open(f"sqlite:///{root / 'store.sqlite'}") as store,
    ):
        for number in range(len(store.revisions.list()), 4):
            store.record_revision({"organization": {"name": str(number)}}, "faults", NOW, "h")
            told.write("revision\n")
        for number in range(2):
            run_id = f"run-{number}"
            store.runs.start(run_id, as_of=NEXT_DAY, definition_hash="h", now=NOW)
            store.runs.succeed(run_id, now=NOW, published_version="v")
            told.write(f"run {run_id}\n")
            store.exports.schedule(
                run_id, segment_id="s", segment_name="S", fields=None, requested_by="faults",
                now=NOW, download_days=14, history_days=90,
            )  # fmt: skip
            store.exports.start(run_id, as_of=NEXT_DAY, file_name="s.zip")
            store.exports.complete(run_id, row_count=1, sha256="0", segment_name="S", now=NOW)
            told.write(f"export record {run_id}\n")


def run_command(configuration: Path, root: Path, as_of: date, engine: Engine) -> None:
    """The command itself, as a person types it; an exit code other than 0 is raised."""
    from orchestration import cli

    sys.argv = ["quintile", "run", "-c", str(configuration), "--home", str(root)]
    sys.argv += ["--as-of", as_of.isoformat(), *engine.arguments]
    try:
        cli.main()
    except SystemExit as ended:
        if ended.code:
            raise


def run_steps(
    configuration: Path, root: Path, names: tuple[str, ...], engine: Engine, schema: str = ""
) -> None:
    """Run some steps of the refresh as Dagster does: by name, or every dbt model of a schema."""
    from orchestration.definitions import defs
    from orchestration.running import QUIET, open_instance

    chosen = {
        "configuration_path": str(configuration),
        "home_path": str(root),
        "business_date": NEXT_DAY.isoformat(),
        **engine.settings,
    }
    job = defs.resolve_job_def("refresh_segments")
    subset: dict[str, Any] = {"op_selection": list(names)}
    if schema:
        keys = [k for k in job.asset_layer.executable_asset_keys if k.path[0] == schema]
        subset = {"asset_selection": keys}
    Home(root).dbt.mkdir(parents=True, exist_ok=True)
    job.execute_in_process(
        run_config={"resources": {"refresh": {"config": chosen}}, **QUIET},
        instance=open_instance(Home(root)),
        **subset,
    )
