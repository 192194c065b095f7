"""Where the files of a source begin: beside the configuration, at a path, or in a variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import LandingError
from connectors.inputs import find_paths, source_folder
from models.sources import Source


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "deals.csv").touch()
    return folder


@pytest.mark.parametrize("written", [None, ".", "../drop", "env:EXPORTS"])
def test_patterns_begin_in_the_folder(drop: Path, written: str | None) -> None:
    source = Source.model_validate({"files": "*.csv", "folder": written})
    folder = source_folder(source, drop, {"EXPORTS": str(drop)})
    (found,) = find_paths(source, "deals", folder)
    assert found.resolve() == drop / "deals.csv"


@pytest.mark.parametrize(
    ("written", "variables", "told"),
    [
        ("env:EXPORTS", {}, "the variable EXPORTS is not set"),
        ("env:EXPORTS", {"EXPORTS": ""}, "the variable EXPORTS is not set"),
        ("env:EXPORTS", {"EXPORTS": "/no/such/folder"}, r"/no/such/folder \(from EXPORTS\)"),
        ("nowhere", {}, "there is no folder"),
    ],
)
def test_a_missing_folder_is_named(
    drop: Path, written: str, variables: dict[str, str], told: str
) -> None:
    source = Source.model_validate({"files": "*.csv", "folder": written})
    with pytest.raises(LandingError, match=told) as refused:
        source_folder(source, drop, variables, "crm.deals")
    assert "crm.deals" in str(refused.value)


@pytest.mark.parametrize(
    "declared",
    [
        {"files": "*.csv", "folder": "env:A B"},
        {"files": "*.csv", "folder": "env:$(id)"},
        {"files": "*.csv", "folder": ""},
        {"demo": {}, "folder": "drop"},
    ],
)
def test_nothing_else_is_a_folder(declared: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="folder"):
        Source.model_validate(declared)
