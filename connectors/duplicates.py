"""Duplicates of a key inside one load: one row stays, the others are counted (EDG-13, F41).

The newest `modified_at` stays, rows without one are older than all; at a tie the last row of the
load stays, or the first where the mapping says `keep: first`. A tie between rows that differ is
told in a warning.
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from typing import Final

import duckdb

from connectors.literals import identifier
from connectors.plan import ModulePlan
from connectors.typed import record_id, typed_columns


def find_losers(
    connection: duckdb.DuckDBPyConnection, plan: ModulePlan, typed: str, good: str
) -> int:
    """Make the tables `losers` (file_index, source_row, record_id) and `conflicts` (…, detail).

    `typed` is SQL over the typed rows of the load, `good` the condition of those that may stay.
    Keys are grouped by hash first, so that a load without duplicates costs one pass over numbers,
    whatever its keys look like. Returns the number of losers.
    """
    connection.execute(
        "create or replace temp table losers"
        " (file_index integer, source_row bigint, record_id varchar);"
        "create or replace temp table conflicts"
        " (file_index integer, source_row bigint, detail varchar)"
    )
    if not plan.record_key:
        return 0
    key = ", ".join(identifier(name) for name in plan.record_key)
    # A line without its own id is no duplicate of another one.
    whole = " and ".join(f"{identifier(name)} is not null" for name in plan.record_key)
    rows = f"from ({typed}) where {good} and {whole}"
    connection.execute(
        f"create or replace temp table suspects as select hash({key}) as key_hash {rows}"
        " group by all having count(*) > 1"
    )
    if connection.execute("select count(*) from suspects").fetchone() == (0,):
        return 0
    # Only the keys are read to find them; the whole rows are then asked for by their numbers.
    suspects = connection.execute(
        f"select distinct source_row {rows} and hash({key}) in (select key_hash from suspects)"
        f" limit {FEW_ROWS + 1}"
    ).fetchall()
    if len(suspects) <= FEW_ROWS:
        rows += f" and source_row in ({', '.join(str(row[0]) for row in suspects)})"
    _rank(connection, plan, rows, key)
    connection.execute(
        "insert into losers"
        f" select file_index, source_row, {record_id(plan)} from ranked where place > 1"
    )
    found = connection.execute("select count(*) from losers").fetchone()
    return int(found[0]) if found else 0


FEW_ROWS: Final = 1_000
"""Rows that are asked for by number; of more, the engine looks at all rows."""


def _rank(connection: duckdb.DuckDBPyConnection, plan: ModulePlan, rows: str, key: str) -> None:
    """Order the rows of every suspect key; tell of losers that differ and are not older."""
    has_version = "modified_at" in plan.module.field_names
    version = "modified_at" if has_version else "cast(null as timestamp)"
    direction = "asc" if plan.resolved.keep == "first" else "desc"
    content = ", ".join(f"f{n} := {column.column}" for n, column in enumerate(typed_columns(plan)))
    connection.execute(
        "create or replace temp table ranked as"
        f" select file_index, source_row, {key}, {version} as version,"
        f" md5(to_json(struct_pack({content}))::varchar) as content,"
        f" row_number() over (partition by {key} order by {version} desc nulls last,"
        f" file_index {direction}, source_row {direction}) as place"
        f" {rows} and hash({key}) in (select key_hash from suspects)"
    )
    same_key = " and ".join(f"w.{identifier(k)} = l.{identifier(k)}" for k in plan.record_key)
    connection.execute(
        "insert into conflicts select w.file_index, w.source_row,"
        " 'kept over record ' || string_agg(l.source_row, ', ' order by l.source_row)"
        " || ', which differs and is not older'"
        f" from ranked w join ranked l on {same_key} and w.place = 1 and l.place > 1"
        " and w.version is not distinct from l.version and w.content <> l.content"
        " group by w.file_index, w.source_row"
    )
