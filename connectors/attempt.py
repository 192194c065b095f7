"""One load in the making: read, typed, judged, written, and put into place in one step."""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from connectors.drift import check_drift, field_families, resolved_plan
from connectors.duplicates import find_losers
from connectors.errors import UNREADABLE, DamagedFileError, LandingError, QuarantineLimitError
from connectors.inputs import is_unchanged
from connectors.literals import literal
from connectors.loads import (
    DATA,
    QUARANTINE,
    WARNINGS,
    Load,
    LoadedFile,
    finish,
    load_id_of,
    writing_folder,
)
from connectors.outcome import Batch, write_data, write_quarantine, write_set_aside, write_warnings
from connectors.plan import ModulePlan
from connectors.refused import forget_refused, keep_refused
from connectors.request import Landing
from connectors.sources import Input, OpenedInput
from connectors.typed import TypedInput, typed_columns, union_of, wanted_columns, write_typed
from models.fields import LANDING_COLUMNS

_MOST_BYTES_IN_MEMORY: Final = 150_000_000
"""Size of the inputs whose typed rows wait in memory; those of larger ones wait on the disk."""


def identity_of(
    landing: Landing, candidate: Input, occurrence: int
) -> tuple[str, str, str | None, int]:
    """Return the identity that a load of this input has or will have (`Load.identity`)."""
    exported = str(candidate.exported_on) if candidate.exported_on else None
    return (landing.mapping.table, candidate.content_hash, exported, occurrence)


