"""From a source to landed Parquet: one load per new input, complete or absent (DESIGN 4).

`land_module` is the one entry point. It finds what is new, reads it, types it, puts bad rows into
quarantine and duplicates aside, and puts each load into place in one step. Running it again on the
same content lands nothing. It reads no clock: `landed_at` is given by the caller.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from connectors.attempt import identity_of, land_input
from connectors.errors import SchemaDriftError
from connectors.loads import Load, loads, sweep, writing_folder
from connectors.lookups import Lookups
from connectors.request import Landing
from connectors.sources import Input, find_inputs
from models.fields import Module
from models.modules import MappedModule
from models.organization import Organization
from models.sources import Source

_GROWING: Final = "still being written; left for the next run"
_CHANGED: Final = "changed while it was read; left for the next run"
_STAYS: Final = (
    "already landed under the earlier mapping; the new one does not fit its columns, "
    "so it stays as landed"
)


@dataclass(frozen=True)
class Skipped:
    """An input that was not landed, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LandingResult:
    """What one call of `land_module` did. `swept` counts leftovers of killed runs."""

    module: str
    loads: tuple[Load, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    swept: int = 0


def land_module(
    module: Module,
    mapping: MappedModule,
    source: Source,
    landing_directory: Path,
    organization: Organization,
    *,
    base_directory: Path,
    home_directory: Path | None = None,
    as_of: date | None = None,
    environment: Mapping[str, str] | None = None,
    landed_at: str | None = None,
    quarantine_limit: float | None = None,
    uses: Mapping[str, Sequence[str]] | None = None,
    settle_seconds: float = 0.0,
    memory_limit: str = "1GB",
    lookup_sources: Mapping[str, Source] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LandingResult:
    """Land every new input of a module.

    `base_directory` is the folder of abm.yaml: file patterns are relative to it, unless the source
    names its own `folder`. `home_directory` is the runtime folder (default: the parent of
    `landing_directory`), where the demo CRM is written. `environment` resolves `env:NAME`. `uses`
    tells per field which rules read it, for messages. `settle_seconds` is how long a file must
    rest before it is read. `quarantine_limit` defaults to that of the source. `lookup_sources` are
    the sources, by name, that fields with a lookup may be read from.

    What landed under an earlier mapping and does not fit the present one stays as it was landed.

    Raises LandingError (see connectors.errors) when an input cannot be landed, or when the mapping
    fits no input at all; loads that were complete before it stay.
    """
    landing = Landing(
        module,
        mapping,
        source,
        landing_directory,
        organization,
        base_directory,
        home_directory or landing_directory.parent,
        as_of,
        os.environ if environment is None else environment,
        landed_at,
        source.quarantine_limit if quarantine_limit is None else quarantine_limit,
        uses or {},
        settle_seconds,
        memory_limit,
        lookup_sources or {},
    )
    swept = sweep(landing_directory, module.name)
    inputs, growing = find_inputs(landing)
    skipped = [Skipped(name, _GROWING) for name in growing]
    landed: list[Load] = []
    unfit: SchemaDriftError | None = None
    with ExitStack() as stack:
        for candidate in inputs:
            stack.callback(candidate.close)
        if mapping.lookups:
            # Pairs lie beside the loads: should this run be killed, the next one sweeps them.
            pairs = writing_folder(landing_directory, module.name, "lookups")
            stack.callback(shutil.rmtree, pairs)
            lookups = Lookups(landing, pairs)
            landing = replace(landing, lookups_hash=lookups.digest)
            inputs = [lookups.joined(candidate) for candidate in inputs]
        known = loads(landing_directory, module.name)
        for candidate in inputs:
            occurrence = _occurrence(landing, candidate, known)
            if isinstance(occurrence, str):
                skipped.append(Skipped(candidate.name, occurrence))
                continue
            progress(f"{module.name}: reading {candidate.name}")
            try:
                load = land_input(landing, candidate, known, occurrence)
            except SchemaDriftError as error:
                if not _has_landed(landing, candidate, known, occurrence):
                    raise
                unfit = unfit or error
                skipped.append(Skipped(candidate.name, _STAYS))
                continue
            if load is None:
                skipped.append(Skipped(candidate.name, _CHANGED))
            else:
                landed.append(load)
                known = loads(landing_directory, module.name)
    if unfit and not any(load.mapping_hash == landing.mapping_hash for load in known):
        raise unfit  # a mapping that fits nothing is a mistake, not a renamed column
    return LandingResult(module.name, tuple(landed), tuple(skipped), swept)


def _occurrence(landing: Landing, candidate: Input, known: Sequence[Load]) -> int | str:
    """Which time this content comes, or the reason to skip it.

    Content that came before comes anew when its own name has held something else since: the
    source went back to it, and what it says now is the truth again.
    """
    exported = str(candidate.exported_on) if candidate.exported_on else None
    same = [
        load
        for load in known
        if load.source == landing.mapping.table
        and load.content_hash == candidate.content_hash
        and load.exported_on == exported
    ]
    if not same:
        return 0
    named = [load for load in known if _names(load) == candidate.file_names]
    newest = same[-1]
    has_changed_since = bool(named) and named[-1].content_hash != candidate.content_hash
    came_by_name = any(_names(load) == candidate.file_names for load in same)
    if has_changed_since and came_by_name:
        return newest.occurrence + 1
    # The newest reading counts: a mapping that goes back to an earlier state is read anew.
    if newest.mapping_hash == landing.mapping_hash:
        if came_by_name:
            return "already landed"
        return f"same content as {', '.join(_names(newest))}, already landed"
    return newest.occurrence


def _has_landed(landing: Landing, candidate: Input, known: Sequence[Load], occurrence: int) -> bool:
    """Whether a load under an earlier mapping holds this content already."""
    identity = identity_of(landing, candidate, occurrence)
    return any(load.identity == identity for load in known)


def _names(load: Load) -> tuple[str, ...]:
    return tuple(file.name for file in load.files)
