"""What SQL computes, as assets: every dbt model, from staging to marts (DESIGN 5, 10).

The one module that knows where the dbt project is. It holds the manifest, the translation of dbt
nodes to assets, and two `@dbt_assets`: Python learns between them, and dbt never splits one itself.
Never put SQL or a rule here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)

from assets.dbt_building import DbtBuild, DbtBuildError, build
from assets.environment import environment
from assets.landing import landed_files
from assets.observation import observe
from assets.publishing import SCHEMAS
from assets.refresh import ENGINE_VARIABLE, Refresh
from assets.spark_exchange import Relation, SparkBuild, building_on_spark
from assets.spark_findings import keep_offending_rows
from assets.spark_settings import SparkUnavailableError
from assets.warehouse import warehouse
from assets.warehouse_recovery import HISTORY_SCHEMA
from models.expressions import Dialect

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
TESTS = DBT_PROJECT.parent / "data_tests" / "warehouse"
OWNERS = ["team:data-engineering"]
LEARNED = "source:ml"
"""dbt's name of what Python learned: the project is built up to it, then what reads it."""
LEARNING = "learning"
"""Schema of what Python learns from."""


def prepared_manifest(project: Path = DBT_PROJECT, engine: Dialect = "duckdb") -> Path:
    """Path of the dbt manifest for an engine, parsed anew when missing or older than the project.

    `prepare_if_dev` of dagster-dbt is not used: it acts only under `dagster dev`, and there it
    parses once for every process. Looking for a change costs next to nothing beside parsing,
    which is done once per change. The new manifest replaces the old one in one step, so that two
    processes may start at once.

    Raises:
        RuntimeError: dbt cannot parse the project; its own message is inside.
    """
    manifest = project / "target" / ("" if engine == "duckdb" else engine) / "manifest.json"
    sources = [p for p in _project_files(project) if p.is_file()]
    if manifest.exists() and manifest.stat().st_mtime >= max(p.stat().st_mtime for p in sources):
        return manifest
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parse-", dir=manifest.parent) as target:
        parsed = subprocess.run(
            [_dbt(), "--quiet", "parse", "--project-dir", str(project), "--profiles-dir",
             str(project), "--target", engine, "--target-path", target, "--log-path", target],
            capture_output=True, text=True, check=False,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )  # fmt: skip
        if parsed.returncode:
            raise RuntimeError(f"dbt cannot parse {project}:\n{parsed.stdout}{parsed.stderr}")
        for name in ("partial_parse.msgpack", "manifest.json"):
            (Path(target) / name).replace(manifest.parent / name)
    return manifest


def _project_files(project: Path) -> Iterator[Path]:
    for folder in ("models", "macros", "seeds", "tests"):
        yield from (project / folder).rglob("*")
    yield from TESTS.rglob("*")
    yield from project.glob("*.yml")


def _dbt() -> str:
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.exists() else "dbt"


class StageTranslator(DagsterDbtTranslator):
    """Gives a dbt model its owner and kinds; its group is the dbt group, which is a stage."""

    def __init__(self) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(
                enable_asset_checks=True, enable_source_tests_as_checks=True
            )
        )

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Asset of one dbt node."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(owners=OWNERS, kinds={"dbt", "duckdb"})


TRANSLATOR = StageTranslator()


