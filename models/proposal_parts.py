"""The parts of a proposal: written fields, and remarks for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from enum import StrEnum


class Mark(StrEnum):
    """What a person has to do. CONFIRM: a guess is written. DECIDE: nothing is written."""

    CONFIRM = "CONFIRM"
    DECIDE = "DECIDE"


@dataclass(frozen=True)
class Remark:
    """Something for a person, at a place of the configuration."""

    mark: Mark
    place: str
    text: str


@dataclass(frozen=True)
class FieldProposal:
    """One written field: from a `column` with its `formats`, of another `form`, or undecided.

    `candidates` are columns to choose from; they are written commented out. `replace` maps texts
    of the column to what they mean.
    """

    name: str
    column: str | None = None
    form: Mapping[str, str | bool] | None = None
    formats: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    mark: Mark | None = None
    candidates: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)


Automatic = tuple[tuple[str, str], ...]


def with_formats(
    proposed: FieldProposal, formats: Mapping[str, str | tuple[str, ...]], note: str
) -> FieldProposal:
    """Return a field with formats of its own, and the doubt about them if there is one."""
    joined = "; ".join(part for part in (proposed.note, note) if part)
    mark = Mark.CONFIRM if note and proposed.mark is None else proposed.mark
    return changed(proposed, formats={**proposed.formats, **formats}, note=joined, mark=mark)
