"""Programs that the publishing and exporting tests run as processes of their own, to be killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from assets.exporting import run_export
from assets.published import open_published
from store import Store
from tests.assets.published_tables import NOW, publish_it

ROOT = Path(__file__).parents[2]


def command(name: str, *arguments: object) -> list[str]:
    """Command line that runs one of the programs below, from ROOT."""
    return [sys.executable, "-m", __name__, name, *map(str, arguments)]


def _killer(step: str):
    def on_step(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


def publish_and_die(warehouse: str, folder: str, step: str) -> None:
    """Publish, but be killed when a step is done."""
    publish_it(Path(warehouse), Path(folder), on_step=_killer(step))


def publish_within(warehouse: str, folder: str, file_size: str) -> None:
    """Publish while no file may grow beyond a size: what a full disk is to a process."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_size), int(file_size)))
    publish_it(Path(warehouse), Path(folder))


def publish_as_nobody(warehouse: str, folder: str) -> None:
    """Publish as a user who may read but not write the folder."""
    os.seteuid(65534)
    publish_it(Path(warehouse), Path(folder))


def export_and_die(url: str, published: str, folder: str, export_id: str, step: str) -> None:
    """Export, but be killed when a step is done, or while rows are written."""
    kill = _killer(step)

    def on_progress(done: int, total: int) -> None:
        kill(f"row {done}")

    with Store.open(url) as store:
        run_export(
            store, Path(published), Path(folder), export_id, now=NOW,
            on_step=kill, on_progress=on_progress,
        )  # fmt: skip


def read_until(folder: str, stop: str, out: str) -> None:
    """Open the current version again and again; write down reads, errors and steps back."""
    reads, errors, last, seen = 0, [], -1, {}
    while not Path(stop).exists():
        try:
            with open_published(Path(folder)) as connection:
                version, first, second, third = connection.execute(
                    "select version, definition_hash::int, (select max(n) from marts.one), "
                    "(select max(n) from marts.two) from publication"
                ).fetchone()
            if not first == second == third:
                errors.append(f"mixed: {first} {second} {third}")
            if first < last:
                errors.append(f"back from {last} to {first}")
            if seen.setdefault(version, first) != first:
                errors.append(f"path {version} was reused")
            last, reads = first, reads + 1
        except Exception as error:
            errors.append(repr(error))
        time.sleep(0.05)
    Path(out).write_text(json.dumps({"reads": reads, "errors": errors, "last": last}))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
