"""EXP-1 to EXP-6 from the command line: a file now, its place, and the history of all."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from store import Store
from tests.orchestration.command_line import quintile
from tests.orchestration.published_copy import installed


def cells(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_an_export_lies_where_the_command_says_and_in_the_history(tmp_path: Path) -> None:
    configuration, home = installed(tmp_path)
    fields = "account_id,account_name"
    spoken = quintile("export", "kept", "--fields", fields, "-c", configuration)
    assert spoken.code == 0
    path = Path(spoken.out.splitlines()[0])
    assert path.parent == home.exports
    assert cells(path) == [{"account_id": "A4", "account_name": "'=Sum(Clinic)"}]
    assert "Kept, as of 2026-03-01: 1 row" in spoken.out
    raw = quintile("export", "kept", "--raw", "--json", "-c", configuration).json
    assert cells(Path(raw["path"]))[0]["account_name"] == "=Sum(Clinic)"
    history = quintile("exports", "--json", "-c", configuration).json
    assert {row["status"] for row in history} == {"COMPLETED"}
    assert history[0]["export_id"] == raw["export_id"]
    table = quintile("exports", "-c", configuration).out
    assert path.name in table


def test_the_history_is_sorted_and_filtered(tmp_path: Path) -> None:
    configuration, _ = installed(tmp_path)
    for segment in ("kept", "large", "kept"):
        assert quintile("export", segment, "-c", configuration).code == 0
    names = [
        row["segment_name"]
        for row in quintile(
            "exports", "--sort", "segment_name", "--ascending", "--json", "-c", configuration
        ).json
    ]
    assert names == ["Kept", "Kept", "Large companies"]
    only = quintile("exports", "--segment", "large", "--json", "-c", configuration).json
    assert [row["segment_id"] for row in only] == ["large"]


@pytest.mark.parametrize(
    ("arguments", "message", "is_recorded"),
    [
        (("lage",), "did you mean 'large'?", False),
        (("kept", "--fields", "account_nam"), "did you mean 'account_name'?", True),
        (
            ("kept", "--fields", ",".join(f"f{n}" for n in range(201))),
            "at most 200 can be chosen (EXP-3)",
            False,
        ),
        (("kept", "--fields", ","), "an export needs at least one field", False),
    ],
)
def test_a_refused_export_leaves_no_file(
    tmp_path: Path, arguments: tuple[str, ...], message: str, is_recorded: bool
) -> None:
    configuration, home = installed(tmp_path)
    spoken = quintile("export", *arguments, "-c", configuration)
    assert spoken.code == 2
    assert message in spoken.err
    assert not list(home.exports.glob("*")) if home.exports.is_dir() else True
    with Store.open(home.store_url) as store:
        assert [one.status.value for one in store.exports.list()] == ["FAILED"] * is_recorded
    if is_recorded:
        assert message in quintile("exports", "-c", configuration).out
