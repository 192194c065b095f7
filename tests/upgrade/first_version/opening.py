"""Unpacks the installation that the first version left, and tells what a run of it must give."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def unpacked(folder: Path) -> Path:
    """Unpack the installation into a folder: `abm.yaml`, `crm`, `next` and the home `.quintile`."""
    with tarfile.open(HERE / "home.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def expected() -> dict[str, list[list[Any]]]:
    """Rows that the first version computed for the third date, by name."""
    found: dict[str, list[list[Any]]] = json.loads(
        (HERE / "expected.json").read_text(encoding="utf-8")
    )
    return found
