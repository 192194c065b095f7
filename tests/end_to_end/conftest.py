"""Where the real data sets are: setting QUINTILE_DATA, by default `../shared/data`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.installation import ROOT

DEFAULT_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def data_set() -> Callable[[str], Path]:
    """Find one data set, or skip and say what is absent and how to point to it.

    Returns the folder of all data sets: configurations name the set itself.
    """

    def found(name: str) -> Path:
        setting = os.environ.get("QUINTILE_DATA", "")
        folder = Path(setting).expanduser().absolute() if setting else DEFAULT_DATA
        if not (folder / name).is_dir():
            origin = "QUINTILE_DATA" if setting else "the default; QUINTILE_DATA is not set"
            pytest.skip(f"the data set {name} is absent: no folder {folder / name} ({origin})")
        return folder

    return found
