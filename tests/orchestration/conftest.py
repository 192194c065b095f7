"""Where the real data sets are, for tests of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import zylker
from tests.real_data import real_data

__all__ = ["zylker"]


@pytest.fixture(scope="session")
def data_set() -> Callable[[str], Path]:
    """Find the folder of one data set, or skip and say what is absent."""
    return real_data
