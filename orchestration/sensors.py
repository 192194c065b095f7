"""Sensors: what starts a run besides the clock."""

import json
import os

import dagster as dg

from assets.refresh import Installation
from connectors.watching import source_files
from orchestration.jobs import refresh_segments

POLL_SECONDS = 30


@dg.sensor(
    name="new_export_files",
    job=refresh_segments,
    minimum_interval_seconds=POLL_SECONDS,
    description="Starts a refresh when an export file in a source's folder is new or changed and "
    "complete: its size and time of change are the same at two looks in a row (F30).",
)
def new_export_files(
    context: dg.SensorEvaluationContext, installation: dg.ResourceParam[Installation]
) -> dg.SensorResult | dg.SkipReason:
    """Compare the files of every source with the last look; ask for a run once they are still."""
    seen = json.loads(context.cursor) if context.cursor else {"still": {}, "last": {}}
    now = source_files(installation.configuration, installation.path.parent, os.environ)
    changed = {name: print_ for name, print_ in now.items() if seen["still"].get(name) != print_}
    growing = [name for name, print_ in changed.items() if seen["last"].get(name) != print_]
    if not changed:
        cursor = {"still": seen["still"], "last": now}
        return dg.SensorResult(skip_reason="No new file.", cursor=json.dumps(cursor))
    if growing:
        cursor = {"still": seen["still"], "last": now}
        reason = (
            f"Waiting until {len(growing)} file(s) stop growing: {', '.join(sorted(growing)[:3])}"
        )
        return dg.SensorResult(skip_reason=reason, cursor=json.dumps(cursor))
    cursor = {"still": now, "last": now}
    key = "|".join(f"{name}:{print_}" for name, print_ in sorted(changed.items()))
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=key, tags={"quintile/files": str(len(changed))})],
        cursor=json.dumps(cursor),
    )


SENSORS = [new_export_files]
