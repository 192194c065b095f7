"""What a benchmark runs on: a demo CRM of a wanted size, its configuration, and the run's command.

Holds the size of the data (10 deals per account, 2 lines per deal, so 20 lines per account) and how
the product is started on it. Never put a measurement here.
"""

from __future__ import annotations

import re
import shutil
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AS_OF = date(2026, 10, 31)
DEALS_PER_ACCOUNT = 10
LINES_PER_DEAL = 2
MODULES = ("accounts", "contacts", "products", "deals", "deals_products", "currency_rates")
DEMO_SOURCE = "demo: {accounts: 200, seed: 7}"
REPLACED = {
    DEMO_SOURCE: 'files: "data/*.parquet"',
    "limits: zoho_ultimate": "limits: unlimited",
    # What Python learns has no bare SQL to stand beside; benchmarks.recommendations measures it.
    "recommendations: {active: true}": "recommendations: {active: false}",
}
"""What the demo's configuration says, and what a benchmark needs instead."""
OF_EVENTS = ("listening.yaml",)
"""Files of segments that ask what was done and said; a benchmark has no events."""
_LEADS = re.compile(r"^  leads:.*?(?=^  # What happened)", re.DOTALL | re.MULTILINE)
_EVENTS = re.compile(r"^  # What happened with the people.*?(?=^# ---)", re.DOTALL | re.MULTILINE)
_SALES = re.compile(r"^# -+ when sales takes over.*?(?=^# ---)", re.DOTALL | re.MULTILINE)
_ENGAGEMENT = re.compile(r"^  engagement:.*?labels: default[^\n]*\n", re.DOTALL | re.MULTILINE)


def write_crm(folder: Path, accounts: int) -> Path:
    """Write a demo CRM as Parquet into `folder/data`; return the configuration that reads it.

    Only the tables that the configuration of the demo reads are written; leaving the others out
    does not change these. Whatever the folder held is removed.
    """
    from connectors.zylker import write_demo

    shutil.rmtree(folder, ignore_errors=True)
    data = folder / "data"
    data.mkdir(parents=True)
    write_demo(
        data, accounts=accounts, as_of=AS_OF, shape="parquet", modules=MODULES,
        deals_per_account=DEALS_PER_ACCOUNT, lines_per_deal=LINES_PER_DEAL,
    )  # fmt: skip
    return write_configuration(folder)


def write_configuration(folder: Path) -> Path:
    """Write the demo's own configuration, reading `data/*.parquet` instead of making the files.

    The preset of limits goes too: it would cut a CRM off at 500,000 accounts (GLC-4).

    Raises:
        ValueError: the demo's configuration no longer says what is replaced here.
    """
    example = ROOT / "examples" / "zylker"
    segments = shutil.ignore_patterns(*OF_EVENTS)
    shutil.copytree(example / "segments", folder / "segments", dirs_exist_ok=True, ignore=segments)
    text = (example / "abm.yaml").read_text(encoding="utf-8")
    for before, after in REPLACED.items():
        if before not in text:
            raise ValueError(f"{example / 'abm.yaml'} has no {before!r} to replace")
        text = text.replace(before, after)
    # Leads, events, engagement and what sales asks have no bare SQL to stand beside either.
    for pattern, instead in (
        (_LEADS, ""),
        (_EVENTS, ""),
        (_ENGAGEMENT, ""),
        (_SALES, "predictions: []\n\n"),
    ):
        text, count = pattern.subn(instead, text)
        if count != 1:
            raise ValueError(f"{example / 'abm.yaml'} has nothing like {pattern.pattern!r}")
    path = folder / "abm.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def quintile() -> str:
    """The installed command."""
    return str(Path(sys.executable).parent / "quintile")


def run_command(configuration: Path, home: Path, as_of: date = AS_OF) -> list[str]:
    """The command that refreshes a home from a configuration, as a user starts it."""
    return [
        quintile(), "run", "--config", str(configuration), "--home", str(home),
        "--as-of", as_of.isoformat(),
    ]  # fmt: skip


def warm_up() -> None:
    """Parse the dbt project once: that cost comes with a change of code, not with a run."""
    from assets.transformation import prepared_manifest

    prepared_manifest()
