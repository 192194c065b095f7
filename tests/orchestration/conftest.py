"""Where the real data sets are, for tests of commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import zylker

__all__ = ["zylker"]

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def data_set() -> Callable[[str], Path]:
    """Find the folder of one data set, or skip and say what is absent."""

    def found(name: str) -> Path:
        setting = os.environ.get("QUINTILE_DATA", "")
        folder = (Path(setting).expanduser() if setting else DEFAULT_DATA) / name
        if not folder.is_dir():
            pytest.skip(f"the data set {name} is absent: no folder {folder} (QUINTILE_DATA)")
        return folder.absolute()

    return found
