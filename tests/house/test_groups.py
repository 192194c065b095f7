"""Tests of one group run on one worker: they share runs that last minutes."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("probe")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process has no groups")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    # pytest-xdist says it by the node id; with a pytest it does not fit, it says nothing.
    assert request.node.nodeid.endswith("@probe"), "pytest-xdist ignores groups with this pytest"