@cache
def manifest_content() -> Mapping[str, Any]:
    """The dbt manifest as dbt wrote it."""
    content: Mapping[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return content


def dbt_settings(refresh: Refresh) -> dict[str, str]:
    """What dbt is told of a run: which warehouse it builds, on which engine."""
    return {
        "QUINTILE_WAREHOUSE": str(refresh.home.warehouse),
        "QUINTILE_TEMPORARY": str(refresh.home.root / "spill"),
        ENGINE_VARIABLE: refresh.chosen_engine,
    }


MANIFEST = prepared_manifest()


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=TRANSLATOR,
    name="transformation",
    exclude=f"{LEARNED}+",
    pool="warehouse_writer",
)
def transformation(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Build and test every dbt model before learning (EDG-18)."""
    yield from _built(context, refresh)


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=TRANSLATOR,
    name="conclusion",
    select=f"{LEARNED}+",
    pool="warehouse_writer",
)
def conclusion(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Build and test every dbt model that reads what was learned."""
    yield from _built(context, refresh)


def _built(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Build and test the selected models; a failing error-level test stops the run (EDG-18)."""
    refuse_other_configuration(refresh)
    parsed = prepared_manifest(engine=refresh.chosen_engine)
    wanted = DbtBuild(
        project=DBT_PROJECT,
        manifest=manifest_content(),
        translator=TRANSLATOR,
        parsed=parsed.with_name("partial_parse.msgpack"),
        target=refresh.home.dbt / f"{context.run_id[:8]}-{context.op.name}",
    )
    counts: dict[Relation, int] = {}
    failure = None
    try:
        with environment(dbt_settings(refresh)), _engine(context, refresh, counts):
            events: Sequence[Any] = build(context, wanted, _teller(context))
    except DbtBuildError as failed:
        # What was built and tested is still told: a failed check must be seen on its asset.
        failure, events = failed, failed.events
    except SparkUnavailableError as missing:
        raise dg.Failure(description=str(missing), allow_retries=False) from missing
    seen = None if refresh.chosen_engine == "duckdb" else counts
    with warehouse(refresh.home.warehouse, read_only=True) as connection:
        for event in events:
            yield observe(connection, seen, context, event)
    if failure is not None:
        raise failure
    shutil.rmtree(wanted.target, ignore_errors=True)


@contextmanager
def _engine(
    context: dg.AssetExecutionContext, refresh: Refresh, counts: dict[Relation, int]
) -> Iterator[None]:
    """Make the engine ready for dbt, and its results readable afterwards."""
    if refresh.chosen_engine == "duckdb":
        yield
        return
    task = spark_build(refresh, {key.path[-1] for key in context.selected_asset_keys})
    with building_on_spark(task, counts, context.log.info) as spark:
        try:
            yield
        except DbtBuildError as failed:
            keep_offending_rows(spark, failed.description or "")
            raise


def spark_build(refresh: Refresh, selected: Collection[str]) -> SparkBuild:
    """What Spark is handed and what is taken back, when the dbt models of these names are built.

    Only what is built comes back: the rest may be older there than here, or not there at all. What
    Python learns from comes back like what is published.
    """
    there = json.loads(prepared_manifest(engine="spark").read_text(encoding="utf-8"))["nodes"]
    # What comes back is read here: its types are spelled as in the manifest for DuckDB.
    nodes = [n for n in manifest_content()["nodes"].values() if n["resource_type"] == "model"]
    built = [node for node in nodes if node["name"] in selected]
    published = {
        (node["schema"], node["name"]): {
            name: column["data_type"] for name, column in node["columns"].items()
        }
        for node in built
        if node["schema"] in SCHEMAS
        or (node["schema"] == LEARNING and node["config"]["contract"]["enforced"])
    }
    history = {(n["schema"], n["name"]) for n in nodes if n["schema"] == HISTORY_SCHEMA}
    return SparkBuild(
        home=refresh.home,
        master=refresh.master,
        run_id=refresh.run_id[:8],
        landed=landed_files(refresh),
        schemas=tuple(sorted({node["schema"] for node in nodes})),
        # A view would be computed once more only to be counted.
        counted=tuple(
            (node["schema"], node["name"])
            for node in built
            if there[node["unique_id"]]["config"]["materialized"] != "view"
        ),
        published=published,
        has_history=not history.isdisjoint(published),
        has_all_history=history <= published.keys(),
    )


def refuse_other_configuration(refresh: Refresh) -> None:
    """Refuse to build from a configuration that was compiled for another day or engine.

    Raises:
        dg.Failure: says which, and how to compile it anew.
    """
    found = []
    if refresh.home.warehouse.exists():
        with (
            warehouse(refresh.home.warehouse, read_only=True) as connection,
            suppress(duckdb.CatalogException, duckdb.BinderException),
        ):
            found = connection.execute("select as_of, engine from config.run").fetchall()
    wanted = (refresh.as_of, refresh.chosen_engine)
    if found != [wanted]:
        compiled = " and ".join(f"{day} on {engine}" for day, engine in found) or "nothing"
        raise dg.Failure(
            description=f"The configuration was compiled for {compiled}; this run is for "
            f"{wanted[0]} on {wanted[1]}. Run the job land_modules for that day and engine first, "
            "or refresh_segments, which does both.",
            allow_retries=False,
        )


def _teller(context: dg.AssetExecutionContext) -> Callable[[str, str], None]:
    """Say every tenth dbt model, and everything that is not well."""
    wanted = len(context.selected_asset_keys)
    built = count(1)

    def told(name: str, status: str) -> None:
        if status == "success":
            number = next(built)
            if number % 10 == 0 or number == wanted:
                context.log.info(f"{number} of {wanted} dbt models built")
        elif status in ("fail", "error", "warn", "runtime error"):
            context.log.warning(f"{name}: {status}")

    return told
