"""The house rules of the dbt project, read from its manifest and its files."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_project.warehouse import PROJECT, Configuration, Dbt, Load, fill

pytestmark = pytest.mark.xdist_group("dbt")

PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "seg_", "rpt_"),
}
LAYERS_READ = {
    "staging": {"staging"},
    # The 360 row is a mart that segments evaluate on (DESIGN 5), and published cut-points with it.
    "intermediate": {"staging", "intermediate"},
    "marts": {"staging", "intermediate", "marts", "history"},
    "history": {"staging", "intermediate", "marts", "history"},
}
READ_BY_CRITERIA = {
    "dim_accounts",
    "fct_events",
    "fct_responses",
    "fct_response_signals",
    "seg_recommendations",
    "seg_account_predictions",
}
"""Marts that criteria of segments speak of: what is published is what they mean."""
READ_ACROSS = {
    *product(
        ("int_accounts__registered", "int_segments__evaluated", "int_suggestions__matched"),
        READ_BY_CRITERIA,
    ),
    ("int_account_labels__given", "dim_accounts"),
    ("int_accounts__baselined", "rpt_rfm_cut_points"),
    ("int_accounts__mailable", "dim_contacts"),
    ("int_ensembles__voted", "seg_account_predictions"),
}
LEARNED_FROM = {"recommendations", "identity", "texts", "predictions"}
"""Folders of what Python learns from (schema learning)."""
RULE = re.compile(r"\b[A-Z]{3}-\d+")
GRAIN = re.compile(r"One row (per|in all)")


@pytest.fixture(scope="module")
def manifest(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifest after a whole build, data tests and unit tests included."""
    from datetime import date

    path = tmp_path_factory.mktemp("build") / "warehouse.duckdb"
    # Nothing at all has landed: every table must exist with its columns all the same (F47, F49).
    fill(path, [Load("accounts", []), Load("deals", [])], Configuration(as_of=date(2024, 6, 30)))
    statuses = dbt(path, "build")
    assert len(statuses) > 150
    return dbt.manifest


@pytest.fixture(scope="module")
def dbt_models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_every_dbt_model_says_its_grain_and_has_an_owner(
    manifest: dict[str, Any], dbt_models: list[dict[str, Any]]
) -> None:
    owned = {group["name"] for group in manifest["groups"].values() if group["owner"]["email"]}
    for node in dbt_models:
        last = node["description"].rstrip().rsplit(". ", 1)[-1]
        assert GRAIN.search(last), f"{node['name']}: {last}"
        assert node["group"] in owned, node["name"]


def test_names_follow_their_folder(dbt_models: list[dict[str, Any]]) -> None:
    for node in dbt_models:
        name, folder = node["name"], layer(node)
        if folder == "history":
            assert name.endswith("_history")
        else:
            assert name.startswith(PREFIXES[folder]), name
        if folder == "intermediate":
            assert re.fullmatch(r"int_[a-z_]+__[a-z_]+", name), name
        is_learned_from = folder == "intermediate" and not LEARNED_FROM.isdisjoint(node["fqn"])
        assert node["schema"] == ("learning" if is_learned_from else folder)


def test_dbt_models_read_only_the_layers_below(
    manifest: dict[str, Any], dbt_models: list[dict[str, Any]]
) -> None:
    for node in dbt_models:
        for parent_id in node["depends_on"]["nodes"]:
            if not parent_id.startswith("model."):
                continue
            parent = manifest["nodes"][parent_id]
            allowed = layer(parent) in LAYERS_READ[layer(node)]
            assert allowed or (node["name"], parent["name"]) in READ_ACROSS, (
                f"{node['name']} reads {parent['name']}"
            )


def test_marts_and_history_have_contracts_and_described_columns(
    dbt_models: list[dict[str, Any]],
) -> None:
    for node in dbt_models:
        for name, column in node["columns"].items():
            assert column["description"].strip(), f"{node['name']}.{name}"
        if layer(node) in {"marts", "history"}:
            assert node["contract"]["enforced"], node["name"]
            assert all(column["data_type"] for column in node["columns"].values())
            assert RULE.search(node["description"]) or layer(node) == "history", node["name"]


def test_every_mart_has_a_tested_key(
    manifest: dict[str, Any], dbt_models: list[dict[str, Any]]
) -> None:
    keyed = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") == "is_key"
    }
    # The ledger is a view on its history table, whose key is tested.
    marts = {node["unique_id"] for node in dbt_models if layer(node) == "marts"}
    assert marts - keyed == {"model.quintile.seg_membership_ledger"}


def test_singular_tests_name_the_asset_they_check(manifest: dict[str, Any]) -> None:
    names = {node["name"] for node in manifest["nodes"].values()}
    singular = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and not node.get("test_metadata")
    ]
    assert singular
    for node in singular:
        assert node["name"].startswith("assert_")
        assert node["config"]["meta"]["dagster"]["ref"]["name"] in names


def test_every_mart_is_in_the_published_copy(
    manifest: dict[str, Any], dbt_models: list[dict[str, Any]]
) -> None:
    (exposure,) = (e for e in manifest["exposures"].values() if e["name"] == "published_copy")
    marts = {node["unique_id"] for node in dbt_models if layer(node) == "marts"}
    assert set(exposure["depends_on"]["nodes"]) == marts


def sql_files() -> list[Path]:
    return sorted((PROJECT / "models").rglob("*.sql"))


def test_dbt_models_hold_no_control_jinja_and_stay_short() -> None:
    assert len(sql_files()) > 50
    for path in sql_files():
        text = path.read_text(encoding="utf-8")
        assert "{%" not in text, path
        assert "noqa" not in text, path
        assert len(text.splitlines()) <= 120, path


def test_every_difference_between_engines_has_both_halves() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "macros" / "engine").glob("*.sql")
    )
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    assert len(dispatched) > 12
    for name in dispatched:
        halves = {
            half for half in ("duckdb", "spark", "default") if f"macro {half}__{name}(" in text
        }
        assert halves in ({"duckdb", "spark"}, {"default"}), name
    readme = (PROJECT / "macros" / "engine" / "README.md").read_text(encoding="utf-8")
    assert not [name for name in dispatched if f"`{name}`" not in readme]
