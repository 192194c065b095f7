"""From a source to landed Parquet: one load per new input, complete or absent (DESIGN 4).

`land_module` is the one entry point. It finds what is new, reads it, types it, puts bad rows into
quarantine and duplicates aside, and puts each load into place in one step. Running it again on the
same content lands nothing. It reads no clock: `landed_at` is given by the caller.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from connectors.drift import check_drift, resolved_plan
from connectors.duplicates import find_losers
from connectors.errors import LandingError, QuarantineLimitError
from connectors.extracts import Extract
from connectors.inputs import is_unchanged
from connectors.loads import Load, LoadedFile, begin, finish, load_id_of, loads, sweep
from connectors.outcome import Batch, write_data, write_quarantine, write_set_aside, write_warnings
from connectors.plan import ModulePlan
from connectors.row_filter import filter_sql
from connectors.sources import Input, OpenedInput, find_inputs
from connectors.typed import typed_columns, union_of, wanted_columns, write_typed
from models.fields import LANDING_COLUMNS, Module
from models.modules import MappedModule
from models.organization import Organization
from models.sources import Source

QUARANTINE_LIMIT: Final = 0.05
"""Share of bad rows above which a load is refused."""


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


@dataclass(frozen=True)
class Landing:
    """What one landing is asked to do, and with what; see `land_module`."""

    module: Module
    mapping: MappedModule
    source: Source
    landing_directory: Path
    organization: Organization
    base_directory: Path
    home_directory: Path
    as_of: date | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    landed_at: str | None = None
    quarantine_limit: float = QUARANTINE_LIMIT
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settle_seconds: float = 0.0
    memory_limit: str = "1GB"

    @property
    def mapping_hash(self) -> str:
        """Digest of every declaration that decides how a value lands, and of the contract."""
        mapping = self.mapping.model_dump(mode="json", include=_MAPPING_PARTS, by_alias=True)
        source = self.source.model_dump(
            mode="json", exclude={"files", "folder", "database", "demo"}
        )
        contract = [[f.name, f.type.value, f.need.value] for f in self.module.fields]
        parts = [self.module.name, mapping, source, contract, self.organization.time_zone]
        text = json.dumps([*parts, filter_sql(self)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_MAPPING_PARTS: Final = {"table", "fields", "custom", "keep"}


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
    quarantine_limit: float = QUARANTINE_LIMIT,
    uses: Mapping[str, Sequence[str]] | None = None,
    settle_seconds: float = 0.0,
    memory_limit: str = "1GB",
    progress: Callable[[str], None] = lambda _: None,
) -> LandingResult:
    """Land every new input of a module.

    `base_directory` is the folder of abm.yaml: file patterns are relative to it, unless the source
    names its own `folder`. `home_directory` is the runtime folder (default: the parent of
    `landing_directory`), where the demo CRM is written. `environment` resolves `env:NAME`. `uses`
    tells per field which rules read it, for messages. `settle_seconds` is how long a file must
    rest before it is read.

    Raises LandingError (see connectors.errors) when an input cannot be landed; loads that were
    complete before it stay.
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
        quarantine_limit,
        uses or {},
        settle_seconds,
        memory_limit,
    )
    swept = sweep(landing_directory, module.name)
    inputs, growing = find_inputs(landing)
    skipped = [Skipped(name, "still being written; left for the next run") for name in growing]
    landed: list[Load] = []
    for candidate in inputs:
        known = loads(landing_directory, module.name)
        occurrence = _occurrence(landing, candidate, known)
        if isinstance(occurrence, str):
            skipped.append(Skipped(candidate.name, occurrence))
            continue
        progress(f"{module.name}: reading {candidate.name}")
        load = _land(landing, candidate, known, occurrence)
        if load is None:
            skipped.append(Skipped(candidate.name, "changed while it was read; left for the next run"))
        else:
            landed.append(load)
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
    if any(
        load.mapping_hash == landing.mapping_hash and load.occurrence == newest.occurrence
        for load in same
    ):
        if came_by_name:
            return "already landed"
        return f"same content as {', '.join(_names(newest))}, already landed"
    return newest.occurrence


def _names(load: Load) -> tuple[str, ...]:
    return tuple(file.name for file in load.files)


