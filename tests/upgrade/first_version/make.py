"""Make `home.tar.xz` and `expected.json` anew from the first version's own commit.

Run it from a full clone: `python -m tests.upgrade.first_version.make`. It checks the first version
out beside the repository's objects, lets that code run two business dates with a changed
configuration between them, packs the home folder, and then lets the same old code run a third date
to write down what a run of these data must give. Nothing here imports the code under test.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

COMMIT = "b4792bb"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DAYS = ("2026-10-31", "2026-11-07", "2026-11-14")
ACCOUNTS = 40
TABLES = ("Accounts", "Contacts", "Currency_Rates", "Deals", "Deals_Products", "Products")
KEPT = ("abm.yaml", "segments", "crm", "next", ".quintile")
NOT_KEPT = ("dagster", "dbt", "spill", "warehouse.lock")
"""Parts of a home folder that say nothing about its data."""

EXPECTED = {
    "members": "select segment_id, account_id, entered_on::varchar from marts.seg_members",
    "ledger": "select as_of::varchar, segment_id, account_id, event, cause "
    "from marts.seg_membership_ledger",
    "scores": "select account_id, recency_score, frequency_score, monetary_score "
    "from marts.seg_account_rfm",
    "labels": "select account_id, label_id, is_primary from marts.seg_account_labels",
}
"""What must not depend on the version that computes it, by name."""

_WRITE = (
    "import sys; from datetime import date; from pathlib import Path\n"
    "from connectors.zylker import write_demo\n"
    "write_demo(Path(sys.argv[1]), accounts=200, seed=7, as_of=date.fromisoformat(sys.argv[2]))"
)
_ASK = (
    "import json, sys; from pathlib import Path; from assets.published import open_published\n"
    "connection = open_published(Path(sys.argv[1]))\n"
    "print(json.dumps({name: sorted(connection.execute(query).fetchall(), key=repr)\n"
    "                  for name, query in json.loads(sys.argv[2]).items()}))"
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="first-version-") as scratch:
        code, place = Path(scratch, "code"), Path(scratch, "installation")
        subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(code), COMMIT], check=True
        )
        try:
            make(code, place)
        finally:
            subprocess.run(
                ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(code)], check=True
            )


def make(code: Path, place: Path) -> None:
    """Run the old code in `code` on an installation in `place`; write both files beside this."""
    example = code / "examples" / "zylker"
    place.mkdir()
    shutil.copytree(example / "segments", place / "segments")
    text = (example / "abm.yaml").read_text(encoding="utf-8")
    text = replaced(text, "demo: {accounts: 200, seed: 7}", "files: crm/*.csv")
    unwanted = ("as_of:", "leave it out")  # every run is told its day
    lines = [line for line in text.splitlines() if not any(word in line for word in unwanted)]
    (place / "abm.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for day in DAYS:
        write_exports(code, place / ("next" if day == DAYS[2] else "crm"), day)
        if day == DAYS[1]:
            edit(place / "segments" / "growth.yaml", "in_last_days: 180", "in_last_days: 365")
        if day == DAYS[2]:
            pack(place)
            shutil.copytree(place / "next", place / "crm", dirs_exist_ok=True)
        old(code, "-m", "orchestration.cli", "run", "-c", str(place / "abm.yaml"), "--as-of", day)
    published = str(place / ".quintile" / "published")
    found = json.loads(old(code, "-c", _ASK, published, json.dumps(EXPECTED)))
    rows = {name: ",\n".join(json.dumps(row) for row in table) for name, table in found.items()}
    body = ",\n".join(f'"{name}": [\n{table}\n]' for name, table in rows.items())
    (HERE / "expected.json").write_text(f"{{\n{body}\n}}\n", encoding="utf-8")


def write_exports(code: Path, folder: Path, day: str) -> None:
    """The demo CRM's exports of a day, cut down to the first accounts and what belongs to them."""
    with tempfile.TemporaryDirectory() as whole:
        old(code, "-c", _WRITE, whole, day)
        folder.mkdir(exist_ok=True)
        chosen = set(cut(Path(whole), folder, "Accounts", None, ACCOUNTS)["Account Id"])
        cut(Path(whole), folder, "Contacts", ("Account Id", chosen))
        deals = set(cut(Path(whole), folder, "Deals", ("Account Id", chosen))["Deal Id"])
        cut(Path(whole), folder, "Deals_Products", ("Deal Id", deals))
        cut(Path(whole), folder, "Products", None)
        cut(Path(whole), folder, "Currency_Rates", None)


def cut(
    source: Path,
    target: Path,
    table: str,
    wanted: tuple[str, set[str]] | None,
    most: int | None = None,
) -> dict[str, list[str]]:
    """Copy the wanted records of a file, as text; return their columns."""
    with (source / f"{table}.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        header, *rows = csv.reader(file)
    if wanted is not None:
        place = header.index(wanted[0])
        rows = [row for row in rows if len(row) > place and row[place] in wanted[1]]
    rows = rows[:most]
    with (target / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return {name: column(rows, place) for place, name in enumerate(header)}


def column(rows: Iterable[list[str]], place: int) -> list[str]:
    return [row[place] for row in rows if len(row) > place and row[place]]


def old(code: Path, *arguments: str) -> str:
    """Run the first version's code with this interpreter's libraries; return what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUINTILE_", "DAGSTER_"))}
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=code,
        env=kept | {"PYTHONPATH": str(code), "DO_NOT_TRACK": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"the first version failed:\n{ended.stdout}")
    return ended.stdout


def edit(path: Path, before: str, after: str) -> None:
    path.write_text(replaced(path.read_text(encoding="utf-8"), before, after), encoding="utf-8")


def replaced(text: str, before: str, after: str) -> str:
    assert text.count(before) == 1, f"{before!r} is not once in the text"
    return text.replace(before, after)


def pack(place: Path) -> None:
    """Pack the installation, without what says nothing about its data, in a fixed order."""
    members = sorted(path for name in KEPT for path in (place / name, *(place / name).rglob("*")))
    with tarfile.open(HERE / "home.tar.xz", "w:xz", preset=9) as archive:
        for path in members:
            inside = path.relative_to(place)
            if len(inside.parts) > 1 and inside.parts[1] in NOT_KEPT:
                continue
            archive.add(path, str(inside), recursive=False, filter=anonymous)


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


if __name__ == "__main__":
    main()