def land_input(
    landing: Landing, candidate: Input, known: Sequence[Load], occurrence: int
) -> Load | None:
    """Land one input whole; None when its bytes changed meanwhile. Nothing is left on an error."""
    identity = identity_of(landing, candidate, occurrence)
    load_id = load_id_of(
        landing.module.name,
        landing.mapping.table,
        candidate.content_hash,
        landing.mapping_hash,
        candidate.exported_on,
        occurrence,
        sum(
            load.identity == identity and load.mapping_hash == landing.mapping_hash
            for load in known
        ),
    )
    folder = writing_folder(landing.landing_directory, landing.module.name, load_id)
    connection = _connect(folder, landing.memory_limit)
    try:
        attempt = _Attempt(landing, candidate, known, load_id, folder, connection)
        load = attempt.load(occurrence)
        connection.close()
        if not all(is_unchanged(file) for file in candidate.files):
            shutil.rmtree(folder)
            return None
        finish(folder, load, landing.landing_directory)
        forget_refused(landing.home_directory, landing.module.name)
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
        inputs = [
            self.typed(item, plan, number)
            for number, (item, plan) in enumerate(zip(opened, plans, strict=True))
        ]
        batch = self.batch([item.name for item in opened], plans[0], inputs)
        self.check_quarantine(batch)
        sequence = max((load.load_sequence for load in self.known), default=0) + 1
        try:
            duplicates = find_losers(self.connection, batch.plan, batch.typed, batch.good)
            write_data(self.connection, batch, self.folder, self.load_id, sequence, duplicates)
        except duckdb.Error as error:
            # Of a cheap input some columns are read here for the first time.
            if type(error) not in UNREADABLE:
                raise
            told = str(error).splitlines()[0]
            raise DamagedFileError(
                f"it cannot be read: {told}.", file=", ".join(batch.files)
            ) from None
        write_set_aside(self.connection, batch, self.folder, self.load_id)
        write_warnings(self.connection, batch, self.folder, self.load_id)
        write_quarantine(self.connection, batch, self.folder, self.load_id)
        families = field_families(opened[0], plans[0])
        return self.manifest(batch, opened, families, sequence, occurrence)

    def typed(self, item: OpenedInput, plan: ModulePlan, number: int) -> TypedInput:
        """Type one input, in memory when all inputs together are small."""
        size = sum(file.bytes for file in self.candidate.files)
        is_packed = item.name.lower().endswith((".gz", ".zip"))
        is_small = 0 < size * (10 if is_packed else 1) <= _MOST_BYTES_IN_MEMORY
        file = None if is_small else self.folder / "work" / f"typed_{number}.parquet"
        extract = item.extract(wanted_columns(plan))
        return write_typed(self.connection, plan, extract, item.stem, number, file)

    def batch(self, files: Sequence[str], plan: ModulePlan, inputs: Sequence[TypedInput]) -> Batch:
        """Count the rows of the typed inputs: all of them, and the bad and filtered among them."""
        doubtful = union_of([item.doubtful for item in inputs], files)
        found = self.connection.execute(
            "select file_index, count(case when is_bad then 1 end),"
            " count(case when not is_bad and not is_kept then 1 end)"
            f" from ({doubtful}) group by file_index"
        ).fetchall()
        counts = {index: figures for index, *figures in found}
        figures = [counts.get(number, [0, 0]) for number in range(len(files))]
        return Batch(
            plan=plan,
            typed=union_of([item.relation for item in inputs], files),
            doubtful=doubtful,
            extracts=[item.extract for item in inputs],
            files=files,
            rows_read=[
                self.count(f"from {item.relation}") + len(item.extract.refused) for item in inputs
            ],
            rows_bad=[bad for bad, _ in figures],
            rows_filtered=sum(filtered for _, filtered in figures),
        )

    def check_quarantine(self, batch: Batch) -> None:
        """Refuse the load when too many of its rows are bad; all of these stay to be read."""
        refused = sum(len(extract.refused) for extract in batch.extracts)
        bad = sum(batch.rows_bad) + refused
        total = sum(batch.rows_read)
        if not total or bad / total <= self.landing.quarantine_limit:
            return
        reasons = write_quarantine(self.connection, batch, self.folder, self.load_id)
        first = self.connection.execute(
            "select source_file, source_line, source_row, field, reason, detail"
            f" from {literal(str(self.folder / QUARANTINE))}"
            " order by source_file, source_row limit 1"
        ).fetchone()
        assert first is not None
        module, home = self.landing.module.name, self.landing.home_directory
        kept = keep_refused(self.folder / QUARANTINE, home, module, self.load_id)
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        raise QuarantineLimitError(
            f"{bad} of {total} rows are bad ({told}), more than the limit of "
            f"{self.landing.quarantine_limit:.1%}; the first: {first[4]}: {first[5]}.",
            source=self.landing.mapping.table,
            file=first[0],
            line=first[1],
            row=first[2],
            field=first[3],
            remedy=f"All bad rows are in {kept} until the next good load of {module}. "
            "Check the declared formats of the source, or raise "
            f"sources.{self.landing.mapping.source}.quarantine_limit (a share of rows, 0 to 1).",
        )

    def count(self, clause: str) -> int:
        row = self.connection.execute(f"select count(*) {clause}").fetchone()
        return int(row[0]) if row else 0

    def manifest(
        self,
        batch: Batch,
        opened: Sequence[OpenedInput],
        families: Mapping[str, str],
        sequence: int,
        occurrence: int,
    ) -> Load:
        rows = {
            name: self.count(f"from {literal(str(self.folder / name))}")
            for name in (DATA, QUARANTINE, WARNINGS)
        }
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
            rows_accepted=rows[DATA],
            rows_quarantined=rows[QUARANTINE],
            rows_duplicate=self.count("from losers"),
            rows_filtered=batch.rows_filtered,
            warning_count=rows[WARNINGS],
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
            families=dict(families),
            notes=_notes(batch),
            landed_at=landing.landed_at,
            occurrence=occurrence,
        )
        if not load.is_balanced:
            raise LandingError(
                f"row balance broken: {load.rows_read} rows read, {rows} and "
                f"{load.rows_duplicate} duplicates and {load.rows_filtered} filtered counted.",
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
