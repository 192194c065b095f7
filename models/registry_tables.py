"""The label registry as tables of schema `config`: every label, and what ensembles read (LBL-4)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any, Final

from models.column_types import COUNT, DECIMAL, FLAG, TEXT, Table
from models.configuration import Configuration
from models.label_words import registered_label_words, technique_label_words
from models.registry import REGISTRY, EnsembleLabel


def registry_tables(configuration: Configuration, as_of: date) -> dict[str, Table]:
    """Return the registry with every label of every technique, and the members of ensembles."""
    return {
        "label_registry": (_REGISTRY, [*_technique_rows(configuration), *_rows(configuration)]),
        "ensemble_members": (_MEMBERS, _members(configuration)),
        "holidays": ({"holiday_on": "DATE", "name": TEXT}, _holidays(configuration, as_of)),
    }


YEARS_BACK: Final = 3
"""Years of holidays before the business date: purchases of 24 months are looked at (LBL-6)."""


def _holidays(configuration: Configuration, as_of: date) -> list[tuple[date, str]]:
    """Days of every holiday around the purchases that are looked at."""
    found = []
    for holiday in configuration.organization.holidays:
        if holiday.date is not None:
            found.append((holiday.date, holiday.name))
            continue
        assert holiday.month is not None
        assert holiday.day is not None
        for year in range(as_of.year - YEARS_BACK, as_of.year + 2):
            with suppress(ValueError):  # 29 February
                found.append((date(year, holiday.month, holiday.day), holiday.name))
    return found


_REGISTRY: Final = {
    "label_id": TEXT,
    "technique": TEXT,
    "name": TEXT,
    "position": COUNT,
    "kind": TEXT,
    "owner": TEXT,
    "version": TEXT,
    "valid_from": "DATE",
    "review_by": "DATE",
    "description": TEXT,
    "definition": TEXT,
}


def _technique_rows(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (
            f"{technique}.{label.id}", technique, label.name, position,
            "model" if technique == "recommendations" else "rule",
            None, None, None, None, label.description, technique_label_words(label),
        )
        for technique, definition in configuration.techniques.active().items()
        for position, label in enumerate(definition.labels, start=1)
    ]  # fmt: skip


def _rows(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (
            f"{REGISTRY}.{label.id}", REGISTRY, label.name, position, label.kind, label.owner,
            label.version, label.valid_from, label.due_on, label.description,
            registered_label_words(label),
        )
        for position, label in enumerate(configuration.labels, start=1)
    ]  # fmt: skip


_MEMBERS: Final = {
    "label_id": TEXT,
    "prediction_id": TEXT,
    "weight": DECIMAL,
    "at_least": DECIMAL,
    "label_at_least": DECIMAL,
    "is_vote": FLAG,
    "member_count": COUNT,
}


def _members(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (
            f"{REGISTRY}.{label.id}", member.prediction, member.weight, member.at_least,
            label.at_least, label.vote is not None, len(label.models),
        )
        for label in configuration.labels
        if isinstance(label, EnsembleLabel)
        for member in label.models
    ]  # fmt: skip
