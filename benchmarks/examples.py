"""The examples as data sets that quality is measured on: the demo CRM in any size, and real data.

Real data is read where QUINTILE_DATA points to. Never measure here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.crm import DEMO_SOURCE, ROOT


def examples(names: Sequence[str], accounts: int, base: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and configuration of the named examples; real data that is not there is told.

    The demo CRM is written for so many accounts into a folder of `base`.

    Raises:
        ValueError: the demo's configuration no longer says how large it is.
    """
    for name in names:
        example = ROOT / "examples" / name / "abm.yaml"
        if name == "zylker":
            folder = base / name
            shutil.copytree(example.parent, folder, ignore=shutil.ignore_patterns(".*"))
            text = example.read_text(encoding="utf-8")
            if DEMO_SOURCE not in text:
                raise ValueError(f"{example} has no {DEMO_SOURCE!r} to replace")
            sized = DEMO_SOURCE.replace("200", str(accounts))
            (folder / "abm.yaml").write_text(text.replace(DEMO_SOURCE, sized), encoding="utf-8")
            yield name, folder / "abm.yaml"
        elif os.environ.get("QUINTILE_DATA"):
            yield name, example
        else:
            print(f"{name} is left out: QUINTILE_DATA names no folder with the real data sets")
