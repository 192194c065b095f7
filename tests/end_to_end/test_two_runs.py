"""Two `quintile run` at once: one works, the other says who holds the warehouse and since when.

Readers of the published copy look all the time, before, while and after the version is switched.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.end_to_end.conftest import FIRST_DAY, NEXT_DAY
from tests.end_to_end.installation import Installation
from tests.end_to_end.meeting import Ended, Meeting

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

HELD = re.compile(
    r"the warehouse is held by (run [0-9a-f]{8}) \(pid (\d+) on \S+, [^)]+\) since (\S+?)\."
)


def test_one_works_and_publishes(undisturbed: Meeting) -> None:
    assert undisturbed.worked.code == 0, undisturbed.worked.printed
    assert undisturbed.installation.publication.as_of == NEXT_DAY


@pytest.mark.parametrize("which", ["refused", "late"])
def test_the_other_says_who_holds_the_warehouse(undisturbed: Meeting, which: str) -> None:
    other: Ended = getattr(undisturbed, which)
    assert other.code not in (0, None), other.printed
    told = HELD.search(other.printed)
    assert told is not None, other.printed
    assert int(told[2]) == undisturbed.worked.pid
    since = datetime.fromisoformat(told[3])
    assert timedelta(0) <= datetime.now(UTC) - since < timedelta(hours=1)
    assert "Traceback" not in other.printed
    assert "... landing" not in other.printed  # it did nothing


def test_readers_never_fail_and_never_see_a_mixture(
    undisturbed: Meeting, zylker: Installation
) -> None:
    versions = {
        str(FIRST_DAY): zylker.publication.version,
        str(NEXT_DAY): undisturbed.installation.publication.version,
    }
    for looks in undisturbed.looks:
        assert len(looks) > 10
        assert [look for look in looks if "error" in look] == []
        days = []
        for look in looks:
            assert len(look["dates"]) == 1, look
            days += look["dates"]
            assert look["version"] == versions[days[-1]]
        assert days == sorted(days), "a reader went back to the old version"
        assert set(days) == {str(FIRST_DAY), str(NEXT_DAY)}
