"""The whole code location: `build_definitions` joins assets, checks, jobs, schedules and sensors.

One Dagster concept per file beside this one; each exports one list. Overrides of
`build_definitions` are for tests and for the command line.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from assets.registry import ASSETS, CHECKS
from orchestration.jobs import JOBS
from orchestration.resources import default_resources
from orchestration.schedules import SCHEDULES
from orchestration.sensors import SENSORS


def build_definitions(**resource_overrides: Any) -> dg.Definitions:
    """Definitions of the code location, with single resources replaced by name."""
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={**default_resources(), **resource_overrides},
        # A process for every step would import everything again, which costs more than its work.
        executor=dg.in_process_executor,
    )


defs = build_definitions()
