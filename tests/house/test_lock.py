"""The lock file agrees with pyproject.toml, holds a hash for everything, and names no index."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;]+)"
    r"(\s*;\s*(?P<marker>[^\\]+))?",
    re.M,
)


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    extras = project["project"]["optional-dependencies"]
    lines = [*project["project"]["dependencies"], *chain(*extras.values(), *groups.values())]
    return [Requirement(line) for line in lines]


def locked() -> dict[str, str]:
    """Pinned versions by canonical name, of the entries that apply to this machine."""
    pins = {}
    for found in PINNED.finditer(LOCK):
        marker = (found["marker"] or "").strip()
        if not marker or Marker(marker).evaluate():
            pins[canonicalize_name(found["name"])] = found["version"]
    return pins


def closure(roots: list[Requirement]) -> set[str]:
    """Names of everything the roots need, by the metadata of what is installed."""
    seen: set[tuple[str, frozenset[str]]] = set()
    queue = [(r, frozenset(r.extras)) for r in roots]
    while queue:
        requirement, extras = queue.pop()
        name = canonicalize_name(requirement.name)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            pytest.fail(f"{name} is needed but not installed: run `make install`")
        for line in needs:
            needed = Requirement(line)
            chosen = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if needed.marker is None or any(needed.marker.evaluate(c) for c in chosen):
                queue.append((needed, frozenset(needed.extras)))
    return {name for name, _ in seen}


def test_every_requirement_is_locked_at_a_version_it_allows() -> None:
    pins = locked()
    for requirement in wanted():
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is missing from requirements.lock: run `make lock`"
        assert requirement.specifier.contains(pins[name], prereleases=True), (
            f"{name} {pins[name]} does not satisfy {requirement.specifier}: run `make lock`"
        )


def test_the_lock_holds_what_is_needed_and_nothing_else() -> None:
    assert set(locked()) == closure(wanted()), "requirements.lock is stale: run `make lock`"


def test_every_entry_has_a_hash_and_no_index_is_named() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9._-]+(?:\[[^\]]*\])?==)", LOCK, flags=re.M)[1:]
    assert len(entries) > 100
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in LOCK
    assert "--index-url" not in LOCK and "--extra-index-url" not in LOCK
