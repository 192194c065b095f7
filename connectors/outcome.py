"""The files of a load from its typed rows: data, set aside, quarantine and warnings."""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from connectors.diagnosis import MISSING_KEY, diagnose
from connectors.duplicates import FEW_ROWS
from connectors.extracts import Extract, raw_text_of
from connectors.literals import literal
from connectors.loads import DATA, QUARANTINE, SET_ASIDE, WARNINGS
from connectors.plan import ModulePlan
from connectors.typed import TypedColumn, custom_fields, record_id, typed_columns
from models.fields import FieldType

_LONGEST_DETAIL: Final = 300
_CHANGES: Final = {
    FieldType.AMOUNT: "rounded",
    FieldType.RATE: "rounded",
    FieldType.TIMESTAMP: "unclear_local_time",
    FieldType.TEXT: "invisible_marks_removed",
}


@dataclass(frozen=True)
class Batch:
    """The typed rows of one load in the making: SQL over them, and the extracts behind them.

    `typed` is every row with all its values, `doubtful` those of which something is to be told
    (see connectors.typed).
    """

    plan: ModulePlan
    typed: str
    doubtful: str
    extracts: Sequence[Extract]
    files: Sequence[str]
    rows_read: Sequence[int]
    rows_bad: Sequence[int]
    rows_filtered: int

    @property
    def good(self) -> str:
        """SQL condition of the rows that are neither bad nor filtered; `true` when all are."""
        if sum(self.rows_bad) or self.rows_filtered:
            return "(not is_bad and is_kept)"
        return "true"


def write_data(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    folder: Path,
    load_id: str,
    load_sequence: int,
    rows_duplicate: int,
) -> None:
    """Write data.parquet: canonical columns in order, then LANDING_COLUMNS.

    Groups of rows may come in another order than in the source; each row tells its `source_row`.
    Waiting for the order took a quarter of the time (500,000 deals).
    """
    columns = [column.column for column in typed_columns(batch.plan)[: len(batch.plan.canonical)]]
    columns.append(f"{custom_fields(batch.plan)} as custom_fields")
    columns.append(f"{literal(load_id)} as load_id")
    columns.append(f"cast({load_sequence} as bigint) as load_sequence")
    columns += ["source_file", "source_row"]
    connection.execute("set preserve_insertion_order = false")
    _copy(
        connection,
        f"select {', '.join(columns)} from ({batch.typed}) typed where {batch.good}"
        f" and {_is_no_loser(connection, rows_duplicate)}",
        folder / DATA,
    )


def _is_no_loser(connection: duckdb.DuckDBPyConnection, rows_duplicate: int) -> str:
    """SQL condition: the row is no loser. A few are named, which spares a join."""
    if rows_duplicate > FEW_ROWS:
        return _IS_NO_LOSER
    losers: dict[int, list[str]] = {}
    for file_index, row in connection.execute(
        "select file_index, source_row from losers order by all"
    ).fetchall():
        losers.setdefault(file_index, []).append(str(row))
    conditions = [
        f"not (file_index = {file_index} and source_row in ({', '.join(rows)}))"
        for file_index, rows in losers.items()
    ]
    return " and ".join(conditions) or "true"


_IS_NO_LOSER: Final = (
    "not exists (from losers where losers.file_index = typed.file_index"
    " and losers.source_row = typed.source_row)"
)


def write_set_aside(
    connection: duckdb.DuckDBPyConnection, batch: Batch, folder: Path, load_id: str
) -> None:
    """Write set_aside.parquet: the rows counted as duplicate or filtered."""
    files = ", ".join(f"({n}, {literal(name)})" for n, name in enumerate(batch.files))
    _copy(
        connection,
        f"select {literal(batch.plan.module.name)} as module, {literal(load_id)} as load_id,"
        " source_file, source_row, record_id, reason from ("
        "select file_index, source_row, record_id, 'duplicate' as reason from losers"
        " union all select file_index, source_row, record_id, 'filtered'"
        f" from ({batch.doubtful}) where not is_bad and not is_kept)"
        f" join (values {files}) files(file_index, source_file) using (file_index)"
        " order by file_index, source_row",
        folder / SET_ASIDE,
    )


def write_warnings(
    connection: duckdb.DuckDBPyConnection, batch: Batch, folder: Path, load_id: str
) -> None:
    """Write warnings.parquet: kept rows with a value that was changed, dropped or missing."""
    parts = [*_told_values(connection, batch), *_told_conflicts(connection, batch)]
    head = f"select {literal(batch.plan.module.name)} as module, {literal(load_id)} as load_id"
    rows = " union all ".join(parts) or f"select {_NO_WARNING} where false"
    _copy(
        connection,
        f"{head}, * from ({rows}) order by source_file, source_row, field",
        folder / WARNINGS,
    )


_WARNING: Final = ("source_file", "source_row", "record_id", "field", "reason", "detail")
_NO_WARNING: Final = ", ".join(
    f"cast(null as {'bigint' if name == 'source_row' else 'varchar'}) as {name}"
    for name in _WARNING
)


