"""The small setting: landing, store, publishing and exporting on a few rows, without any whole run.

The same product code and the same kills as in the full setting; the warehouse and the published
copy are made by hand. Never put here a judgement.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from assets.home import Home
from tests.assets.published_tables import NOW, make_warehouse, publish_it
from tests.connectors.landing_case import LandingCase
from tests.faults.processes import done
from tests.faults.stages import Stage, store_writes

MODULES = (
    "numpy", "pyarrow.parquet", "alembic.command", "assets.exporting", "assets.publishing",
    "connectors.landing", "models.reading", "tests.assets.published_tables",
)  # fmt: skip
"""What the stages import, for a process that forks."""
SEGMENTS = ("renewals", "big", "empty")
CHANGE = "delete from marts.seg_members where segment_id = 'big'"
_PRODUCTS = "product_id,product_name,unit_price,modified_at\n"
FIRST = _PRODUCTS + "P1,One,1,2024-01-01\nP2,Two,x,2024-01-01\nP3,Three,3,2024-01-01\n"
SECOND = _PRODUCTS + "P1,One!,1,2024-02-01\nP1,One!,1,2024-02-01\nP4,Four,4,2024-02-01\n"


def make_small_places(folder: Path) -> None:
    """Homes at which the stages begin: one load landed; one version published, newer tables."""
    for name in ("landing", "old", "new"):
        shutil.rmtree(folder / name, ignore_errors=True)
    done(lambda: land(folder / "landing", FIRST), folder / "log")
    done(lambda: _publish_first(folder), folder / "log")


def _publish_first(folder: Path) -> None:
    for name in ("old", "new"):
        home = Home(folder / name)
        home.root.mkdir()
        make_warehouse(home.warehouse)
        publish_it(home.warehouse, home.published)
    with duckdb.connect(str(Home(folder / "old").warehouse)) as connection:
        connection.execute(CHANGE)


def stages_of(folder: Path) -> list[Stage]:
    """The stages; each begins with a copy of one of the homes."""
    return [
        Stage("landing products", folder / "landing", lambda home: land(home, SECOND),
              ("loads",), 25),
        Stage("store", folder, store_writes, ("store",), 25, parts=("nothing",)),
        Stage("publish", folder / "old", publish_newer, ("published",), 30, 2),
        Stage("exports", folder / "new", export_all, ("exports", "store", "published"), 20, 2,
              parts=("published",)),
    ]  # fmt: skip


def land(root: Path, content: str) -> None:
    """Land one file of products."""
    case = LandingCase(root.with_name(f"{root.name}-source"), "products")
    case.landing = Home(root).landing
    case.write("products.csv", content)
    case.land(quarantine_limit=0.5, landed_at="2026-03-02T06:00:00+00:00")


def publish_newer(root: Path, publish: Callable[..., object] = publish_it) -> None:
    """Publish what changed in the warehouse."""
    publish(Home(root).warehouse, Home(root).published)


def export_all(root: Path) -> None:
    """Export every segment of the published copy."""
    from assets.exporting import (
        request_export,
        run_export,
        scheduled_export_id,
        tidy_exports,
    )
    from models.limits import Limits
    from store import Store

    home = Home(root)
    with Store.open(home.store_url) as store:
        tidy_exports(store, home.exports, now=NOW)
        for segment in SEGMENTS:
            export_id = scheduled_export_id(segment, date(2026, 3, 1), "definition", None)
            request_export(
                store, export_id=export_id, segment_id=segment, fields=None,
                requested_by="faults", now=NOW, limits=Limits(),
            )  # fmt: skip
            run_export(store, home.published, home.exports, export_id, now=NOW)
