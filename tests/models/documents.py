"""A small valid configuration as plain values, to be changed in one place by each test."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from models.configuration import Configuration
from models.problems import dotted

_BASE: dict[str, Any] = {
    "organization": {"name": "Zylker", "currency": "USD"},
    "sources": {"crm": {"files": "data/*.csv"}},
    "modules": {
        "accounts": {"from": "crm.accounts", "custom": {"tier": "Tier"}},
        "contacts": {"absent": "the export has no persons"},
        "products": {"from": "crm.products"},
        "deals": {"from": "crm.deals", "stages": {"won": ["Closed Won"], "lost": ["Lost"]}},
        "deal_lines": {"from": "crm.lines"},
    },
    "techniques": {"rfm": {}, "firmographics": {}},
}


def base(**changes: Any) -> dict[str, Any]:
    """Return the configuration with top-level keys replaced."""
    return {**copy.deepcopy(_BASE), **changes}


def configured(**changes: Any) -> Configuration:
    """Return the validated configuration."""
    return Configuration.model_validate(base(**changes))


def problems(**changes: Any) -> dict[str, str]:
    """Return the messages of an invalid configuration by dotted path."""
    try:
        Configuration.model_validate(base(**changes))
    except ValidationError as error:
        return {
            dotted(tuple(p for p in e["loc"] if not str(p).startswith("<"))): e["msg"]
            for e in error.errors()
        }
    return {}


def written(folder: Path, text: str, name: str = "abm.yaml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def base_text(**changes: Any) -> str:
    """Return the configuration as YAML, keys in order."""
    return yaml.safe_dump(base(**changes), sort_keys=False)
