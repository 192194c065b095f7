"""The command `python -m tests.faults`: kill Quintile at every stage and look at what is left."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.engines import ALL, ENGINES, Engine, UnknownEngineError, engines_of
from tests.faults.processes import import_now, prepare_environment

if TYPE_CHECKING:
    from tests.faults.campaign import Tally
    from tests.faults.stages import Stage

ABOUT = """\
Kill Quintile with SIGKILL at every stage and prove that nothing is lost, doubled or mixed.

The demo CRM is run for one business date; then the next week's files arrive. Every stage of that
second run is first counted undisturbed: each file that is opened for writing, renamed or removed,
each statement of an engine, of the store and of Dagster's storage is a stop point. Then real
processes are killed at those points, three of four exactly before it, one of four from outside a
moment later, while native code is at work.

After every kill: the published copy is read whole and is the old or the new version; every landed
load is there, is that of an undisturbed run, and its row balance is recounted from its files.
After every series of kills on one home (its length is in the plan below): ONE run without a kill
must end with the content hashes, and the bytes of the exports, of a run that nobody disturbed.
"""
EXAMPLES = """\
examples:
  python -m tests.faults --kills 60                     every stage, some minutes
  python -m tests.faults --kills 1000                   every stage of a run on DuckDB
  python -m tests.faults --kills 1010 --engine all      the nightly setting, both engines
  python -m tests.faults --kills 8 --engine spark       Spark's own stages
  python -m tests.faults --kills 40 --stages publish    one stage
  python -m tests.faults --kills 100 --stages 'landing *' exports --seed 3
  python -m tests.faults --small --kills 60             no whole run: landing, store, publish,
                                                        exports on tables made by hand
  python -m tests.faults --list                         the stages and their shares

columns of the summary:
  stop points   moments of the stage at which a kill is possible
  lost          was acknowledged or landed, and is gone
  doubled       is there twice, or a row balance is not exact
  mixed         readers see neither the whole old nor the whole new version
  unequal       other content than the undisturbed run after the rerun
  reruns        runs without a kill that were made; `needed`: the most that one home needed

exit code: 0 all is well, 1 something was lost, doubled, mixed or unequal, or needed a second
rerun, or fewer processes were killed than asked for; 2 the arguments are wrong.
"""
MODULES = (
    "numpy", "pyarrow.parquet", "pandas", "dagster", "orchestration.cli",
    "orchestration.definitions", "orchestration.running", "orchestration.summary", "dbt.cli.main",
    "alembic.command", "assets.exporting", "assets.publishing", "connectors.landing",
    "connectors.zylker", "data_tests.landing.validation", "tests.faults.stages",
)  # fmt: skip


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m tests.faults", description=ABOUT, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--kills", type=int, default=60, help="processes to kill [60]")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other points [1]")
    parser.add_argument("--stages", nargs="+", default=["*"], metavar="NAME",
                        help="only these; names may hold * [all]")  # fmt: skip
    known = ", ".join((*ENGINES, ALL))
    parser.add_argument("--engine", default="duckdb", help=f"whose writer: {known} [duckdb]")
    parser.add_argument(
        "--folder",
        type=Path,
        help="work here, leave it, and use prepared homes that lie there [temporary]",
    )
    parser.add_argument("--small", action="store_true",
                        help="only what needs no whole run, on small tables")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="show the stages and end")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run a campaign; return the exit code."""
    asked = arguments(words)
    try:
        engines = engines_of("duckdb" if asked.small else asked.engine)
    except UnknownEngineError as error:
        print(error, file=sys.stderr)
        return 2
    prepare_environment()
    from tests.faults.campaign import shares
    from tests.faults.stages import Places, stages

    nowhere = Places(*[Path()] * 5)
    known = (
        small_stages(Path())
        if asked.small
        else [stage for engine in engines for stage in stages(nowhere, engine)]
    )
    wanted = [s for s in known if any(fnmatch.fnmatch(s.name, p) for p in asked.stages)]
    if not wanted or asked.kills < len(wanted):
        names = ", ".join(stage.name for stage in known)
        print(
            f"--stages, --kills: the stages are {names}; each chosen one takes a kill at least.",
            file=sys.stderr,
        )
        return 2
    given = shares(wanted, asked.kills)
    if asked.list:
        for stage in wanted:
            print(f"{stage.name:24} {given[stage.name]:5} kills, {stage.series} before a rerun")
        return 0
    return campaign(asked, engines, given)


def small_stages(folder: Path) -> list[Stage]:
    """The stages of `--small`; imported late, like all that imports the product."""
    from tests.faults.small import stages_of

    return stages_of(folder)


def campaign(asked: argparse.Namespace, engines: list[Engine], given: dict[str, int]) -> int:
    """Prepare the homes, kill, show the summary; return the exit code."""
    from tests.faults.campaign import summary

    tallies = []
    with tempfile.TemporaryDirectory(prefix="quintile-faults-") as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        for engine in engines:
            tallies += killed_stages(asked, engine, given, folder / engine.name)
    print()
    for line in summary(tallies):
        print(line)
    is_enough = sum(tally.kills for tally in tallies) >= asked.kills
    return 0 if is_enough and all(tally.is_clean for tally in tallies) else 1


def killed_stages(
    asked: argparse.Namespace, engine: Engine, given: dict[str, int], folder: Path
) -> list[Tally]:
    """Kill at the chosen stages of one engine."""
    from tests.faults.campaign import Campaign
    from tests.faults.places import make_places
    from tests.faults.small import MODULES as SMALL_MODULES
    from tests.faults.small import make_small_places
    from tests.faults.stages import Places, stages

    if not asked.small and not any(s.name in given for s in stages(Places(*[Path()] * 5), engine)):
        return []
    import_now((*(SMALL_MODULES if asked.small else MODULES), *engine.modules))
    os.environ |= engine.variables
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Preparing {engine.name} in {folder}")
    if asked.small:
        make_small_places(folder)
        chosen = small_stages(folder)
    else:
        chosen = stages(make_places(folder, engine, say), engine)
    killing = Campaign(folder, engine, asked.seed, say)
    tallies = []
    for stage in chosen:
        if stage.name in given:
            say(f"{stage.name}: {given[stage.name]} kills")
            tallies.append(killing.run(stage, given[stage.name]))
            say(f"  {tallies[-1].kills} killed, {tallies[-1].seconds:.0f} s")
    return tallies


def say(line: str) -> None:
    """Progress, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
