"""A campaign: chosen kills at every stage, each judged, and the summary of what came of them.

Holds which points are chosen and the books. A stage whose kills are fewer than its points has them
chosen at random by the seed; otherwise each point is used. Every fourth kill comes from outside, at
a moment between a point and the next one, where native code is at work.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.engines import Engine
from tests.faults.judgement import (
    Content,
    Findings,
    acknowledged,
    after_kill,
    after_rerun,
    content,
    remember,
)
from tests.faults.processes import LONGEST_SECONDS, counted, done, forked, killed
from tests.faults.stages import Stage
from tests.faults.stop_points import Point

MOST_RERUNS = 3
"""A home that is not whole after so many is given up; one is what is promised."""
FROM_OUTSIDE = 4
"""Every so many kills one comes from outside, between two points."""
PROGRESS = 25
"""Kills between two lines of progress."""
_ATTEMPTS = 5
"""A process may end before its point comes, when it has less to do than the undisturbed one."""
_PATIENCE = 60.0, 8.0
"""Seconds, and times the undisturbed seconds, after which a process counts as hung."""

Say = Callable[[str], None]


@dataclass
class Tally:
    """The books of one stage."""

    stage: str
    points: int = 0
    kills: int = 0
    from_outside: int = 0
    reruns: int = 0
    reruns_needed: int = 0
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)

    @property
    def is_clean(self) -> bool:
        """Nothing lost, doubled or mixed, and never more than one rerun."""
        return not self.findings.all and self.reruns_needed <= 1


@dataclass(frozen=True)
class Chosen:
    """A point and the time after it: 0 kills before anything else happens."""

    point: Point
    delay_seconds: float


def shares(stages: Sequence[Stage], kills: int) -> dict[str, int]:
    """Kills by stage, in proportion; every stage gets one, and they add up to what was asked."""
    whole = sum(stage.share for stage in stages)
    given = {stage.name: max(1, kills * stage.share // whole) for stage in stages}
    order = sorted(stages, key=lambda stage: -stage.share)
    place = 0
    while (rest := kills - sum(given.values())) != 0:
        name = order[place % len(order)].name
        given[name] = max(1, given[name] + (1 if rest > 0 else -1))
        place += 1
        if place > kills + len(order) * kills:
            break
    return given


def chosen(points: Sequence[Point], kills: int, dice: random.Random) -> Iterator[Chosen]:
    """Points to kill at: all of them again and again, or a random choice when they are more.

    Those from outside are spread over time: a point with a long gap behind it comes more often.
    """
    outside = kills // FROM_OUTSIDE
    inside = kills - outside
    gaps = [max(point.gap_seconds, 1e-6) for point in points]
    order: list[Chosen] = []
    while len(order) < inside:
        wanted = min(inside - len(order), len(points))
        order += [Chosen(point, 0.0) for point in dice.sample(list(points), wanted)]
    for point in dice.choices(list(points), gaps, k=outside):
        order.append(Chosen(point, max(1e-4, dice.random() * point.gap_seconds)))
    dice.shuffle(order)
    yield from order


class Campaign:
    """Kills at stages, in a working folder of its own."""

    def __init__(self, folder: Path, engine: Engine, seed: int, say: Say) -> None:
        self._folder = folder
        self._engine = engine
        self._seed = seed
        self._say = say
        self._longest = LONGEST_SECONDS
        self._log = folder / f"log-{os.getpid()}"

    def run(self, stage: Stage, kills: int) -> Tally:
        """Kill at one stage so many times, judge each, run again after each series."""
        tally = Tally(stage.name)
        started = time.monotonic()
        home = self._folder / f"home-{os.getpid()}"
        points, before, expected = self._undisturbed(stage, home)
        self._longest = _PATIENCE[0] + _PATIENCE[1] * (time.monotonic() - started)
        wanted = [point for point in points if stage.wants(point)]
        if not wanted:
            raise RuntimeError(f"{stage.name}: no stop point belongs to this stage")
        tally.points = len(wanted)
        dice = random.Random(f"{self._seed} {stage.name}")
        plan = list(chosen(wanted, kills, dice))
        told = 0
        for first in range(0, len(plan), stage.series):
            self._begin(stage, home)
            for one in plan[first : first + stage.series]:
                if self._killed(stage, home, one, wanted, dice, tally):
                    tally.kills += 1
                    tally.from_outside += one.delay_seconds > 0
                    self._judge(stage, home, before, expected, one, tally)
            self._run_again(stage, home, expected, tally)
            if tally.kills // PROGRESS > told:
                told = tally.kills // PROGRESS
                self._say(f"  {tally.kills} killed, {len(tally.findings.all)} findings")
        shutil.rmtree(home, ignore_errors=True)
        tally.seconds = time.monotonic() - started
        return tally

    def _begin(self, stage: Stage, home: Path) -> None:
        shutil.rmtree(home, ignore_errors=True)
        acknowledged(home).unlink(missing_ok=True)
        home.mkdir(parents=True)
        for name in stage.parts or [path.name for path in stage.start.iterdir()]:
            source = stage.start / name
            if source.is_dir():
                shutil.copytree(source, home / name)
            elif source.exists():
                shutil.copyfile(source, home / name)

    def _undisturbed(self, stage: Stage, home: Path) -> tuple[list[Point], Content, Content]:
        """Stop points, content before, and content after: every rerun must come out like it."""
        self._begin(stage, home)
        kinds = () if stage.parts == ("nothing",) else stage.kinds
        before = done(lambda: content(home, kinds), self._log)
        remember(home, before)
        points = counted(lambda: stage.work(home), home, self._engine, self._log)
        expected = done(lambda: content(home, stage.kinds), self._log)
        if not expected:
            raise RuntimeError(f"{stage.name}: the undisturbed run made nothing to compare")
        return points, before, expected

    def _killed(
        self, stage: Stage, home: Path, one: Chosen, wanted: Sequence[Point],
        dice: random.Random, tally: Tally,
    ) -> bool:  # fmt: skip
        """Kill at the point; at an earlier one of its step when the process ends before it.

        A process that neither comes to its point nor ends is a finding: an earlier kill of the
        series has left something that nobody clears away.
        """
        point, delay = one.point, one.delay_seconds
        for _ in range(_ATTEMPTS):
            ended = killed(
                lambda point=point: stage.work(home), home, self._engine,
                (point.step, point.number), delay, self._log, self._longest,
            )  # fmt: skip
            if ended.was_killed:
                return True
            if ended.is_hung or ended.code != 0:
                found = Findings(unequal=[f"a run after a kill failed: {ended.printed[-1500:]}"])
                self._book(tally, found, f"before {point.name}")
            self._begin(stage, home)
            point, delay = dice.choice([p for p in wanted if p.number <= point.number]), 0.0
        return False

    def _judge(
        self, stage: Stage, home: Path, before: Content, expected: Content, one: Chosen,
        tally: Tally,
    ) -> None:  # fmt: skip
        raw = done(lambda: asdict(after_kill(home, stage.kinds, before, expected)), self._log)
        self._book(tally, Findings(**raw), f"killed at {one.point.name} ({one.point.what})")

    def _run_again(self, stage: Stage, home: Path, expected: Content, tally: Tally) -> None:
        """Run undisturbed until the home is whole; once is what is promised."""
        for number in range(1, MOST_RERUNS + 1):
            ended = forked(
                lambda: self._again(stage, home), self._log, longest_seconds=self._longest
            )
            tally.reruns += 1
            tally.reruns_needed = max(tally.reruns_needed, number)
            if ended.code != 0:
                findings = Findings(unequal=[f"the rerun failed: {ended.printed[-1500:]}"])
            else:
                findings = after_rerun(ended.answer, expected)
            if not findings.all:
                return
            self._book(tally, findings, f"rerun {number}")

    def _again(self, stage: Stage, home: Path) -> Content:
        stage.work(home)
        return content(home, stage.kinds)

    def _book(self, tally: Tally, found: Findings, where: str) -> None:
        for kind, said in asdict(found).items():
            getattr(tally.findings, kind).extend(f"{where}: {text}" for text in said)
            for text in said[:5]:
                self._say(f"    {kind.upper()} {tally.stage}, {where}: {text}")


def summary(tallies: Sequence[Tally]) -> list[str]:
    """The table of a campaign, and a sentence that says whether all is well."""
    titles = ("stage", "stop points", "kills", "of them outside", "lost", "doubled", "mixed",
              "unequal", "reruns", "needed", "seconds")  # fmt: skip
    rows = [_row(tally) for tally in tallies]
    total = Tally("all stages", seconds=sum(t.seconds for t in tallies))
    for tally in tallies:
        total.points += tally.points
        total.kills += tally.kills
        total.from_outside += tally.from_outside
        total.reruns += tally.reruns
        total.reruns_needed = max(total.reruns_needed, tally.reruns_needed)
        for kind, said in asdict(tally.findings).items():
            getattr(total.findings, kind).extend(said)
    rows.append(_row(total))
    widths = [max(len(line[n]) for line in [titles, *rows]) for n in range(len(titles))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [titles, *rows]
    ]
    verdict = (
        f"{total.kills} kills: nothing lost, doubled or mixed; one rerun made every home whole."
        if total.is_clean
        else f"WRONG: {len(total.findings.all)} findings, told above where they were found."
    )
    return [*lines, "", verdict]


def _row(tally: Tally) -> tuple[str, ...]:
    found = tally.findings
    figures = [tally.points, tally.kills, tally.from_outside, len(found.lost), len(found.doubled)]
    figures += [len(found.mixed), len(found.unequal), tally.reruns, tally.reruns_needed]
    return (tally.stage, *(f"{figure:,}" for figure in figures), f"{tally.seconds:,.0f}")
