"""What whole runs share: the place of the real data sets, and the demo CRM's two business dates.

Zylker runs on its own day; a week later new exports lie in a drop folder. Several tests begin at
that point, each on its own copy of the home folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from tests.end_to_end.installation import ROOT, Installation
from tests.end_to_end.meeting import Meeting, meet
from tests.real_data import real_data

ZYLKER = ROOT / "examples" / "zylker"
FIRST_DAY, NEXT_DAY = date(2026, 10, 31), date(2026, 11, 7)


@pytest.fixture(scope="session")
def data_set() -> Callable[[str], Path]:
    """Find one data set, or skip; return the folder of all: configurations name the set itself."""
    return lambda name: real_data(name).parent


@pytest.fixture(scope="session")
def zylker(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The demo, run once on its own business date. Nobody may run it further: copy it.

    Workers share it: the first that asks makes it, and the others wait for that.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "zylker").mkdir(exist_ok=True)
    installation = Installation(ZYLKER / "abm.yaml", folder / "zylker" / "home")
    with (folder / "zylker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "zylker" / "is_made").exists():
            installation.run_anew()
            (folder / "zylker" / "is_made").touch()
    return installation


@dataclass(frozen=True)
class NextDay:
    """The demo a week later: its exports lie in a drop folder and have not been landed yet."""

    before: Installation
    configuration: Path
    folder: Path

    def copy(self, name: str) -> Installation:
        """A copy of the home folder of the first day, with the configuration of the next one."""
        home = self.folder / name
        shutil.copytree(self.before.home, home)
        return replace(self.before, configuration=self.configuration, home=home)


@pytest.fixture(scope="session")
def next_day(zylker: Installation, tmp_path_factory: pytest.TempPathFactory) -> NextDay:
    from connectors.zylker import write_demo

    folder = tmp_path_factory.mktemp("next_day")
    text = (ZYLKER / "abm.yaml").read_text(encoding="utf-8")
    source = "demo: {accounts: 200, seed: 7}"
    assert text.count(source) == 1
    shutil.copytree(ZYLKER / "segments", folder / "segments")
    configuration = folder / "abm.yaml"
    configuration.write_text(text.replace(source, "files: drop/*.csv"), encoding="utf-8")
    write_demo(folder / "drop", accounts=200, seed=7, as_of=NEXT_DAY)
    return NextDay(zylker, configuration, folder)


@pytest.fixture(scope="session")
def undisturbed(next_day: NextDay, tmp_path_factory: pytest.TempPathFactory) -> Meeting:
    """The next day's run as it should end, beside a rival, a late-comer and three readers."""
    return meet(next_day.copy("undisturbed"), NEXT_DAY, tmp_path_factory.mktemp("meeting"))
