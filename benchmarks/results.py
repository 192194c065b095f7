"""What a benchmark leaves behind: one JSON file with its figures, its command and the machine.

Holds the shape of the files in `docs/benchmarks/`, from which `benchmarks.page` makes the page.
Never put a figure's computation here.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.crm import ROOT

RESULTS = ROOT / "docs" / "benchmarks"
PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "numpy", "pandas", "polars", "pyarrow")


def machine() -> dict[str, Any]:
    """The machine without its name or the date: cores, memory, versions, how busy it is now."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def command(module: str) -> str:
    """The command this process was started with, without what only says where to keep files."""
    words = list(sys.argv[1:])
    for option in ("--results", "--keep", "--vectors"):
        if option in words:
            place = words.index(option)
            del words[place : place + 2]
    return " ".join(["python -m", module, *words])


def write_result(
    folder: Path,
    module: str,
    rows: Sequence[dict[str, Any]],
    known_by: str = "accounts",
    **more: Any,
) -> Path:
    """Write `<name of the module>.json` into a folder; rows not measured now are kept.

    A row is known by one of its entries; each carries its machine and the command that made it.
    """
    name = module.rsplit(".", 1)[-1]
    path = folder / f"{name}.json"
    fresh = {row[known_by]: {**row, "command": command(module)} for row in rows}
    before = read_result(folder, name)["rows"] if path.exists() else []
    kept = {row[known_by]: row for row in before}
    ordered = [row for _, row in sorted({**kept, **fresh}.items())]
    folder.mkdir(parents=True, exist_ok=True)
    content = {"benchmark": module, **more, "rows": ordered}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def read_result(folder: Path, name: str) -> dict[str, Any]:
    """Content of `<name>.json` of a folder.

    Raises:
        FileNotFoundError: the benchmark has not been run with `--results` yet.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run python -m benchmarks.{name} --results")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
