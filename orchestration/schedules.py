"""Schedules, named `<job>_<cadence>`."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from assets.refresh import Installation
from orchestration.jobs import refresh_segments

REFRESH_HOUR = 5
"""Local hour of the daily refresh: after the night's exports, before the working day."""


@dg.schedule(
    name="refresh_segments_daily",
    job=refresh_segments,
    cron_schedule="0 * * * *",
    execution_timezone="UTC",
    description="Every day in the hour after 05:00 in the organisation's time zone (SYS-9). It "
    "ticks hourly, because the zone is part of the configuration, which is read when it ticks and "
    "not when the code loads; an hour that is skipped or doubled by daylight saving costs no run.",
)
def refresh_segments_daily(
    context: dg.ScheduleEvaluationContext, installation: dg.ResourceParam[Installation]
) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run per local day, with that day as its business date."""
    zone = ZoneInfo(installation.configuration.organization.time_zone)
    return daily_run(context.scheduled_execution_time, zone)


def daily_run(tick: datetime, zone: ZoneInfo) -> dg.RunRequest | dg.SkipReason:
    """The run that an hourly tick asks for in a time zone, or why it asks for none (EDG-2)."""
    local = tick.astimezone(zone)
    if local.hour != REFRESH_HOUR:
        return dg.SkipReason(
            f"It is {local:%H:%M} in {zone.key}; the refresh runs in the hour after "
            f"{REFRESH_HOUR:02d}:00."
        )
    day = local.date().isoformat()
    return dg.RunRequest(
        run_key=f"daily-{day}",
        run_config={"resources": {"refresh": {"config": {"business_date": day}}}},
        tags={"quintile/as_of": day},
    )


SCHEDULES = [refresh_segments_daily]
