"""A run killed at any stage leaves the published copy untouched, and the next one makes it whole.

A real `quintile run` is killed with SIGKILL when its progress names a stage, or a moment later. The
killed runs follow each other on one home folder, so every one of them begins with what the one
before it left lying about; the last run is let through and must end like the undisturbed one. With
QUINTILE_NIGHTLY=1 every landing step has its kill, every stage is killed three times, and a whole
run follows each time.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.end_to_end.conftest import FIRST_DAY, NEXT_DAY, NextDay
from tests.end_to_end.installation import Installation, stop_at_end
from tests.end_to_end.meeting import Meeting, Talker

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

IS_NIGHTLY = os.environ.get("QUINTILE_NIGHTLY") == "1"
LONGEST_DELAY_SECONDS = 0.4


@dataclass(frozen=True)
class Stage:
    """A stage by the line that announces it; `has_published`: the new version counts already."""

    name: str
    line: str
    has_published: bool = False


def _step(name: str, has_published: bool = False) -> Stage:
    return Stage(name, rf"\.\.\. {re.escape(name)}$", has_published)


LANDED = ("accounts", "contacts", "currency_rates", "deal_lines", "deals", "products")
LANDED_BY_DAY = ("accounts", "deal_lines", "products")
"""First, middle and last; the steps between them run the same code."""

STAGES = (
    _step("configuration"),
    *(_step(f"landing {module}") for module in (LANDED if IS_NIGHTLY else LANDED_BY_DAY)),
    _step("landing_checks"),
    _step("transformation"),
    Stage("transformation half done", r"\b30 of \d+ dbt models built"),
    _step("published current"),
    _step("exports segments", has_published=True),
)


@pytest.fixture(scope="module")
def disturbed(next_day: NextDay) -> Installation:
    return next_day.copy("disturbed")


def killed_at(installation: Installation, stage: Stage, delay_seconds: float) -> str | None:
    """Run until a stage begins, wait the delay, kill; return what was printed until then.

    None when the run was faster: the last stages take half a second.
    """
    with stop_at_end(installation.start("--as-of", str(NEXT_DAY))) as process:
        run = Talker(process, until=stage.line)
        run.has_begun.wait()
        time.sleep(delay_seconds)
        with suppress(ProcessLookupError):  # it has ended by itself, which is told below
            os.kill(process.pid, signal.SIGKILL)
        ended = run.ended()
    assert re.search(stage.line, ended.printed, re.MULTILINE), ended.printed
    if ended.code == 0:
        return None
    assert ended.code == -signal.SIGKILL, f"the run ended by itself:\n{ended.printed}"
    return ended.printed


def assert_readable(installation: Installation) -> None:
    """Every table of the version that counts opens and has the rows its manifest promises."""
    for table in installation.publication.tables:
        name = f"{table.schema_name}.{table.table}"
        assert installation.one(f"select count(*) from {name}") == table.rows, name


def assert_complete(installation: Installation, undisturbed: Meeting) -> None:
    """The published copy and the exports are those of the run that nobody disturbed."""
    expected = undisturbed.installation
    assert installation.table_hashes() == expected.table_hashes()
    assert installation.publication.content_hash == expected.publication.content_hash
    assert installation.export_files() == expected.export_files()
    assert_readable(installation)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name.replace(" ", "_"))
def test_a_killed_run_leaves_the_published_copy_untouched(
    disturbed: Installation, undisturbed: Meeting, next_day: NextDay, stage: Stage
) -> None:
    for attempt in range(3 if IS_NIGHTLY else 1):
        at = next_day.copy(f"{stage.name}-{attempt}") if IS_NIGHTLY else disturbed
        moment = random.Random(f"{stage.name} {attempt}").uniform(0, LONGEST_DELAY_SECONDS)
        for shorter in (1, 0.3, 0.1, 0, 0):
            pointer, before = (at.published / "current.json").read_bytes(), at.publication.as_of
            printed = killed_at(at, stage, 0 if stage.has_published else moment * shorter)
            if printed is not None:
                break
        assert printed is not None, "five runs were faster than the kill"
        untouched = (at.published / "current.json").read_bytes() == pointer
        if stage.has_published or (not untouched and stage.name == "published current"):
            # The switch is one step: after it the new version counts, and it is whole.
            assert at.publication.as_of == NEXT_DAY
            assert at.table_hashes() == undisturbed.installation.table_hashes()
        else:
            assert untouched, printed
            assert at.publication.as_of == before
            assert before == FIRST_DAY or stage.name == "published current"
        assert_readable(at)
        if IS_NIGHTLY:
            at.run("--as-of", str(NEXT_DAY))
            assert_complete(at, undisturbed)


def test_the_next_run_completes_with_equal_content(
    disturbed: Installation, undisturbed: Meeting
) -> None:
    disturbed.run("--as-of", str(NEXT_DAY))
    assert_complete(disturbed, undisturbed)
    leftovers = [
        path.relative_to(disturbed.home)
        for path in (disturbed.home / "landing").rglob("*")
        if path.is_dir() and path.name.startswith(".")
    ]
    assert [p for p in leftovers if any((disturbed.home / p).iterdir())] == []