def _land(
    landing: Landing, candidate: Input, known: Sequence[Load], occurrence: int
) -> Load | None:
    load_id = load_id_of(
        landing.module.name,
        landing.mapping.table,
        candidate.content_hash,
        landing.mapping_hash,
        candidate.exported_on,
        occurrence,
    )
    folder = begin(landing.landing_directory, landing.module.name, load_id)
    connection = _connect(folder, landing.memory_limit)
    try:
        attempt = _Attempt(landing, candidate, known, load_id, folder, connection)
        load = attempt.load(occurrence)
        connection.close()
        if not all(is_unchanged(file) for file in candidate.files):
            shutil.rmtree(folder)
            return None
        finish(folder, load, landing.landing_directory)
        return load
    except BaseException:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _connect(folder: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    work = folder / "work"
    work.mkdir()
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "temp_directory": str(work),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection


@dataclass
class _Attempt:
    """One load in the making."""

    landing: Landing
    candidate: Input
    known: Sequence[Load]
    load_id: str
    folder: Path
    connection: duckdb.DuckDBPyConnection

    def load(self, occurrence: int) -> Load:
        """Write all files of the load and return its manifest."""
        opened = self.candidate.open(self.folder / "work")
        plans = [resolved_plan(self.landing, item) for item in opened]
        check_drift(self.landing, opened, plans, self.known)
        extracts, typed = self.typed(opened, plans)
        batch = self.batch(opened, plans[0], extracts, typed)
        self.check_quarantine(batch)
        find_losers(self.connection, batch.plan, batch.typed)
        sequence = max((load.load_sequence for load in self.known), default=0) + 1
        write_data(self.connection, batch, self.folder, self.load_id, sequence)
        write_set_aside(self.connection, batch, self.folder, self.load_id)
        write_warnings(self.connection, batch, self.folder, self.load_id)
        write_quarantine(self.connection, batch, self.folder, self.load_id)
        return self.manifest(batch, opened, sequence, occurrence)

    def typed(
        self, opened: Sequence[OpenedInput], plans: Sequence[ModulePlan]
    ) -> tuple[list[Extract], list[Path]]:
        extracts, paths = [], []
        for number, (item, plan) in enumerate(zip(opened, plans, strict=True)):
            path = self.folder / "work" / f"typed_{number}.parquet"
            extract = item.extract(wanted_columns(plan))
            extracts.append(write_typed(self.connection, plan, extract, item.stem, path))
            paths.append(path)
        return extracts, paths

    def batch(
        self,
        opened: Sequence[OpenedInput],
        plan: ModulePlan,
        extracts: Sequence[Extract],
        typed: Sequence[Path],
    ) -> Batch:
        files = [item.name for item in opened]
        union = union_of(typed, files)
        counts = dict(
            self.connection.execute(
                f"select file_index, count(*) from ({union}) group by file_index"
            ).fetchall()
        )
        rows_read = [
            counts.get(number, 0) + len(extract.refused) for number, extract in enumerate(extracts)
        ]
        return Batch(plan, union, extracts, files, rows_read)

    def check_quarantine(self, batch: Batch) -> None:
        """Refuse the load when too many of its rows are bad."""
        refused = sum(len(extract.refused) for extract in batch.extracts)
        bad = self.count(f"from ({batch.typed}) where is_bad") + refused
        total = sum(batch.rows_read)
        if not total or bad / total <= self.landing.quarantine_limit:
            return
        reasons = write_quarantine(self.connection, batch, self.folder, self.load_id)
        first = self.connection.execute(
            "select source_file, source_line, source_row, field, reason, detail"
            f" from '{str(self.folder / 'quarantine.parquet').replace(chr(39), chr(39) * 2)}'"
            " order by source_file, source_row limit 1"
        ).fetchone()
        assert first is not None
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        raise QuarantineLimitError(
            f"{bad} of {total} rows are bad ({told}), more than the limit of "
            f"{self.landing.quarantine_limit:.1%}; the first: {first[4]}: {first[5]}.",
            source=self.landing.mapping.table,
            file=first[0],
            line=first[1],
            row=first[2],
            field=first[3],
        )

    def count(self, clause: str) -> int:
        row = self.connection.execute(f"select count(*) {clause}").fetchone()
        return int(row[0]) if row else 0

    def manifest(
        self, batch: Batch, opened: Sequence[OpenedInput], sequence: int, occurrence: int
    ) -> Load:
        rows = {
            name: self.count(f"from '{str(self.folder / name).replace(chr(39), chr(39) * 2)}'")
            for name in ("data.parquet", "quarantine.parquet", "warnings.parquet")
        }
        filtered = self.count(f"from ({batch.typed}) where not is_bad and not is_kept")
        plan, landing, candidate = batch.plan, self.landing, self.candidate
        load = Load(
            module=plan.module.name,
            load_id=self.load_id,
            load_sequence=sequence,
            source=landing.mapping.table,
            is_snapshot=landing.source.loads == "snapshot",
            exported_on=str(candidate.exported_on) if candidate.exported_on else None,
            content_hash=candidate.content_hash,
            mapping_hash=landing.mapping_hash,
            rows_read=sum(batch.rows_read),
            rows_accepted=rows["data.parquet"],
            rows_quarantined=rows["quarantine.parquet"],
            rows_duplicate=self.count("from losers"),
            rows_filtered=filtered,
            warning_count=rows["warnings.parquet"],
            files=tuple(
                LoadedFile(item.name, item.content_hash, item.bytes, extract.encoding, read)
                for item, extract, read in zip(opened, batch.extracts, batch.rows_read, strict=True)
            ),
            columns=_landed_columns(plan),
            mapped_columns={
                c.plan.name: c.plan.resolved.column
                for c in typed_columns(plan)
                if c.plan.resolved.column is not None
            },
            notes=_notes(batch),
            landed_at=landing.landed_at,
            occurrence=occurrence,
        )
        if not load.is_balanced:
            raise LandingError(
                f"row balance broken: {load.rows_read} rows read, {rows} and "
                f"{load.rows_duplicate} duplicates and {filtered} filtered counted.",
                source=load.source,
                remedy="This is a fault of the program; please report it.",
            )
        return load


def _landed_columns(plan: ModulePlan) -> dict[str, str]:
    columns: dict[str, str] = {f.name: f.type.sql for f in plan.canonical}
    return {**columns, **LANDING_COLUMNS}


def _notes(batch: Batch) -> tuple[str, ...]:
    notes: list[str] = []
    for file, extract in zip(batch.files, batch.extracts, strict=True):
        notes += [f"{file}: {note}" for note in extract.notes]
    unread = batch.plan.resolved.unmapped_columns
    if unread:
        notes.append(f"columns nothing reads: {', '.join(unread)}")
    return tuple(notes)


def describe(load: Load) -> Mapping[str, Any]:
    """The counts of a load by name, for summaries and metadata."""
    names = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_filtered")
    return {name: getattr(load, name) for name in names}
