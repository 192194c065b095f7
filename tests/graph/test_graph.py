"""The asset graph as a whole: it loads with nothing configured, and every change of it is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("graph.json")
STAGES = {
    "config", "landing", "staging", "scope", "accounts", "rfm", "firmographics", "engagement",
    "voice_of_customer", "recommendations", "predictions", "sales_readiness", "segments",
    "overview", "published", "exports", "journeys",
}  # fmt: skip


def graph() -> dict[str, object]:
    """Keys with group and parents, jobs with their assets, schedules and sensors."""
    from orchestration.definitions import defs

    resolved = defs.resolve_asset_graph()
    assets = {
        key.to_user_string(): {
            "group": resolved.get(key).group_name,
            "parents": sorted(parent.to_user_string() for parent in resolved.get(key).parent_keys),
        }
        for key in sorted(resolved.materializable_asset_keys)
    }
    repository = defs.get_repository_def()
    jobs = {
        job.name: sorted(k.to_user_string() for k in job.asset_layer.selected_asset_keys)
        for job in repository.get_all_jobs()
        if not job.name.startswith("__")
    }
    return {
        "assets": assets,
        "jobs": {name: len(keys) for name, keys in sorted(jobs.items())},
        "schedules": sorted(s.name for s in repository.schedule_defs),
        "sensors": sorted(s.name for s in repository.sensor_defs),
    }


def test_the_graph_is_the_one_we_agreed_on() -> None:
    """QUINTILE_ACCEPT=1 writes the snapshot anew; the diff is then read in review."""
    found = graph()
    if os.environ.get("QUINTILE_ACCEPT"):
        SNAPSHOT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_groups_are_stages_and_every_asset_is_described_and_owned() -> None:
    from orchestration.definitions import defs

    resolved = defs.resolve_asset_graph()
    for key in resolved.materializable_asset_keys:
        node = resolved.get(key)
        assert node.group_name in STAGES, key
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert len(key.path) == 2, f"{key}: an asset key is [schema, table]"


def test_every_dbt_mart_hangs_on_landing_and_configuration() -> None:
    from orchestration.definitions import defs

    resolved = defs.resolve_asset_graph()
    for key in resolved.materializable_asset_keys:
        if key.path[0] == "marts":
            roots = {k.path[0] for k in resolved.get_ancestor_asset_keys(key)}
            assert roots & {"config", "landing"}, key


@pytest.mark.parametrize("module", ["models", "ml", "connectors", "assets.home", "store"])
def test_a_room_imports_without_the_orchestrator(module: str) -> None:
    """The pure rooms stay light: importing them loads neither Dagster nor dbt."""
    check = f"import sys, {module}; sys.exit(any(m in sys.modules for m in ('dagster', 'dbt')))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0


def test_loading_the_code_location_touches_neither_network_nor_home(tmp_path: Path) -> None:
    """Nothing happens at import: no home folder is made and no address is looked up."""
    check = """
import socket, sys
def refuse(*_, **__): raise SystemExit("network used at import")
socket.getaddrinfo = refuse
import orchestration.definitions
"""
    environment = {**os.environ, "QUINTILE_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
    assert not (tmp_path / "home").exists()
