"""What learning costs: windows, five types, today's lists, at a size and number of products.

    python -m benchmarks.recommendations [--accounts 5000 50000 500000] [--products 300]
                                         [--results [DIRECTORY]]

Generates the demo CRM outside the measurement and spreads its 24 products over more by account, so
that associations stay. Then `quintile run` refreshes a fresh home with the technique off, and
another with it on. Printed are seconds, CPU seconds and peak memory of both runs, the seconds of
the dbt models that count, and what learning took.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.bare_plan import DBT_PROJECT
from benchmarks.crm import run_command, warm_up, write_crm
from benchmarks.measuring import Measurement, measure
from benchmarks.results import RESULTS, machine, write_result
from benchmarks.stages import breakdown

MODULE = "benchmarks.recommendations"
DEMO_PRODUCTS = 24
OFF, ON = "recommendations: {active: false}", "recommendations: {active: true}"
Row = dict[str, Any]


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, nargs="+", default=[5_000])
    parser.add_argument("--products", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="keep data and homes in this folder")
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    arguments = parser.parse_args()
    warm_up()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = (arguments.keep or Path(temporary)).resolve()
        for size in sorted(arguments.accounts):
            rows.append(measured(size, arguments.products, base / f"recommendations-{size}"))
            if arguments.results:
                write_result(arguments.results, MODULE, rows)
    print("\n".join(table(rows)))


def measured(accounts: int, products: int, folder: Path) -> Row:
    """Run one size with the technique off and on."""
    configuration = write_crm(folder, accounts)
    spread_products(folder / "data", products)
    without = _run(configuration, folder / "without", folder / "without.log")
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace(OFF, ON), encoding="utf-8")
    home = folder / "home"
    run = _run(configuration, home, folder / "run.log")
    parts = breakdown(home, run, DBT_PROJECT / "target" / "manifest.json")
    learning = parts.stages["learning"]
    row = {
        "accounts": accounts,
        "products": products,
        "without": _figures(without),
        "run": _figures(run),
        "counting_seconds": round(parts.model_seconds.get("recommendations", 0.0), 3),
        "learning": {
            "wall_seconds": round(learning.wall_seconds, 3),
            "cpu_seconds": round(learning.cpu_seconds, 3),
            "peak_megabytes": round(learning.peak_megabytes, 1),
        },
        "recommendations": _recommended(home),
        "machine": machine(),
    }
    shutil.rmtree(folder, ignore_errors=True)
    return row


def spread_products(data: Path, products: int) -> None:
    """Give every product of the demo variants, the same one for all lines of an account."""
    variants = max(1, products // DEMO_PRODUCTS)
    with duckdb.connect() as connection:
        lines, deals = data / "Deals_Products.parquet", data / "Deals.parquet"
        owners = f'(select distinct "Deal Id", "Account Id" from \'{deals}\')'
        variant = f"'-' || (hash(d.\"Account Id\") % {variants})"
        connection.execute(
            f'copy (select l.* replace (l."Product Id" || {variant} as "Product Id") '
            f"from '{lines}' l left join {owners} d using (\"Deal Id\")) "
            f"to '{lines}.new' (format parquet)"
        )
        own = data / "Products.parquet"
        connection.execute(
            f'copy (select p.* replace (p."Product Id" || \'-\' || n as "Product Id") '
            f"from '{own}' p, range({variants}) numbers(n)) to '{own}.new' (format parquet)"
        )
    for file in (lines, own):
        file.with_name(f"{file.name}.new").replace(file)


def _run(configuration: Path, home: Path, log: Path) -> Measurement:
    return measure(run_command(configuration, home), log=log)


def _figures(run: Measurement) -> dict[str, float]:
    return {
        "wall_seconds": round(run.wall_seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "peak_megabytes": round(run.peak_megabytes, 1),
    }


def _recommended(home: Path) -> int:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select count(*) from ml.recommendations").fetchone()
    return int(found[0]) if found else 0


def table(rows: list[Row]) -> list[str]:
    """The figures as lines."""
    lines = [
        "accounts | products | run s | run CPU s | run MB | off s | off CPU s | off MB | "
        "counting s | learning s | learning CPU s | learning MB | rows"
    ]
    for row in rows:
        run, off, learning = row["run"], row["without"], row["learning"]
        cells = [
            f"{row['accounts']:,}",
            str(row["products"]),
            *(f"{part['wall_seconds']:.1f} | {part['cpu_seconds']:.1f} | "
              f"{part['peak_megabytes']:,.0f}" for part in (run, off)),
            f"{row['counting_seconds']:.1f}",
            f"{learning['wall_seconds']:.1f} | {learning['cpu_seconds']:.1f} | "
            f"{learning['peak_megabytes']:,.0f}",
            f"{row['recommendations']:,}",
        ]  # fmt: skip
        lines.append(" | ".join(cells))
    return lines


if __name__ == "__main__":
    main()
