"""`quintile status`: what is published, who is at work, what failed, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.failures import duration, show_failures
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

    from orchestration.commands.advice import Advice
    from orchestration.commands.run_states import RunState
    from orchestration.commands.situation import Situation


@reporting
def status(
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Exit with 1 also when only data or labels want attention.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell how things stand: what is published, who is at work, what failed, what to do next.

    It reads only and never waits for a run. Sections: how things stand, in a word; the published
    copy, its age and what readers see; who holds the warehouse; the last runs; what failed, since
    when and on which rows; the last load of every module with its row balance; quarantined rows
    by reason; findings in the data; and at the end, the most urgent first, what to do, with the
    section of the runbooks (docs/runbooks.md).

    Exit code: 0 when the last run ended well and its copy is published and not late, or the next
    run is at work after it; 1 when a run failed or was killed, the copy is late, or something is
    damaged, missing or faulty.
    """
    from orchestration.commands.advice import next_steps
    from orchestration.commands.situation import situation

    found = situation(config, home_of(config, home), clock())
    steps = list(next_steps(found))
    if as_json:
        show_json(_document(found, steps))
    else:
        _show(found, steps)
    if any(step.is_urgent or exit_code for step in steps):
        raise typer.Exit(1)


def _show(found: Situation, steps: list[Advice]) -> None:
    say(_state_line(found))
    for line in _published_lines(found):
        say(line)
    say(_holder_line(found))
    if found.free_bytes is not None:
        say(f"Disk         {found.free_bytes / 1e6:,.0f} MB free for {found.home.root}")
    say()
    _show_runs(found)
    show_failures(found)
    _show_loads(found)
    _show_findings(found)
    for fault in found.faults:
        say(f"! could not be read: {fault}")
    say("What to do next")
    for number, step in enumerate(steps, start=1):
        say(f"  {number}. {step}")
    if not steps:
        say("  Nothing: the last run ended well and its copy is published.")


def _state_line(found: Situation) -> str:
    from orchestration.commands.advice import verdict

    word, last = verdict(found), found.last_run
    line = f"State        {word}"
    if last is not None and last.has_failed and word in ("FAILED", "KILLED"):
        steps = ", ".join(last.failures)
        line += f": run {last.run_id[:8]}" + (f" in {steps}" if steps else "")
    if found.failing_since is not None:
        runs = "1 run has" if found.failed_count == 1 else f"{found.failed_count} runs have"
        ago = duration(found.now - found.failing_since)
        line += f"; {runs} failed since {found.failing_since:%Y-%m-%d %H:%M} UTC, {ago} ago"
    return line


def _published_lines(found: Situation) -> Iterator[str]:
    publication = found.publication
    if publication is None and any(fault.startswith("published copy") for fault in found.faults):
        yield f"Published    cannot be read ({found.home.published}); see below"
        return
    if publication is None:
        yield f"Published    nothing yet ({found.home.published})"
        return
    age = duration(found.now - publication.computed_at)
    yield f"Published    {publication.version}, as of {publication.as_of}"
    inputs = f"; inputs up to {publication.inputs_as_of}" if publication.inputs_as_of else ""
    yield f"             computed {publication.computed_at:%Y-%m-%d %H:%M} UTC, {age} ago{inputs}"
    yield f"             {publication.database}"
    if found.failed_count:
        yield "             readers see this version, complete and unchanged"
    if found.is_configuration_published is False:
        yield "             the configuration has changed since"


def _holder_line(found: Situation) -> str:
    holder = found.holder
    if found.starting_run is not None:
        return f"Warehouse    free; run {found.starting_run.run_id[:8]} is starting"
    if holder is None:
        return "Warehouse    free; no run is at work"
    since = duration(found.now - holder.since)
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
            duration(run.ended_at - run.started_at) if run.started_at and run.ended_at else None,
            ", ".join(run.failures) or None,
        )
        for run in found.runs
    ]
    header = ["run", "state", "as of", "started", "took", "failed step"]
    show_table(header, rows, title="Last runs", empty="no run yet")
    say()


def _state(run: RunState) -> str:
    if run.is_dead:
        return "KILLED"
    if run.is_refused:
        return "refused"
    return {"SUCCESS": "ok", "FAILURE": "FAILED", "STARTED": "at work"}.get(run.status, run.status)


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


def _document(found: Situation, steps: list[Advice]) -> dict[str, Any]:
    from orchestration.commands.advice import verdict

    publication = found.publication
    published = None
    if publication is not None:
        published = {
            **publication.model_dump(mode="json", exclude={"tables", "is_new", "notes"}),
            "age_seconds": _seconds(found.now, publication.computed_at),
            "is_configuration_published": found.is_configuration_published,
        }
    return {
        "state": verdict(found),
        "is_healthy": not steps and not found.faults,
        "failing_since": found.failing_since,
        "failed_count": found.failed_count,
        "free_bytes": found.free_bytes,
        "published": published,
        "holder": None if found.holder is None else found.holder.model_dump(mode="json"),
        "runs": [asdict(run) for run in found.runs],
        "loads": [{**asdict(load), "is_balanced": load.is_balanced} for load in found.loads],
        "quarantine": [asdict(count) for count in found.quarantine],
        "findings": [asdict(finding) for finding in found.findings],
        "configuration_problems": found.configuration_problems,
        "labels_due": [
            {"label": label.id, "owner": label.owner, "review_by": label.due_on}
            for label in found.labels_due
        ],
        "offending_rows": [asdict(rows) for rows in found.offending],
        "faults": found.faults,
        "next": [step.text for step in steps],
        "advice": [
            {
                "text": step.text,
                "runbook": step.runbook.section if step.runbook else None,
                "is_urgent": step.is_urgent,
            }
            for step in steps
        ],
    }


def _seconds(now: datetime, then: datetime) -> int:
    return round((now - then).total_seconds())
