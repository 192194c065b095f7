"""Where the real data sets lie, for every test that needs one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """Return the folder of one data set, or skip and say what is absent and how to point to it."""
    setting = os.environ.get("QUINTILE_DATA", "")
    folder = Path(setting).expanduser().absolute() if setting else DEFAULT
    if not (folder / name).is_dir():
        origin = "QUINTILE_DATA" if setting else "the default; QUINTILE_DATA is not set"
        pytest.skip(f"the data set {name} is absent: no folder {folder / name} ({origin})")
    return folder / name
