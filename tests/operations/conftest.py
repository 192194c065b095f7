"""A good home to break: the one the first version left, which needs no run of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assets.home import Home
from tests.end_to_end.installation import Installation, stop_at_end
from tests.orchestration.command_line import Spoken, quintile
from tests.upgrade.first_version.opening import unpacked

NEXT_DAY = "2026-11-14"


@dataclass(frozen=True)
class Broken:
    """An installation that something was done to."""

    place: Path
    installation: Installation

    @property
    def home(self) -> Home:
        """Its home folder."""
        return Home(self.installation.home)

    def fail(self, *arguments: str) -> str:
        """Run, expect the run to fail, and return what it printed."""
        with stop_at_end(self.installation.start("--as-of", NEXT_DAY, *arguments)) as process:
            printed, _ = process.communicate(timeout=300)
        assert process.returncode == 1, printed
        return printed

    def status(self, *arguments: str) -> Spoken:
        """What `quintile status` says now."""
        return quintile("status", "-c", self.installation.configuration, *arguments)

    def edit(self, file: str, before: str, after: str) -> None:
        """Change a text of the installation that stands there."""
        path = self.place / file
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
        assert before in text, f"{file} has no {before!r}"
        path.write_bytes(text.replace(before, after, 1).encode("utf-8", errors="surrogateescape"))


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good installation, unpacked once. Nobody may touch it."""
    return unpacked(tmp_path_factory.mktemp("good"))


@pytest.fixture
def broken(good: Path, tmp_path: Path) -> Callable[[], Broken]:
    """A copy of the good installation, to be broken."""

    def made() -> Broken:
        place = tmp_path / "installation"
        shutil.copytree(good, place)
        return Broken(place, Installation(place / "abm.yaml", place / ".quintile"))

    return made


def advice_of(spoken: Spoken) -> dict[str, Any]:
    """Sections of the runbooks that a status as JSON points to, with the text of each advice."""
    return {step["runbook"]: step["text"] for step in spoken.json["advice"]}
