"""The demo CRM's two business dates, and home folders at every step of the second day's run.

Made once per campaign: the first day is a whole run; the second day's files are then landed, built
and published step by step, and the home is kept after each. Never put here a kill.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from connectors.zylker import write_demo
from tests.faults.engines import Engine
from tests.faults.processes import done, import_now
from tests.faults.stages import BUILDING, FIRST_DAY, NEXT_DAY, Places, run_command, run_steps

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "zylker"
ACCOUNTS = 200
"""The fewest that the demo CRM makes: what a kill shows does not depend on the number of rows."""

LANDING = ("configuration", *(f"landing__{m}" for m in (
    "accounts", "contacts", "currency_rates", "deal_lines", "deals", "products",
)))  # fmt: skip
HOMES = ("first_day", "landed", "built", "published")
MODULES = "modules.txt"
COMPLETE = "prepared"
"""Last file that is made; a folder that has it is used as it is."""


def configured(folder: Path) -> Path:
    """A folder with the example's configuration, which reads the files in `drop`."""
    folder.mkdir(parents=True)
    text = (EXAMPLE / "abm.yaml").read_text(encoding="utf-8")
    source = f"demo: {{accounts: {ACCOUNTS}, seed: 7}}"
    if text.count(source) != 1:
        raise RuntimeError(f"{EXAMPLE / 'abm.yaml'} has no `{source}` any more")
    shutil.copytree(EXAMPLE / "segments", folder / "segments")
    configuration = folder / "abm.yaml"
    configuration.write_text(text.replace(source, "files: drop/*.csv"), encoding="utf-8")
    return configuration


def landed_day(folder: Path) -> tuple[Path, Path]:
    """Configuration of the next day, and a home in which only the first day's files are landed."""
    first, configuration = configured(folder / "first"), configured(folder / "next")
    write_demo(first.parent / "drop", accounts=ACCOUNTS, seed=7, as_of=FIRST_DAY)
    write_demo(configuration.parent / "drop", accounts=ACCOUNTS, seed=7, as_of=NEXT_DAY)
    return first, configuration


def make_places(folder: Path, engine: Engine, say: Callable[[str], None]) -> Places:
    """Run the first day whole and the next day step by step; keep a home after each step."""
    found = Places(folder / "next" / "abm.yaml", *(folder / name for name in HOMES))
    if (folder / COMPLETE).exists():
        import_now((folder / MODULES).read_text().split())
        return found
    first, configuration = landed_day(folder)
    log = folder / "log"
    home = found.first_day

    def first_run() -> list[str]:
        import sys

        run_command(first, home, FIRST_DAY, engine)
        return sorted(sys.modules)

    say("  the first day, undisturbed")
    # What a run imports is imported here too, so that its children need not.
    names = done(first_run, log)
    (folder / MODULES).write_text("\n".join(names))
    import_now(names)
    last = home
    for name, steps in (
        ("landed", LANDING),
        ("built", ("landing_checks", "landing_books", *BUILDING)),
        ("published", ("published__current",)),
    ):
        say(f"  the next day, until it is {name}")
        shutil.copytree(last, folder / name)
        last = folder / name
        done(_stepped(configuration, last, steps, engine), log)
        if name == engine.last:
            break
    (folder / COMPLETE).touch()
    return found


def _stepped(
    configuration: Path, home: Path, steps: tuple[str, ...], engine: Engine
) -> Callable[[], None]:
    return lambda: run_steps(configuration, home, steps, engine)
