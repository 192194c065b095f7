"""Careless writers, to show that the judgement sees what they do: every one breaks one promise.

Run as a program it kills them as the command kills the product, and prints what was found, by
stage and kind, as JSON. OPENBLAS_NUM_THREADS must be 1 before it starts, since it forks. Never
import it elsewhere.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from assets.home import Home
from tests.assets.published_tables import publish_it
from tests.faults.campaign import Campaign
from tests.faults.engines import ENGINES
from tests.faults.judgement import acknowledged
from tests.faults.processes import import_now
from tests.faults.small import MODULES, SECOND, land, make_small_places, publish_newer
from tests.faults.stages import NOW, Stage
from tests.faults.stop_points import Point

KILLS = 3


def publish_in_place(root: Path) -> None:
    """Switch to a version whose file is still being copied."""
    real = Home(root).published
    aside = root / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(real, aside)
    publish_it(Home(root).warehouse, aside)
    shutil.copyfile(aside / "current.json", real / "current.json")
    for path in sorted(aside.iterdir()):
        if path.is_dir():
            shutil.copytree(path, real / path.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, real / path.name)


def land_in_place(root: Path) -> None:
    """Put the files of a load into place one by one, the manifest first."""
    aside = root / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(Home(root).landing, aside / "landing")
    land(aside, SECOND)
    for path in sorted((aside / "landing").rglob("*"), key=lambda p: p.suffix != ".json"):
        target = Home(root).landing / path.relative_to(aside / "landing")
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def acknowledge_too_early(root: Path) -> None:
    """Say that a revision is written before it is."""
    from store import Store

    url = f"sqlite:///{root / 'store.sqlite'}"
    with acknowledged(root).open("a", buffering=1) as told, Store.open(url) as store:
        for number in range(len(store.revisions.list()), 3):
            told.write("revision\n")
            document = {"organization": {"name": str(number)}}
            store.record_revision(document, "faults", NOW, "h")


def land_twice(root: Path) -> None:
    """Leave a second load behind when the first one did not come to its end."""
    mark = root / "begun"
    if mark.exists():
        land(root, SECOND.replace("P4", "P5"))
    mark.touch()
    land(root, SECOND)
    mark.unlink()


def _is_in(folder: str) -> Callable[[Point], bool]:
    """Points at which the careless part is at work, not what it borrows of the product."""
    return lambda point: point.what.startswith((f"open {folder}/", f"shutil.copyfile {folder}/"))


def main() -> None:
    """Kill every careless writer at each of its stop points."""
    import_now(MODULES)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_small_places(folder)
        campaign = Campaign(folder, ENGINES["duckdb"], 1, lambda line: None)
        stages = [
            Stage("publish", folder / "old", publish_newer, ("published",), 1),
            Stage("publish in place", folder / "old", publish_in_place, ("published",), 1,
                  wants=_is_in("published")),
            Stage("land in place", folder / "landing", land_in_place, ("loads",), 1,
                  wants=_is_in("landing")),
            Stage("land twice", folder / "landing", land_twice, ("loads",), 1),
            Stage("acknowledge too early", folder, acknowledge_too_early, ("store",), 1,
                  parts=("nothing",)),
        ]  # fmt: skip
        found = {}
        for stage in stages:
            tally = campaign.run(stage, KILLS)
            kinds = vars(tally.findings)
            found[stage.name] = sorted(kind for kind, said in kinds.items() if said)
        json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
