"""What the bare process of `benchmarks.refresh` has to do, read from a home and from dbt.

Holds the order of work: landed files, configuration tables, and the very SQL that dbt compiled,
parents first. Never run any of it here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb

from benchmarks.crm import ROOT
from benchmarks.stages import group_of

DBT_PROJECT = ROOT / "dbt_project"


@dataclass(frozen=True)
class Statement:
    """One dbt model: where it is built, as what, in which stage, and its compiled SQL."""

    schema: str
    name: str
    materialized: str
    stage: str
    query: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class BarePlan:
    """A database with views of the landed files and the configuration, and what to build in it."""

    database: Path
    landed: tuple[tuple[str, str, str], ...]
    statements: tuple[Statement, ...]

    def leading_to(self, wanted: Collection[str], given: Collection[str]) -> tuple[Statement, ...]:
        """The statements of some dbt models and of what they read, parents first, but the given."""
        needed = set(wanted)
        for statement in reversed(self.statements):
            if statement.name in needed - set(given):
                needed.update(statement.parents)
        return tuple(s for s in self.statements if s.name in needed - set(given))


def bare_plan(
    home: Path, folder: Path, criteria: Mapping[str, str] = MappingProxyType({})
) -> BarePlan:
    """Read everything that a bare process needs from a home that has landed; compile the SQL.

    `criteria` are statements by name that take the place of what is configured.
    """
    from assets.warehouse import warehouse

    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "bare.duckdb"
    fresh.unlink(missing_ok=True)
    views = _copied_configuration(home / "warehouse.duckdb", fresh)
    landed = []
    with (
        warehouse(home / "warehouse.duckdb", read_only=True) as source,
        duckdb.connect(str(fresh)) as target,
    ):
        for schema, table in views:
            found = source.execute(
                "select sql from duckdb_views() where schema_name = ? and view_name = ?",
                [schema, table],
            ).fetchone()
            assert found is not None
            target.execute(found[0])
            landed.append((schema, table, found[0].split(" AS ", 1)[1].rstrip("; \n")))
        for name, statement in criteria.items():
            target.execute(
                "update config.criteria set statement = ? where criterion = ?", [statement, name]
            )
    return BarePlan(fresh, tuple(landed), _compiled(fresh, folder / "target"))


def write_plan(plan: BarePlan, folder: Path) -> Path:
    """Write the plan as the file that `bare_sql.py` reads; its tables go to `folder`/bare."""
    outputs = folder / "bare"
    outputs.mkdir()
    content = {
        "database": str(plan.database),
        "folder": str(outputs),
        "report": str(folder / "bare.json"),
        "landed": plan.landed,
        "statements": [[s.schema, s.name, s.materialized, s.stage, s.query]
                       for s in plan.statements],
    }  # fmt: skip
    path = folder / "plan.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def _copied_configuration(warehouse: Path, fresh: Path) -> list[tuple[str, str]]:
    """Copy what was configured, learned and booked; return the views, which stay files."""
    views = []
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(f"attach '{warehouse}' as run (read_only)")
        for schema, table, kind in connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables "
            "where table_catalog = 'run' and table_schema in ('config', 'landing', 'ml') "
            "order by all"
        ).fetchall():
            connection.execute(f"create schema if not exists {schema}")
            if kind == "VIEW":
                views.append((schema, table))
            else:
                connection.execute(f"create table {schema}.{table} as from run.{schema}.{table}")
    return views


def _compiled(database: Path, target: Path) -> tuple[Statement, ...]:
    """Every dbt model that becomes a relation, with its compiled SQL, parents first."""
    dbt = str(Path(sys.executable).parent / "dbt")
    subprocess.run(
        [dbt, "--quiet", "compile", "--project-dir", str(DBT_PROJECT), "--profiles-dir",
         str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target)],
        check=True, env={**os.environ, "QUINTILE_WAREHOUSE": str(database)},
    )  # fmt: skip
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    ordered: list[str] = []

    def visit(key: str) -> None:
        if key in ordered or key not in models:
            return
        for parent in models[key]["depends_on"]["nodes"]:
            visit(parent)
        ordered.append(key)

    for key in sorted(models):
        visit(key)
    return tuple(
        Statement(
            n["schema"], n["name"], n["config"]["materialized"],
            group_of(n["schema"], n["config"].get("group") or ""), n["compiled_code"],
            tuple(models[p]["name"] for p in n["depends_on"]["nodes"] if p in models),
        )
        for n in (models[key] for key in ordered)
        if n["config"]["materialized"] != "ephemeral"
    )  # fmt: skip
