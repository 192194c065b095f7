"""A version is one business date: tables of another one are not published under its name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets.published import NothingPublishedError, PublishedCopyError, current
from tests.assets.published_tables import AS_OF, make_warehouse, publish_it

EARLIER = date(2026, 2, 28)
RUNS = "create table history.run_history as select date '{}' as as_of"
MARTS = "create table marts.rpt_run as select date '{}' as as_of"


def test_marts_and_history_of_the_day_are_published(tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "w.duckdb", RUNS.format(AS_OF), MARTS.format(AS_OF))
    assert publish_it(warehouse, tmp_path / "published").as_of == AS_OF


@pytest.mark.parametrize(
    ("history", "marts", "said"),
    [
        (EARLIER, AS_OF, f"the newest completed run is that of {EARLIER}"),
        (AS_OF, EARLIER, f"the marts were built for {EARLIER}"),
        (None, AS_OF, "the newest completed run is that of no day"),
    ],
    ids=["history", "marts", "no run completed"],
)
def test_tables_of_another_day_are_refused(
    tmp_path: Path, history: date | None, marts: date, said: str
) -> None:
    """One engine built the day and the other one publishes, or a build was cut short."""
    warehouse = make_warehouse(
        tmp_path / "w.duckdb",
        RUNS.format(history or AS_OF) + (" limit 0" if history is None else ""),
        MARTS.format(marts),
    )
    with pytest.raises(PublishedCopyError, match=f"nothing was published for {AS_OF}: {said}"):
        publish_it(warehouse, tmp_path / "published")
    with pytest.raises(NothingPublishedError):
        current(tmp_path / "published")
