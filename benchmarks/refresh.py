"""The whole orchestrated run beside the bare SQL of the same tables in one process.

    python -m benchmarks.refresh [--accounts 200 10000 100000] [--keep DIRECTORY]

For every size it generates the demo CRM (10 deals per account, 2 lines per deal) as Parquet outside
the measurement, runs `quintile run` on it in a fresh home, and then makes the same tables once more
in one bare DuckDB process (`bare_sql.py`): landed Parquet, the very SQL that dbt compiled in
dependency order, and the published copy, without checks, tests or orchestration. It prints time,
CPU and peak memory of both, the fixed cost, and how much faster the run grows than the bare SQL.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.measuring import Measurement, measure

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
SIZES = (200, 10_000, 100_000)
DEALS_PER_ACCOUNT = 10
LINES_PER_DEAL = 2
AS_OF = date(2026, 10, 31)


@dataclass(frozen=True)
class Row:
    """One size: the run from nothing and the bare SQL."""

    accounts: int
    run: Measurement
    bare: Measurement


def main() -> None:
    """Measure every size and print the table."""
    arguments = _arguments()
    _warm_up()
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = arguments.keep or Path(temporary)
        rows = [_measured(size, base / str(size)) for size in arguments.accounts]
    _print(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--keep", type=Path, help="keep data and homes in this folder")
    return parser.parse_args()


def _warm_up() -> None:
    """Parse the dbt project once: that cost comes with a change of code, not with a run."""
    from assets.transformation import prepared_manifest

    prepared_manifest()


def _measured(accounts: int, folder: Path) -> Row:
    from connectors.zylker import write_demo

    data, home = folder / "data", folder / "home"
    shutil.rmtree(folder, ignore_errors=True)
    data.mkdir(parents=True)
    write_demo(
        data, accounts=accounts, as_of=AS_OF, shape="parquet",
        deals_per_account=DEALS_PER_ACCOUNT, lines_per_deal=LINES_PER_DEAL,
    )  # fmt: skip
    configuration = _configuration(folder, data)
    quintile = str(Path(sys.executable).parent / "quintile")
    command = [quintile, "run", "--config", str(configuration), "--home", str(home)]
    run = measure(command, log=folder / "run.log")
    plan = _bare_plan(home, folder)
    bare = measure(
        [sys.executable, str(Path(__file__).with_name("bare_sql.py")), str(plan)],
        log=folder / "bare.log",
    )
    print(f"  {accounts:,} accounts: run {run.wall_seconds:.1f} s, bare {bare.wall_seconds:.1f} s")
    return Row(accounts, run, bare)


def _configuration(folder: Path, data: Path) -> Path:
    """The demo's own configuration, reading the generated files instead of making them."""
    example = ROOT / "examples" / "zylker"
    shutil.copytree(example / "segments", folder / "segments")
    text = (example / "abm.yaml").read_text(encoding="utf-8")
    path = folder / "abm.yaml"
    path.write_text(
        text.replace("demo: {accounts: 200, seed: 7}", f'files: "{data.name}/*.parquet"'),
        encoding="utf-8",
    )
    return path


def _bare_plan(home: Path, folder: Path) -> Path:
    """Everything the bare process needs, in order: landed files, configuration tables, SQL."""
    import duckdb

    from assets.warehouse import warehouse

    fresh = folder / "bare.duckdb"
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(f"attach '{home / 'warehouse.duckdb'}' as run (read_only)")
        views = []
        for schema, table, kind in connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables "
            "where table_catalog = 'run' and table_schema in ('config', 'landing')"
        ).fetchall():
            connection.execute(f"create schema if not exists {schema}")
            if kind == "VIEW":
                views.append((schema, table))
            else:
                connection.execute(f"create table {schema}.{table} as from run.{schema}.{table}")
        connection.execute("detach run")
    landed = []
    with warehouse(home / "warehouse.duckdb", read_only=True) as connection:
        for schema, table in views:
            found = connection.execute(
                "select sql from duckdb_views() where schema_name = ? and view_name = ?",
                [schema, table],
            ).fetchone()
            assert found is not None
            landed.append((schema, table, found[0]))
    with duckdb.connect(str(fresh)) as connection:
        for _, _, definition in landed:
            connection.execute(definition)
    statements = _compiled(fresh, folder / "target")
    outputs = folder / "bare"
    outputs.mkdir()
    queries = [(s, t, sql.split(" AS ", 1)[1].rstrip("; \n")) for s, t, sql in landed]
    content = {
        "database": str(fresh), "folder": str(outputs), "landed": queries, "statements": statements
    }  # fmt: skip
    plan = folder / "plan.json"
    plan.write_text(json.dumps(content), "utf-8")
    return plan


def _compiled(database: Path, target: Path) -> list[tuple[str, str, str, str]]:
    """Schema, name, materialization and compiled SQL of every dbt model, parents first."""
    dbt = str(Path(sys.executable).parent / "dbt")
    subprocess.run(
        [dbt, "--quiet", "compile", "--project-dir", str(DBT_PROJECT), "--profiles-dir",
         str(DBT_PROJECT), "--target-path", str(target)],
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
    return [
        (n["schema"], n["name"], n["config"]["materialized"], n["compiled_code"])
        for n in (models[key] for key in ordered)
        if n["config"]["materialized"] != "ephemeral"
    ]


def _print(rows: list[Row]) -> None:
    print()
    print("accounts | run s | run CPU s | run MB | bare s | bare CPU s | bare MB")
    for row in rows:
        figures = [
            f"{m.wall_seconds:.1f} | {m.cpu_seconds:.1f} | {m.peak_megabytes:,.0f}"
            for m in (row.run, row.bare)
        ]
        print(f"{row.accounts:,} | {figures[0]} | {figures[1]}")
    first = rows[0]
    print(f"\nfixed cost at {first.accounts:,} accounts: {first.run.cpu_seconds:.1f} CPU s")
    for row in rows[1:]:
        grown = row.run.cpu_seconds - first.run.cpu_seconds
        beside = row.bare.cpu_seconds - first.bare.cpu_seconds
        print(
            f"beyond it, at {row.accounts:,}: the run costs {grown:.1f} CPU s more, "
            f"the bare SQL {beside:.1f}: {grown / beside:.2f} times"
        )


if __name__ == "__main__":
    main()
