"""What a run of `quintile` imports, imported by the fork server before anything is forked.

Nothing that starts a thread may stand here: a fork would leave its locks held for ever.
"""

# ruff: noqa: F401
import alembic.command
import dbt.adapters.duckdb
import dbt.cli.main
import matplotlib.backends.backend_agg
import matplotlib.figure
import numpy
import pandas
import pyarrow.parquet

import assets.exporting
import assets.publishing
import connectors.landing
import connectors.zylker
import orchestration.cli
import orchestration.definitions
import orchestration.running
import orchestration.summary
from data_tests.landing.validation import _great_expectations
from tests.faults.processes import assert_forkable

with _great_expectations():
    pass
assert_forkable()