def _told_values(connection: duckdb.DuckDBPyConnection, batch: Batch) -> list[str]:
    """SQL per kind of warning about a value, for the kinds that came up at all."""
    told: list[tuple[str, str, str, str]] = []  # condition, field, reason, detail
    for column in typed_columns(batch.plan):
        name = literal(column.plan.name)
        if column.remark:
            detail = f"left({column.remark}, {_LONGEST_DETAIL})"
            told.append((f"{column.remark} is not null", name, _reason(column), detail))
        if column.plan.is_expected:
            told.append((f"{column.column} is null", name, "'missing'", "cast(null as varchar)"))
    if not told:
        return []
    # Most loads have few kinds or none; binding a part for each took longer than all their rows.
    counted = ", ".join(f"count(case when {condition} then 1 end)" for condition, *_ in told)
    found = connection.execute(f"select {counted} from ({batch.doubtful})").fetchone() or ()
    return [
        f"select source_file, source_row, record_id, {field} as field, {reason} as reason,"
        f" {detail} as detail from ({batch.doubtful}) typed"
        f" where not is_bad and is_kept and {_IS_NO_LOSER} and {condition}"
        for (condition, field, reason, detail), count in zip(told, found, strict=True)
        if count
    ]


def _told_conflicts(connection: duckdb.DuckDBPyConnection, batch: Batch) -> list[str]:
    """SQL for the winners among duplicates that differ and are not older; empty without any."""
    if connection.execute("select count(*) from conflicts").fetchone() == (0,):
        return []
    plan = batch.plan
    key = literal(", ".join(plan.record_key)) if plan.record_key else "cast(null as varchar)"
    return [
        f"select source_file, source_row, record_id, {key} as field,"
        " 'conflicting_duplicate' as reason,"
        f" left(conflicts.detail, {_LONGEST_DETAIL}) as detail"
        f" from (select *, {record_id(plan)} as record_id from ({batch.typed})) typed"
        " join conflicts using (file_index, source_row)"
    ]


def _reason(column: TypedColumn) -> str:
    changed = _CHANGES.get(column.plan.type, "changed")
    unreadable = f"not_{'an' if column.plan.type is FieldType.INTEGER else 'a'}_"
    return (
        f"case when {column.column} is null then {literal(unreadable + column.plan.type.value)}"
        f" else {literal(changed)} end"
    )


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, batch: Batch, folder: Path, load_id: str
) -> dict[str, int]:
    """Write quarantine.parquet: file, line, field, reason, raw text; return the rows by reason."""
    rows: list[dict[str, Any]] = []
    for file_index, (file, extract) in enumerate(zip(batch.files, batch.extracts, strict=True)):
        rows += _refused(batch.plan, extract, load_id, file)
        if batch.rows_bad[file_index]:
            rows += _bad_rows(connection, batch, file_index, load_id)
    _write_rows(rows, folder / QUARANTINE)
    reasons: dict[str, int] = {}
    for row in rows:
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
    return reasons


def _refused(plan: ModulePlan, extract: Extract, load_id: str, file: str) -> list[dict[str, Any]]:
    return [
        {
            "module": plan.module.name,
            "load_id": load_id,
            "source_file": file,
            "source_line": refused.source_line,
            "source_row": refused.source_row,
            "field": refused.field,
            "reason": refused.reason,
            "detail": refused.detail,
            "raw_text": refused.raw_text,
        }
        for refused in extract.refused
    ]


def _bad_rows(
    connection: duckdb.DuckDBPyConnection, batch: Batch, file_index: int, load_id: str
) -> list[dict[str, Any]]:
    columns = [column for column in typed_columns(batch.plan) if column.is_fault != "false"]
    asked = ["source_row", "source_line"]
    for n, column in enumerate(columns):
        # What is already known to be at fault is told by the engine, so the two cannot disagree.
        asked += [f"{column.is_fault} as fault_{n}", f"{column.remark or 'null'} as text_{n}"]
    found = connection.execute(
        f"select {', '.join(asked)} from ({batch.doubtful})"
        f" where is_bad and file_index = {file_index} order by source_row"
    ).fetchall()
    extract = batch.extracts[file_index]
    places = extract.locate([row[0] for row in found], batch.rows_read[file_index])
    result = []
    for row in found:
        faults = [(columns[n], row[3 + 2 * n]) for n in range(len(columns)) if row[2 + 2 * n]]
        line, raw_text = places.get(row[0], (row[1], ""))
        result.append(
            {
                "module": batch.plan.module.name,
                "load_id": load_id,
                "source_file": batch.files[file_index],
                "source_line": line,
                "source_row": row[0],
                "raw_text": raw_text_of(raw_text),
                **_verdict(faults),
            }
        )
    return result


def _verdict(faults: Sequence[tuple[TypedColumn, str | None]]) -> Mapping[str, str]:
    """The first fault of a row with its reason; further ones are named in the detail."""
    told = []
    for column, text in faults:
        if text is None:
            told.append((column.plan.name, MISSING_KEY, "the key is empty"))
        else:
            told.append((column.plan.name, *diagnose(column.plan, text)))
    field, reason, detail = told[0]
    more = "".join(f"; also {name}: {why}" for name, _, why in told[1:])
    return {"field": field, "reason": reason, "detail": (detail + more)[: 2 * _LONGEST_DETAIL]}


def _write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    texts = ("field", "reason", "detail", "raw_text")
    schema = pa.schema(
        [(name, pa.string()) for name in ("module", "load_id", "source_file")]
        + [("source_line", pa.int64()), ("source_row", pa.int64())]
        + [(name, pa.string()) for name in texts]
    )
    ordered = sorted(rows, key=lambda row: (row["source_file"], row["source_row"]))
    table = pa.Table.from_pylist(list(ordered), schema=schema)
    parquet.write_table(table, path, compression="zstd")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write rows as Parquet; level 1 takes a tenth less time than level 3 for the same size."""
    connection.execute(
        f"copy ({query}) to {literal(str(path))}"
        " (format parquet, compression zstd, compression_level 1)"
    )
