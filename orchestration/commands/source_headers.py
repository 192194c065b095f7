"""The headers of the configured sources, resolved against the mapping: what `check` looks at.

Reads headers only; rows are landing's. Never put here how a field is mapped: `models.mapping` says.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assets.home import Home
from connectors.errors import LandingError
from connectors.lookups import Lookups
from connectors.request import Landing
from connectors.sources import Input, find_inputs
from models.fields import module_named, module_place
from models.mapping import MappingError, ResolvedMapping, resolve_mapping
from models.problems import LocatedProblem, dotted
from models.usage import rules_by_field

if TYPE_CHECKING:
    from models.configuration import Configuration
    from models.modules import MappedModule
    from models.reading import Reading

MOST_INPUTS: Final = 20
"""Files of a module whose headers are looked at, the newest ones."""


@dataclass
class ModuleHeaders:
    """What the headers of one module say. `resolved` is that of the newest input that fits."""

    module: str
    table: str
    input_names: list[str] = field(default_factory=list)
    resolved: ResolvedMapping | None = None
    declared: frozenset[str] = frozenset()
    problems: list[LocatedProblem] = field(default_factory=list)
    note: str = ""

    @property
    def automatic(self) -> list[tuple[str, str]]:
        """Fields that map themselves (MAP-4), with their columns."""
        found = self.resolved.fields if self.resolved else ()
        return [(f.name, f.column) for f in found if f.column and f.name not in self.declared]

    @property
    def declared_fields(self) -> list[tuple[str, str]]:
        """Fields mapped by hand, custom ones included, with where they come from."""
        if self.resolved is None:
            return []
        found = [f for f in self.resolved.fields if f.name in self.declared]
        return [
            (f.name, f.column or (f"copy of {f.copy_of}" if f.copy_of else f.constant or f.origin))
            for f in (*found, *self.resolved.custom)
        ]

    @property
    def missing(self) -> list[str]:
        """Optional fields that no column gives."""
        found = self.resolved.fields if self.resolved else ()
        return [f.name for f in found if f.origin == "unmapped"]

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """Columns that nothing reads."""
        return self.resolved.unmapped_columns if self.resolved else ()


def module_headers(reading: Reading, path: Path, home: Home) -> list[ModuleHeaders]:
    """Look at the headers of every mapped module; problems are collected, not raised."""
    configuration = reading.configuration
    found = []
    for name, mapping in configuration.modules.mapped().items():
        headers = ModuleHeaders(name, mapping.table, declared=frozenset(mapping.fields))
        found.append(headers)
        if configuration.sources[mapping.source].demo is not None:
            headers.note = "the built-in demo CRM; its files are written by the first run"
            continue
        try:
            _look(headers, _landing(configuration, mapping, name, path, home), reading)
        except LandingError as error:
            headers.problems.append(_located(reading, module_place(name), str(error)))
    return found


def _landing(
    configuration: Configuration, mapping: MappedModule, name: str, path: Path, home: Home
) -> Landing:
    return Landing(
        module_named(name),
        mapping,
        configuration.sources[mapping.source],
        home.landing,
        configuration.organization,
        path.resolve().parent,
        home.root,
        environment=os.environ,
        uses=rules_by_field(configuration, name),
        lookup_sources=configuration.sources,
    )


def _look(headers: ModuleHeaders, landing: Landing, reading: Reading) -> None:
    inputs, growing = find_inputs(landing)
    headers.input_names = [item.name for item in inputs]
    if growing:
        headers.note = f"still being written: {', '.join(growing)}"
    if len(inputs) > MOST_INPUTS:
        headers.note = f"only the newest {MOST_INPUTS} of {len(inputs)} inputs were looked at"
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="quintile-check-") as work:
        for item in inputs:
            stack.callback(item.close)
        looked_at = inputs[-MOST_INPUTS:]
        if landing.mapping.lookups:
            lookups = Lookups(landing, Path(work))
            looked_at = [lookups.joined(item) for item in looked_at]
        for name, header in _headers(looked_at, Path(work)):
            _resolve(headers, landing, reading, name, header)


def _headers(inputs: list[Input], work: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in inputs:
        for opened in item.open(work):
            yield opened.name, opened.header


def _resolve(
    headers: ModuleHeaders,
    landing: Landing,
    reading: Reading,
    name: str,
    header: tuple[str, ...],
) -> None:
    formats = landing.source.value_formats(landing.organization.time_zone)
    try:
        headers.resolved = resolve_mapping(landing.mapping, landing.module, header, formats=formats)
    except MappingError as error:
        for problem in error.problems:
            place, _, message = problem.partition(": ")
            parts = place.split(".") if place.startswith(("fields.", "custom.")) else []
            text = message if parts else problem
            used = landing.uses.get(parts[-1], ()) if parts else ()
            rules = f" (used by {', '.join(used)})" if used else ""
            located = _located(
                reading, ("modules", headers.module, *parts), f"{name}: {text}{rules}"
            )
            if located not in headers.problems:
                headers.problems.append(located)


def _located(reading: Reading, place: tuple[str, ...], message: str) -> LocatedProblem:
    """Give a problem the file and line of the nearest written part of its place."""
    from models.documents import parse_document

    for file in reading.files:
        tree, _ = parse_document(file.read_bytes(), str(file))
        modules = tree.value.get("modules") if isinstance(tree.value, dict) else None
        if modules is not None and place[1] in modules.value:
            return LocatedProblem(*tree.place(place), dotted(place), message)
    return LocatedProblem(str(reading.files[0]), 0, dotted(place), message)
