"""What `quintile status` shows of the last failure: steps, checks, rows, and where to read on.

Holds text only. What failed is in `run_states`, what to do about it in `advice`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orchestration.commands.tables import show_table
from orchestration.options import say

if TYPE_CHECKING:
    from orchestration.commands.run_states import FailedCheck, RunState
    from orchestration.commands.situation import Situation

_MOST_LINES: Final = 12
_MOST_WARNINGS: Final = 5


def show_failures(found: Situation) -> None:
    """Show what failed in the last run; after a good one, the checks that only warn."""
    last = found.last_run
    if last is None:
        return
    if last.has_failed:
        say(f"What failed in run {last.run_id[:8]}")
        _show_steps(last)
    stopped = [check for check in last.failed_checks if check.has_stopped]
    others = [check for check in last.failed_checks if not check.has_stopped]
    for check in stopped:
        say(f"  check {check.asset}: {check.name}, which stops the run")
        for line in _facts(check):
            say(f"    {line}")
    for found_rows in found.offending:
        say(f"  rows of {found_rows.about}, the first {len(found_rows.rows)}")
        show_table(found_rows.header, found_rows.rows, empty="none any more")
        say(f"    all of them, in {found.home.warehouse}: {found_rows.query}")
    for check in others[:_MOST_WARNINGS]:
        rows = check.facts.get("unexpected rows")
        told = f", {rows} {'row' if rows == '1' else 'rows'}" if rows and rows != "0" else ""
        examples = check.facts.get("examples", "")
        such = f", such as {', '.join(examples.split(', ')[:3])}" if examples else ""
        say(f"  failing check  {check.asset}: {check.name} ({check.severity}){told}{such}")
    if len(others) > _MOST_WARNINGS:
        say(f"  and {len(others) - _MOST_WARNINGS} more checks that only warn (--json has all)")
    if last.has_failed:
        say(f"  the whole log: `quintile dev`, Runs, {last.run_id[:8]}")
    say()


def _show_steps(run: RunState) -> None:
    if run.is_dead:
        why = "this came before:" if run.failures else "nothing says why"
        say(f"  its process ended before the run did; {why}")
    same: dict[str, list[str]] = {}
    for step, message in run.failures.items():
        same.setdefault(message, []).append(step)
    for message, steps in same.items():
        say(f"  step {', '.join(steps)}")
        for line in _cut(message):
            say(f"    {line}")


def _facts(check: FailedCheck) -> Iterator[str]:
    for name, value in check.facts.items():
        if value != "0":
            yield from _cut(f"{name}: {value}")


def _cut(message: str) -> Iterator[str]:
    lines = [line for line in message.splitlines() if line.strip()]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"… and {len(lines) - _MOST_LINES} more lines (the whole text: quintile dev)"


def duration(length: timedelta) -> str:
    """A length of time as people say it: two units at most."""
    seconds = max(0, round(length.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
