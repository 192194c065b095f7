"""`quintile status`: what is published, who is at work, what failed, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    clock,
    home_of,
    reporting,
    say,
)

if TYPE_CHECKING:
    from datetime import datetime

    from orchestration.commands.situation import RunState, Situation

STALE_AFTER: Final = timedelta(days=2)
"""A daily refresh that is this late was missed."""

_MOST_LINES: Final = 8
_FAILED: Final = ("FAILURE", "CANCELED")


@reporting
def status(
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when something needs to be done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell how things stand: what is published, who is at work, what failed, what to do next.

    It reads only and never waits for a run. Sections: the published copy and its age; who holds
    the warehouse; the last runs with the failed step and its message; the last load of every
    module with its row balance; quarantined rows by reason; findings in the data; and at the end,
    the most urgent first, what to do.
    """
    from orchestration.commands.situation import situation

    found = situation(config, home_of(config, home), clock())
    steps = list(next_steps(found))
    if as_json:
        show_json(_document(found, steps))
    else:
        _show(found, steps)
    if exit_code and steps:
        raise typer.Exit(1)


def _show(found: Situation, steps: list[str]) -> None:
    for line in _published_lines(found):
        say(line)
    say(_holder_line(found))
    say()
    _show_runs(found)
    _show_loads(found)
    _show_findings(found)
    for fault in found.faults:
        say(f"! could not be read: {fault}")
    say("What to do next")
    for number, step in enumerate(steps, start=1):
        say(f"  {number}. {step}")
    if not steps:
        say("  Nothing: the last run ended well and its copy is published.")


def _published_lines(found: Situation) -> Iterator[str]:
    publication = found.publication
    if publication is None:
        yield f"Published    nothing yet ({found.home.published})"
        return
    age = _duration(found.now - publication.computed_at)
    yield f"Published    {publication.version}, as of {publication.as_of}"
    inputs = f"; inputs up to {publication.inputs_as_of}" if publication.inputs_as_of else ""
    yield f"             computed {publication.computed_at:%Y-%m-%d %H:%M} UTC, {age} ago{inputs}"
    yield f"             {publication.database}"
    if found.is_configuration_published is False:
        yield "             the configuration has changed since"


def _holder_line(found: Situation) -> str:
    holder = found.holder
    if found.starting_run is not None:
        return f"Warehouse    free; run {found.starting_run.run_id[:8]} is starting"
    if holder is None:
        return "Warehouse    free; no run is at work"
    since = _duration(found.now - holder.since)
    return (
        f"Warehouse    held by {holder.holder}, pid {holder.pid} on {holder.host} "
        f"({holder.command}), for {since}"
    )


def _show_runs(found: Situation) -> None:
    rows = [
        (
            run.run_id[:8],
            _state(run),
            run.as_of,
            run.started_at,
            _duration(run.ended_at - run.started_at) if run.started_at and run.ended_at else None,
            ", ".join(run.failures) or None,
        )
        for run in found.runs
    ]
    header = ["run", "state", "as of", "started", "took", "failed step"]
    show_table(header, rows, title="Last runs", empty="no run yet")
    last = found.last_run
    if last is not None and _state(last) != "ok":
        for step, message in last.failures.items():
            say(f"  {last.run_id[:8]} failed in {step}:")
            for line in _cut(message):
                say(f"    {line}")
    for check in last.failed_checks if last is not None else ():
        say(f"  failing check  {check}")
    say()


def _state(run: RunState) -> str:
    if run.is_dead:
        return "KILLED"
    return {"SUCCESS": "ok", "FAILURE": "FAILED", "STARTED": "at work"}.get(run.status, run.status)


def _cut(message: str) -> Iterator[str]:
    lines = [line for line in message.splitlines() if line.strip()]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"… and {len(lines) - _MOST_LINES} more lines (the whole text: make dev)"


def _show_loads(found: Situation) -> None:
    rows = [
        (
            load.module,
            (load.landed_at or "")[:16].replace("T", " "),
            load.rows_read,
            load.rows_accepted,
            load.rows_quarantined,
            load.rows_duplicate,
            load.rows_filtered,
            "ok" if load.is_balanced else "NO",
            load.files[0].name + (f" and {len(load.files) - 1} more" if load.files[1:] else "")
            if load.files
            else None,
        )
        for load in found.loads
    ]
    header = ["module", "landed (UTC)", "read", "accepted", "quarantined", "duplicates"]
    header += ["filtered", "balance", "from"]
    show_table(header, rows, title="Last load of every module", empty="nothing has landed yet")
    say()
    if found.quarantine:
        show_table(
            ["module", "reason", "field", "rows"],
            [(q.module, q.reason, q.field, q.count) for q in found.quarantine],
            title="Quarantined rows, by reason",
        )
        say()


