"""The whole orchestrated run, stage by stage, beside the bare SQL of the same tables.

    python -m benchmarks.refresh [--accounts 200 5000 50000 500000 5000000] [--keep DIRECTORY]
                                 [--results [DIRECTORY]]

For every size it generates the demo CRM (10 deals and 20 lines per account) as Parquet outside the
measurement, runs `quintile run` on it in a fresh home, and then makes the same tables once more in
one bare DuckDB process (`bare_sql.py`): landed Parquet, the very SQL that dbt compiled, parents
first, and the published copy, without checks, tests or orchestration. It prints time, CPU and peak
memory of both, every stage of the run, the groups of dbt beside the same statements in the bare
process, and how fast the cost grows, with and without the fixed cost (that of the first size). For
the groups the run is repeated with one thread of dbt, so that statements do not wait for each
other: in the bare process each has the machine to itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.bare_plan import DBT_PROJECT, bare_plan, write_plan
from benchmarks.crm import run_command, warm_up, write_crm
from benchmarks.growth import exponent
from benchmarks.measuring import Measurement, measure
from benchmarks.results import RESULTS, machine, write_result
from benchmarks.stages import RATIO_GROUPS, breakdown, measured_stages

MODULE = "benchmarks.refresh"
FLOOR = 200
SIZES = (FLOOR, 5_000)
ONE_BY_ONE = {"QUINTILE_DBT_THREADS": "1"}
PARTS = {
    "landing": ("landing", "landing checks"),
    "dbt": ("dbt build", "dbt results told to Dagster"),
    "publish": ("publish",),
}
"""Parts of a run that have their like in the bare process; with their checks and events."""
Row = dict[str, Any]


def main() -> None:
    """Measure every size and print the tables."""
    arguments = _arguments()
    warm_up()
    rows = []
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = arguments.keep or Path(temporary)
        for size in sorted(arguments.accounts):
            rows.append(measured(size, base / str(size)))
            # Each size is kept as soon as it is known: the next may take an hour.
            if arguments.results:
                write_result(arguments.results, MODULE, rows)
    for lines in (totals(rows), growth(rows), stages(rows), parts(rows), groups(rows)):
        print("\n".join(lines) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--keep", type=Path, help="keep data and homes in this folder")
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    return parser.parse_args()


def measured(accounts: int, folder: Path) -> Row:
    """Measure the run and the bare SQL of one size; data and home stay in `folder`."""
    configuration, home = write_crm(folder, accounts), folder / "home"
    run = measure(run_command(configuration, home), log=folder / "run.log")
    manifest = DBT_PROJECT / "target" / "manifest.json"
    parts = breakdown(home, run, manifest)
    again = measure(
        run_command(configuration, home), environment=ONE_BY_ONE, log=folder / "again.log"
    )
    alone = breakdown(home, again, manifest)
    plan = bare_plan(home, folder)
    bare = measure(
        [sys.executable, str(Path(__file__).with_name("bare_sql.py")),
         str(write_plan(plan, folder))],
        log=folder / "bare.log",
    )  # fmt: skip
    statements = json.loads((folder / "bare.json").read_text("utf-8"))
    print(
        f"  {accounts:,} accounts: run {run.wall_seconds:.1f} s, bare {bare.wall_seconds:.1f} s",
        file=sys.stderr,
    )
    return {
        "accounts": accounts,
        "run": _figures(run),
        "bare": _figures(bare),
        "stages": parts.as_dict()["stages"],
        "model_seconds": alone.model_seconds,
        "test_seconds": alone.test_seconds,
        "bare_statements": statements,
        "machine": machine(),
    }


def _figures(measurement: Measurement) -> dict[str, float]:
    return {
        "wall_seconds": round(measurement.wall_seconds, 3),
        "cpu_seconds": round(measurement.cpu_seconds, 3),
        "peak_megabytes": round(measurement.peak_megabytes, 1),
    }


def totals(rows: Sequence[Row]) -> list[str]:
    """Run and bare SQL by size, and how much more the run costs beyond its floor."""
    lines = ["accounts | run s | run CPU s | run MB | bare s | bare CPU s | bare MB"]
    for row in rows:
        figures = [
            f"{m['wall_seconds']:.1f} | {m['cpu_seconds']:.1f} | {m['peak_megabytes']:,.0f}"
            for m in (row["run"], row["bare"])
        ]
        lines.append(f"{row['accounts']:,} | {figures[0]} | {figures[1]}")
    first = rows[0]
    lines += ["", f"fixed cost at {first['accounts']:,} accounts: {_cpu(first):.1f} CPU s"]
    for row in rows[1:]:
        grown, beside = _cpu(row) - _cpu(first), _cpu(row, "bare") - _cpu(first, "bare")
        lines.append(
            f"beyond it, at {row['accounts']:,}: the run costs {grown:.1f} CPU s more, "
            f"the bare SQL {beside:.1f}: {grown / beside:.2f} times (wanted: 1.5)"
        )
    return lines


def _cpu(row: Row, what: str = "run") -> float:
    return float(row[what]["cpu_seconds"])


def stages(rows: Sequence[Row]) -> list[str]:
    """Wall, CPU and peak memory of every stage, by size."""
    lines = ["stage | " + " | ".join(f"{row['accounts']:,}: s, CPU s, MB" for row in rows)]
    for name in measured_stages(rows):
        cells = [
            f"{s['wall_seconds']:.1f}, {s['cpu_seconds']:.1f}, {s['peak_megabytes']:,.0f}"
            for s in (row["stages"][name] for row in rows)
        ]
        lines.append(f"{name} | " + " | ".join(cells))
    return lines


def parts(rows: Sequence[Row]) -> list[str]:
    """CPU seconds of the large parts of the run beside those of the bare process, by size."""
    lines = ["part | accounts | run CPU s | bare CPU s | ratio | beyond the first size"]
    for row in rows:
        for title, names in PARTS.items():
            run, bare = _part(row, title, names)
            first = _part(rows[0], title, names)
            ratio = f"{run / bare:.2f}" if bare else "-"
            beyond = f"{(run - first[0]) / (bare - first[1]):.2f}" if bare > first[1] else "-"
            lines.append(
                f"{title} | {row['accounts']:,} | {run:.1f} | {bare:.1f} | {ratio} | {beyond}"
            )
    return lines


def _part(row: Row, title: str, names: Sequence[str]) -> tuple[float, float]:
    """CPU seconds of one part: of the run, of the bare process."""
    run = sum(row["stages"][name]["cpu_seconds"] for name in names)
    seconds = bare_seconds(row, "cpu_seconds")
    alone = {"landing": seconds["landing"], "publish": seconds["publish"]}
    return run, alone.get(title, sum(seconds.values()) - sum(alone.values()))


def bare_seconds(row: Row, what: str = "wall_seconds") -> dict[str, float]:
    """Seconds of the bare process by stage."""
    seconds: dict[str, float] = defaultdict(float)
    for part in row["bare_statements"]:
        seconds[part["stage"]] += part[what]
    return dict(seconds)


def groups(rows: Sequence[Row]) -> list[str]:
    """Dbt's seconds by group (one by one) beside the same statements in the bare process.

    The first size is the floor: what a group costs beyond it is compared as well.
    """
    lines = [
        "dbt group | accounts | models s | tests s | bare s | models / bare | beyond the floor"
    ]
    for row in rows:
        for name in row["model_seconds"]:
            lines.append(_group_line(name, [name], row, rows[0]))
        lines.append(_group_line(" + ".join(RATIO_GROUPS), RATIO_GROUPS, row, rows[0]))
    return lines


def _group_line(title: str, names: Sequence[str], row: Row, floor: Row) -> str:
    models, bare = _together(row["model_seconds"], names), _together(bare_seconds(row), names)
    tests = _together(row["test_seconds"], names)
    beyond = "-"
    if row is not floor:
        more = models - _together(floor["model_seconds"], names)
        beside = bare - _together(bare_seconds(floor), names)
        beyond = f"{more / beside:.2f}" if beside > 0 else "-"
    ratio = f"{models / bare:.2f}" if bare else "-"
    return (
        f"{title} | {row['accounts']:,} | {models:.2f} | {tests:.2f} | {bare:.2f} | {ratio} | "
        f"{beyond}"
    )


def _together(seconds: dict[str, float], names: Sequence[str]) -> float:
    return sum(seconds.get(name, 0.0) for name in names)


def growth(rows: Sequence[Row]) -> list[str]:
    """Growth exponents of CPU seconds between sizes, with and without the cost of the floor."""
    lines = ["growth of CPU seconds | run | run beyond its floor | bare | bare beyond its floor"]
    for small, large in pairwise(rows):
        cells = []
        for what in ("run", "bare"):
            points = [(float(row["accounts"]), _cpu(row, what)) for row in (small, large)]
            floor = _cpu(rows[0], what)
            cells.append(f"{exponent(*points):.2f}")
            # A small run that a quiet machine made cheaper than the floor says nothing of growth.
            is_above = min(points[0][1], points[1][1]) > floor
            cells.append(f"{exponent(*points, fixed=floor):.2f}" if is_above else "-")
        lines.append(f"{small['accounts']:,} to {large['accounts']:,} | " + " | ".join(cells))
    return lines


if __name__ == "__main__":
    main()
