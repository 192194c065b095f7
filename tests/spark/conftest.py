"""Where Spark is, or why it is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from assets.spark_settings import SparkUnavailableError, spark_distribution
from tests.end_to_end.conftest import next_day, zylker

__all__ = ["next_day", "zylker"]

JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
SETTINGS = (
    # Small data: what a cluster spreads is one row here and there.
    "spark.sql.shuffle.partitions=2 spark.driver.memory=1g spark.executor.memory=512m "
    "spark.sql.adaptive.enabled=false spark.log.level=WARN "
    # Plans that are used once: Java's second compiler costs more than it saves. Without it the code
    # cache would be 48 MB, which a run fills; then nothing is compiled, and linking may fail.
    f"'spark.driver.extraJavaOptions={JAVA}' 'spark.executor.extraJavaOptions={JAVA}'"
)


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
