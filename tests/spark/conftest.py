"""Where Spark is, or why it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.spark_server import SparkUnavailableError, spark_distribution
from tests.end_to_end.conftest import next_day, zylker

__all__ = ["next_day", "zylker"]

SETTINGS = (
    # Small data: what a cluster spreads is one row here and there.
    "spark.sql.shuffle.partitions=2 spark.driver.memory=1g spark.executor.memory=512m "
    "spark.sql.adaptive.enabled=false spark.log.level=WARN"
)


@pytest.fixture(scope="session")
def distribution() -> Path:
    """The distribution that `make spark` installs."""
    try:
        return spark_distribution()
    except SparkUnavailableError as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True, scope="session")
def _small_settings() -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("QUINTILE_SPARK_SETTINGS", SETTINGS)