def _show_findings(found: Situation) -> None:
    if not found.findings:
        return
    rows = [(f.severity, f.check, f.module, f.count, f.examples) for f in found.findings]
    header = ["severity", "check", "module", "found", "such as"]
    show_table(header, rows, title="Findings in the published data")
    say()


def next_steps(found: Situation) -> Iterator[str]:
    """What to do, the most urgent first; nothing when all is well."""
    if found.configuration_problems:
        first, count = found.configuration_problems[0], len(found.configuration_problems)
        yield f"Correct the configuration (`quintile check` shows all {count}). The first: {first}"
    if any(fault.startswith("published copy") for fault in found.faults):
        yield "Run `quintile run`: it publishes anew; older versions beside the damaged one stay."
    if found.holder is not None:
        yield (
            "Wait for the run at work. If it hangs: `kill "
            f"{found.holder.pid}` on {found.holder.host}, then `quintile run`; readers of the "
            "published copy are not affected."
        )
        return
    if found.starting_run is not None:
        yield "Wait a minute and ask again: a run is starting."
        return
    yield from _run_steps(found)
    for finding in found.findings:
        if finding.severity == "error":
            records = "1 record" if finding.count == 1 else f"{finding.count:,} records"
            yield f"Error in the data, {records}: {finding.description}"
    if found.quarantine:
        rows = sum(q.count for q in found.quarantine)
        yield (
            f"{rows:,} {'row is' if rows == 1 else 'rows are'} in quarantine with file, line and "
            "raw text; correct them in the CRM and export again: "
            f"{found.home.landing}/*/*/quarantine.parquet"
        )


def _run_steps(found: Situation) -> Iterator[str]:
    last = found.last_run
    if last is not None and last.is_dead:
        yield "The process of the last run was killed. `quintile run` tidies up and starts anew."
    elif last is not None and last.status in _FAILED:
        kept = "the copy published before stays in use" if found.publication else ""
        yield f"Do what the message of the failed step says, then `quintile run`; {kept}."
    elif found.publication is None:
        yield "Run `quintile run`: nothing is published yet."
    elif found.is_configuration_published is False:
        yield "The configuration has changed since the published copy: `quintile run`."
    elif _is_stale(found):
        yield (
            f"The published copy is as of {found.publication.as_of}, today is {found.today}: "
            "`quintile run`, and see whether the daily schedule is on (make dev, Automation)."
        )


def _is_stale(found: Situation) -> bool:
    """Whether the daily refresh was missed; archived data with a fixed as_of does not age."""
    configuration, publication = found.configuration, found.publication
    if configuration is None or publication is None:
        return False
    fixed = configuration.organization.as_of is not None
    return not fixed and found.today - publication.as_of >= STALE_AFTER


def _duration(length: timedelta) -> str:
    """A length of time as people say it: two units at most."""
    seconds = max(0, round(length.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def _document(found: Situation, steps: list[str]) -> dict[str, Any]:
    publication = found.publication
    published = None
    if publication is not None:
        published = {
            **publication.model_dump(mode="json", exclude={"tables", "is_new", "notes"}),
            "age_seconds": _seconds(found.now, publication.computed_at),
            "is_configuration_published": found.is_configuration_published,
        }
    return {
        "is_healthy": not steps and not found.faults,
        "published": published,
        "holder": None if found.holder is None else found.holder.model_dump(mode="json"),
        "runs": [asdict(run) for run in found.runs],
        "loads": [{**asdict(load), "is_balanced": load.is_balanced} for load in found.loads],
        "quarantine": [asdict(count) for count in found.quarantine],
        "findings": [asdict(finding) for finding in found.findings],
        "configuration_problems": found.configuration_problems,
        "faults": found.faults,
        "next": steps,
    }


def _seconds(now: datetime, then: datetime) -> int:
    return round((now - then).total_seconds())
