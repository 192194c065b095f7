"""A load that changes 1 % of the deals beside a full one.

    python -m benchmarks.incremental [--accounts 5000] [--share 0.01] [--keep DIRECTORY]
                                     [--results [DIRECTORY]]

It fills a home from a demo CRM on one day, or takes the one that `benchmarks.refresh --keep` left
there (`benchmarks.rfm` cannot use it any more afterwards). On the next day a file of changed
deals arrives, every hundredth deal with another amount and a new time of change, and the home is
refreshed once more. Beside it, a fresh home lands everything that there is on that second day, the
change included, and is refreshed from nothing. Both must publish the same accounts, deals and
scores. It prints wall and CPU seconds of landing, of dbt, and of the whole run.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.bare_plan import DBT_PROJECT
from benchmarks.crm import AS_OF, run_command, warm_up, write_crm
from benchmarks.measuring import Measurement, measure
from benchmarks.results import RESULTS, machine, write_result
from benchmarks.rfm import published_folder
from benchmarks.stages import breakdown

MODULE = "benchmarks.incremental"
NEXT_DAY = AS_OF + timedelta(days=1)
TARGET = 1 / 3
"""Share of the full run that the refresh after a 1 % load may take (issue 3)."""
SAME = ("dim_accounts", "fct_deals", "fct_deal_lines", "seg_account_rfm", "seg_account_labels")
PARTS = ("landing", "landing checks", "dbt build", "dbt results told to Dagster", "publish")
Row = dict[str, Any]


def main() -> None:
    """Measure every size and print the table."""
    arguments = _arguments()
    warm_up()
    rows = []
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = arguments.keep or Path(temporary)
        for size in arguments.accounts:
            rows.append(measured(size, arguments.share, base / str(size)))
            if arguments.results:
                write_result(arguments.results, MODULE, rows, share=arguments.share)
    print("\n".join(table(rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, nargs="+", default=[5_000])
    parser.add_argument("--share", type=float, default=0.01, help="share of deals that change")
    parser.add_argument("--keep", type=Path, help="use and keep data and homes in this folder")
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    return parser.parse_args()


def measured(accounts: int, share: float, folder: Path) -> Row:
    """Fill a home, change some deals, refresh it; beside it a fresh home with everything.

    A home that `folder` already holds is taken as it is, and holds one load more afterwards.
    """
    configuration, home, fresh = folder / "abm.yaml", folder / "home", folder / "fresh"
    if not (home / "published" / "current.json").exists():
        measure(run_command(write_crm(folder, accounts), home), log=folder / "first.log")
    changed = write_changes(folder / "data", share, NEXT_DAY)
    again = measure(run_command(configuration, home, NEXT_DAY), log=folder / "again.log")
    full = measure(run_command(configuration, fresh, NEXT_DAY), log=folder / "full.log")
    assert_same(published_folder(home), published_folder(fresh))
    return {
        "accounts": accounts,
        "changed_deals": changed,
        "incremental": _figures(home, again),
        "full": _figures(fresh, full),
        "machine": machine(),
    }


def write_changes(data: Path, share: float, day: date) -> int:
    """Write a file of deals that changed on a day beside the full export; return their number."""
    deals, changes = data / "Deals.parquet", data / f"Deals_{day.isoformat()}.parquet"
    every = round(1 / share)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace (
                    cast("Amount" * 1.5 as decimal(18, 2)) as "Amount",
                    cast(timestamp '{day} 09:00:00' as timestamp_ms) as "Modified Time"
                )
                from '{deals}'
                qualify row_number() over (order by "Deal Id", "Modified Time") % {every} = 0
            ) to '{changes}' (format parquet, compression zstd)
            """
        )
        ((changed,),) = connection.sql(f"select count(*) from '{changes}'").fetchall()
    return int(changed)


def assert_same(one: Path, other: Path) -> None:
    """Compare what two homes publish, whatever the loads their records came with.

    Raises:
        AssertionError: a table differs; how many rows, and of which table, is inside.
    """
    for table_name in SAME:
        files = [folder / f"{table_name}.parquet" for folder in (one, other)]
        columns = [row[0] for row in duckdb.sql(f"describe from '{files[0]}'").fetchall()]
        chosen = ", ".join(f'"{name}"' for name in columns if name != "definition_hash")
        first, second = (f"select {chosen} from '{file}'" for file in files)
        ((differing,),) = duckdb.sql(
            f"select count(*) from ((({first}) except all ({second})) "
            f"union all (({second}) except all ({first})))"
        ).fetchall()
        assert not differing, f"{table_name}: {differing} rows differ"


def _figures(home: Path, run: Measurement) -> dict[str, Any]:
    stages = breakdown(home, run, DBT_PROJECT / "target" / "manifest.json").stages
    return {
        "wall_seconds": round(run.wall_seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "stages": {
            name: [round(stages[name].wall_seconds, 3), round(stages[name].cpu_seconds, 3)]
            for name in PARTS
        },
    }


def table(rows: list[Row]) -> list[str]:
    """Both runs by part, and the ratio that the issue limits."""
    lines = ["accounts | part | 1 % load: s, CPU s | full: s, CPU s | ratio of s | ratio of CPU"]
    for row in rows:
        few, full = row["incremental"], row["full"]
        pairs = {name: (few["stages"][name], full["stages"][name]) for name in PARTS}
        whole = [[found["wall_seconds"], found["cpu_seconds"]] for found in (few, full)]
        for name, (one, other) in {**pairs, "whole run": whole}.items():
            lines.append(
                f"{row['accounts']:,} | {name} | {one[0]:.1f}, {one[1]:.1f} | "
                f"{other[0]:.1f}, {other[1]:.1f} | {one[0] / other[0]:.2f} | "
                f"{one[1] / max(other[1], 0.01):.2f}"
            )
        ratio = whole[0][0] / whole[1][0]
        verdict = "reached" if ratio <= TARGET else "not reached"
        lines.append(
            f"{row['accounts']:,}: {row['changed_deals']:,} deals changed; the whole run takes "
            f"{ratio:.2f} of the full one (wanted: {TARGET:.2f}; {verdict})"
        )
    return lines


if __name__ == "__main__":
    main()
