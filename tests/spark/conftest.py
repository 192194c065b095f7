"""Where Spark is, or why it is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from assets.spark_settings import SparkUnavailableError, spark_distribution
from tests.end_to_end.conftest import next_day, zylker
from tests.spark.small_data import SETTINGS

__all__ = ["next_day", "zylker"]


@pytest.fixture(scope="session")
def distribution() -> Path:
    """The distribution that `make spark` installs."""
    try:
        return spark_distribution()
    except SparkUnavailableError as missing:
        do_without(str(missing))


def do_without(missing: str) -> NoReturn:
    """Skip what cannot be tested here; where everything must be tested, as on CI, fail."""
    if os.environ.get("CI") or os.environ.get("QUINTILE_INSIST") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(autouse=True, scope="session")
def _small_settings() -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("QUINTILE_SPARK_SETTINGS", SETTINGS)
