"""What SQL computes, as assets: every dbt model, from staging to marts (DESIGN 5, 10).

The one module that knows where the dbt project is. It holds the manifest, the translation of dbt
nodes to assets, and one `@dbt_assets`; a second one begins here where Python must come between.
Never put SQL or a rule here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)

from assets.observation import observe
from assets.refresh import Refresh
from assets.warehouse import warehouse

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
TESTS = DBT_PROJECT.parent / "data_tests" / "warehouse"
OWNERS = ["team:data-engineering"]


def prepared_manifest(project: Path = DBT_PROJECT) -> Path:
    """Path of the dbt manifest, parsed anew when it is missing or older than the project.

    `prepare_if_dev` of dagster-dbt is not used: it acts only under `dagster dev`, and there it
    parses once for every process. A stale check costs 2 ms; parsing costs 8 CPU seconds and is
    done once per change. The new manifest replaces the old one in one step, so that two processes
    may start at once.

    Raises:
        RuntimeError: dbt cannot parse the project; its own message is inside.
    """
    manifest = project / "target" / "manifest.json"
    sources = [p for p in _project_files(project) if p.is_file()]
    if manifest.exists() and manifest.stat().st_mtime >= max(p.stat().st_mtime for p in sources):
        return manifest
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parse-", dir=manifest.parent) as target:
        parsed = subprocess.run(
            [_dbt(), "--quiet", "parse", "--project-dir", str(project), "--profiles-dir",
             str(project), "--target-path", target, "--log-path", target],
            capture_output=True, text=True, check=False,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )  # fmt: skip
        if parsed.returncode:
            raise RuntimeError(f"dbt cannot parse {project}:\n{parsed.stdout}{parsed.stderr}")
        for name in ("partial_parse.msgpack", "manifest.json"):
            os.replace(Path(target) / name, manifest.parent / name)
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
    """Gives each dbt model its owner and its kinds; its group is the dbt group, which is a stage."""

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


@contextmanager
def dbt_environment(refresh: Refresh) -> Iterator[None]:
    """Tell dbt which warehouse it builds, for one block."""
    wanted = {
        "QUINTILE_WAREHOUSE": str(refresh.home.warehouse),
        "QUINTILE_TEMPORARY": str(refresh.home.root / "spill"),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dbt_assets(
    manifest=prepared_manifest(),
    dagster_dbt_translator=StageTranslator(),
    name="transformation",
    pool="warehouse_writer",
)
def transformation(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, refresh: Refresh
) -> Iterator[Any]:
    """Build and test every dbt model; a failing error-level test stops what follows (EDG-18)."""
    target = refresh.home.dbt / context.run_id[:8]
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    with dbt_environment(refresh):
        invocation = dbt.cli(arguments, context=context, target_path=target)
        events = list(_told(context, invocation.stream()))
    # The results wait for dbt to close the file: row counts and plots are read through a
    # connection of our own, because dbt's would stay open in this process (stack.md 2.4).
    with warehouse(refresh.home.warehouse, read_only=True) as connection:
        for event in events:
            yield observe(connection, context, event)
    shutil.rmtree(target, ignore_errors=True)


def _told(context: dg.AssetExecutionContext, events: Iterable[Any]) -> Iterator[Any]:
    """Pass dbt's results on and say every tenth dbt model and every failed check."""
    wanted = len(context.selected_asset_keys)
    built = 0
    for event in events:
        yield event
        if isinstance(event, dg.Output):
            built += 1
            if built % 10 == 0:
                context.log.info(f"{built} of {wanted} dbt models built")
        elif isinstance(event, dg.AssetCheckResult) and not event.passed:
            context.log.warning(f"check {event.check_name} on {event.asset_key} failed")


def dbt_resource() -> DbtCliResource:
    """The dbt command line, bound to the project."""
    return DbtCliResource(
        project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=_dbt()
    )
