"""How an installation stands in a word, and what to do about it, the most urgent first.

Every piece of advice names the section of the runbooks that has the rest. Never gather anything
here; that is `situation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from assets import runbooks
from assets.runbooks import Runbook, runbook_of
from orchestration.commands.run_states import RunState
from orchestration.commands.situation import Situation

STALE_AFTER: Final = timedelta(days=2)
"""A daily refresh that is this late was missed."""

_ONE_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Advice:
    """One thing to do. `is_urgent`: the next refresh fails, or has failed, without it."""

    text: str
    runbook: Runbook | None = None
    is_urgent: bool = True

    def __str__(self) -> str:
        return f"{self.text}  [{self.runbook.section}]" if self.runbook else self.text


def verdict(found: Situation) -> str:
    """How things stand, in a word."""
    last = found.last_run
    if found.holder is not None or found.starting_run is not None:
        return "AT WORK"
    if last is not None and last.has_failed:
        return "KILLED" if last.is_dead else "FAILED"
    if found.faults or found.configuration_problems:
        return "DAMAGED" if found.faults else "FAULTY CONFIGURATION"
    if found.publication is None:
        return "NOTHING PUBLISHED"
    return "LATE" if is_stale(found) else "ok"


def next_steps(found: Situation) -> Iterator[Advice]:
    """What to do, the most urgent first; nothing when all is well."""
    if found.configuration_problems:
        first, count = found.configuration_problems[0], len(found.configuration_problems)
        yield Advice(
            f"Correct the configuration (`quintile check` shows all {count}). The first: {first}",
            runbooks.CONFIGURATION,
        )
    for fault in found.faults:
        yield _of_fault(fault)
    if found.holder is not None:
        yield Advice(
            f"Wait for the run at work. If it hangs: `kill {found.holder.pid}` on "
            f"{found.holder.host}, then `quintile run`; readers of the published copy are not "
            "affected.",
            runbooks.HELD,
            is_urgent=bool(found.failed_count),
        )
        return
    if found.starting_run is not None:
        text = "Wait a minute and ask again: a run is starting."
        yield Advice(text, is_urgent=bool(found.failed_count))
        return
    yield from _of_last_run(found)
    yield from _of_data(found)
    yield from _of_labels(found)


def stays(found: Situation) -> str:
    """What readers see after the last run."""
    publication, last = found.publication, found.last_run
    if publication is None:
        is_damaged = any(fault.startswith("published copy") for fault in found.faults)
        return "what is published cannot be read" if is_damaged else "nothing is published"
    if last is not None and abs(publication.computed_at - last.created_at) < _ONE_SECOND:
        return f"it had published {publication.version} before, and readers see that"
    return f"readers still see {publication.version}, as of {publication.as_of}, complete"


def is_stale(found: Situation) -> bool:
    """Whether the daily refresh was missed; archived data with a fixed as_of does not age."""
    configuration, publication = found.configuration, found.publication
    if configuration is None or publication is None:
        return False
    fixed = configuration.organization.as_of is not None
    return not fixed and found.today - publication.as_of >= STALE_AFTER


def _of_fault(fault: str) -> Advice:
    runbook = runbook_of(fault)
    if runbook is None and fault.startswith("published copy"):
        runbook = runbooks.PUBLISHED
    if runbook is runbooks.PUBLISHED:
        return Advice(
            "Move current.json of the published folder away, then `quintile run`: it publishes "
            "anew, and the versions beside it stay.",
            runbook,
        )
    return Advice(f"Mend what could not be read: {fault}", runbook)


def _of_last_run(found: Situation) -> Iterator[Advice]:
    last = found.last_run
    if last is not None and last.is_dead and not last.failures:
        yield Advice(
            "The process of the last run was killed. `quintile run` tidies up and starts anew; "
            f"{stays(found)}.",
            runbooks.KILLED,
        )
    elif last is not None and last.has_failed:
        yield from _of_failures(found, last)
    elif found.publication is None:
        if not any(fault.startswith("published copy") for fault in found.faults):
            yield Advice("Run `quintile run`: nothing is published yet.")
    elif found.is_configuration_published is False:
        yield Advice(
            "The configuration has changed since the published copy: `quintile run`.",
            is_urgent=False,
        )
    elif is_stale(found):
        yield Advice(
            f"The published copy is as of {found.publication.as_of}, today is {found.today}: "
            "`quintile run`, and see whether the daily schedule is on (make dev, Automation).",
            runbooks.STALE,
        )


def _of_failures(found: Situation, last: RunState) -> Iterator[Advice]:
    """One piece of advice per kind of failure, however many steps it struck."""
    struck: dict[Runbook | None, list[str]] = {}
    for step, message in last.failures.items():
        struck.setdefault(failure_runbook(last, step, message), []).append(step)
    if not last.failures:
        word = "was cancelled" if last.status == "CANCELED" else "failed without a message"
        yield Advice(f"Run {last.run_id[:8]} {word}: `quintile run`; {stays(found)}.")
    told = {runbook_of(fault) for fault in found.faults} - {None}
    for runbook, steps in struck.items():
        if runbook in told:
            continue  # its cure stands there already
        kind = f" ({runbook.title.lower()})" if runbook else ""
        yield Advice(
            f"{_listed(steps)} failed{kind}: do what the message above and the runbook say, then "
            f"`quintile run`; {stays(found)}.",
            runbook,
        )


def failure_runbook(run: RunState, step: str, message: str) -> Runbook | None:
    """The section for a failed step; a stopped check speaks for the step it stopped."""
    found = runbook_of(message)
    if found is runbooks.TEST and not message.startswith("dbt: "):
        for check in run.failed_checks:
            if check.has_stopped:
                return runbook_of(check.name) or found
    return found


def _of_data(found: Situation) -> Iterator[Advice]:
    for finding in found.findings:
        if finding.severity == "error":
            records = "1 record" if finding.count == 1 else f"{finding.count:,} records"
            text = f"Error in the data, {records}: {finding.description}"
            yield Advice(text, is_urgent=False)
    if found.quarantine:
        rows = sum(q.count for q in found.quarantine)
        yield Advice(
            f"{rows:,} {'row is' if rows == 1 else 'rows are'} in quarantine with file, line and "
            "raw text; correct them in the CRM and export again: "
            f"{found.home.landing}/*/*/quarantine.parquet",
            is_urgent=False,
        )


def _of_labels(found: Situation) -> Iterator[Advice]:
    """Labels that their owners wanted to look at again by a day that has passed (LBL-4)."""
    if found.labels_due:
        told = [f"{label.id} ({label.owner}, by {label.due_on})" for label in found.labels_due]
        yield Advice(
            f"Look at the definition of {_listed(told)} again, as the label registry says; then "
            "set a later review_by.",
            is_urgent=False,
        )


def _listed(steps: list[str]) -> str:
    return steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} and {steps[-1]}"
