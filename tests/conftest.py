"""The order of the whole suite: groups that last minutes begin first, so that no worker idles last.

Add a group here when it lasts longer than a minute; never what a test needs to know.
"""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "spark",
    "zylker",
    "real data",
    "recommendations",
    "operations",
    "segments over time",
    "dbt",
    "user interface",
    "refusals",
    "rivals",
    "upgrade",
    "faults",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by group; within one, and for tests without any, the order stays as it was."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    marker = item.get_closest_marker("xdist_group")
    group = marker.args[0] if marker else None
    return LONGEST_FIRST.index(group) if group in LONGEST_FIRST else len(LONGEST_FIRST)
