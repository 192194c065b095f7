"""The demo CRM from the command line: its configuration at any size, or only its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

from assets.home import Home

ROOT = Path(__file__).resolve().parent.parent
WORKSPACE = ROOT / "workspace.yaml"
DEMO = ROOT / "examples" / "zylker" / "abm.yaml"

_SOURCE = "demo: {accounts: 200, seed: 7}"


def demo_configuration(accounts: int, seed: int, home: Path | None) -> tuple[Path, Home]:
    """Configuration and home of the demo; another size or seed gets a folder of its own."""
    if (accounts, seed) == (200, 7):
        return DEMO, Home(home.resolve()) if home else Home.beside(DEMO)
    text = DEMO.read_text(encoding="utf-8")
    if _SOURCE not in text:
        raise RuntimeError(f"{DEMO}: the line `{_SOURCE}` is gone; --accounts needs it.")
    folder = (home or DEMO.parent / ".quintile" / f"{accounts}-accounts-seed-{seed}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "abm.yaml"
    chosen = text.replace(_SOURCE, f"demo: {{accounts: {accounts}, seed: {seed}}}")
    if not configuration.exists() or configuration.read_text(encoding="utf-8") != chosen:
        configuration.write_text(chosen, encoding="utf-8")
    shutil.copytree(DEMO.parent / "segments", folder / "segments", dirs_exist_ok=True)
    return configuration, Home.beside(configuration)


def write_files(
    directory: Path, accounts: int, seed: int, shape: str, say: Callable[[str], None]
) -> None:
    """Write the demo CRM's files and say how far it is and what was written."""
    from connectors.zylker import write_demo
    from models.reading import read_configuration

    as_of = read_configuration(DEMO).organization.as_of
    assert as_of is not None, "the demo fixes its business date"
    summary = write_demo(
        directory,
        accounts=accounts,
        seed=seed,
        as_of=as_of,
        shape=cast(Literal["csv", "parquet"], shape),
        progress=lambda done, wanted: say(f"  {done:,} of {wanted:,} accounts"),
    )
    for table, rows in summary.rows.items():
        say(f"  {table:<18} {rows:>12,} rows")
    say(f"{summary.size_bytes / 1e6:,.1f} MB in {directory}")
