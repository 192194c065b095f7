"""The whole run on a standalone Spark cluster of two workers with one core each.

    python -m benchmarks.spark [--accounts 5000 50000 500000 5000000] [--memory 3g]
                               [--keep DIRECTORY] [--results [DIRECTORY]]

For every size it generates the demo CRM as Parquet outside the measurement, starts a master and two
workers as processes, and runs `quintile run --engine spark --master spark://...` on a fresh home:
landing, checks, every dbt model and test on the cluster, publishing and exports. It prints wall and
CPU seconds, the peak memory of the largest process and of all of them together (master, workers,
executors, driver, pipeline), and the stages of the run. Beside it stands the same run on DuckDB
(--without-duckdb leaves it out), and both must publish equal accounts, deals, lines and scores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assets.spark_settings import spark_distribution
from benchmarks.bare_plan import DBT_PROJECT
from benchmarks.cluster import standalone_cluster
from benchmarks.crm import run_command, warm_up, write_crm
from benchmarks.incremental import assert_same
from benchmarks.measuring import Measurement, measure
from benchmarks.results import RESULTS, machine, write_result
from benchmarks.rfm import published_folder
from benchmarks.stages import breakdown, measured_stages

MODULE = "benchmarks.spark"
MEMORY = "3g"
"""Of each executor, and of the driver."""
Row = dict[str, Any]


def main() -> None:
    """Measure every size and print the table; with `--inside` be the measured process."""
    arguments = _arguments()
    if arguments.inside:
        folder, memory = arguments.inside
        sys.exit(run_on_cluster(Path(folder), memory))
    warm_up()
    rows = []
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = (arguments.keep or Path(temporary)).resolve()
        for size in sorted(arguments.accounts):
            is_beside = not arguments.without_duckdb
            rows.append(measured(size, base / f"spark-{size}", arguments.memory, is_beside))
            # Each size is kept as soon as it is known: the next may take an hour.
            if arguments.results:
                write_result(arguments.results, MODULE, rows)
    print("\n".join(table(rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, nargs="+", default=[5_000])
    parser.add_argument("--memory", default=MEMORY, help="of each executor and of the driver [3g]")
    parser.add_argument("--without-duckdb", action="store_true", help="no run on DuckDB beside it")
    parser.add_argument("--keep", type=Path, help="keep data and homes in this folder")
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    parser.add_argument("--inside", nargs=2, metavar=("FOLDER", "MEMORY"), help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(accounts: int, folder: Path, memory: str, is_beside: bool) -> Row:
    """Measure the run on the cluster at one size, and on DuckDB beside it when that is asked."""
    configuration, home = write_crm(folder, accounts), folder / "home"
    own = [sys.executable, "-m", MODULE, "--inside", str(folder), memory]
    run = measure(own, log=folder / "spark.log")
    row: Row = {
        "accounts": accounts,
        "memory": memory,
        "spark": _figures(run),
        "stages": breakdown(home, run, DBT_PROJECT / "target" / "manifest.json").as_dict()[
            "stages"
        ],
        "machine": machine(),
    }
    if is_beside:
        alone = folder / "alone"
        duckdb = measure(run_command(configuration, alone), log=folder / "duckdb.log")
        assert_same(published_folder(alone), published_folder(home))
        row["duckdb"] = _figures(duckdb)
    return row


def run_on_cluster(folder: Path, memory: str) -> int:
    """Start a cluster and run the home of `folder` on it; return the run's exit code."""
    cluster = folder / "cluster"
    shutil.rmtree(cluster, ignore_errors=True)
    settings = (
        f"spark.executor.memory={memory} spark.driver.memory={memory} "
        # What executors cannot hold they spill; without room for it they would be killed.
        f"spark.local.dir={cluster / 'spill'} spark.log.level=WARN "
        # One core of an executor has all its memory: parts that fit in it need not be sorted.
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold=64m"
    )
    with standalone_cluster(spark_distribution(), cluster, memory) as master:
        command = run_command(folder / "abm.yaml", folder / "home")
        return subprocess.run(
            [*command, "--engine", "spark", "--master", master],
            env={**os.environ, "QUINTILE_SPARK_SETTINGS": settings},
            check=False,
        ).returncode


def _figures(run: Measurement) -> dict[str, float]:
    return {
        "wall_seconds": round(run.wall_seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "peak_megabytes": round(run.peak_megabytes, 1),
        "peak_megabytes_together": round(run.peak_megabytes_together, 1),
    }


def table(rows: Sequence[Row]) -> list[str]:
    """Both engines by size, then the stages of the run on the cluster."""
    lines = ["accounts | engine | s | CPU s | MB of the largest process | MB of all together"]
    for row in rows:
        for engine in ("spark", "duckdb"):
            if found := row.get(engine):
                lines.append(
                    f"{row['accounts']:,} | {engine} | {found['wall_seconds']:.1f} | "
                    f"{found['cpu_seconds']:.1f} | {found['peak_megabytes']:,.0f} | "
                    f"{found['peak_megabytes_together']:,.0f}"
                )
    lines += ["", "stage | " + " | ".join(f"{row['accounts']:,}: s, CPU s" for row in rows)]
    for name in measured_stages(rows):
        stages = [row["stages"][name] for row in rows]
        cells = [f"{s['wall_seconds']:.1f}, {s['cpu_seconds']:.1f}" for s in stages]
        lines.append(f"{name} | " + " | ".join(cells))
    return lines


if __name__ == "__main__":
    main()
