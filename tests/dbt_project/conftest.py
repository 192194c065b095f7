"""dbt for the tests of SQL: parsed once, run in this process."""

from pathlib import Path

import pytest

from tests.dbt_project.warehouse import Dbt


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Return dbt with a target folder of this session."""
    target: Path = tmp_path_factory.mktemp("dbt_target")
    return Dbt(target)
