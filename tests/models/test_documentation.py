"""The page about the configuration is true: its example loads, and it names every key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from models.limits import Limits
from models.reading import read_configuration
from models.schema import json_schema
from tests.models.documents import written

PAGE = (Path(__file__).parents[2] / "docs/configuration.md").read_text(encoding="utf-8")


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_a_valid_configuration(tmp_path: Path) -> None:
    configuration = read_configuration(written(tmp_path, example()))
    assert set(configuration.techniques.active()) == {"rfm", "firmographics", "engagement"}


def keys(schema: Any) -> set[str]:
    """Every key the schema knows outside criteria."""
    if isinstance(schema, list):
        return {key for item in schema for key in keys(item)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own | {key for name, item in schema.items() if name != "Criteria" for key in keys(item)}


@pytest.mark.parametrize("key", sorted(keys(json_schema()) | set(Limits.model_fields)))
def test_every_key_is_explained(key: str) -> None:
    assert re.search(rf"\b{key}\b", PAGE), f"docs/configuration.md does not mention {key!r}"
