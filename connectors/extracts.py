"""What every reader hands to landing: one relation of texts, the records it refused, and places.

A reader knows one kind of source. It never types, drops or repairs a value; that is the same SQL
for all of them (`connectors.parsing`).
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RAW_TEXT_CHARACTERS: Final = 2_000
"""Characters of a refused record that quarantine keeps."""

_BATCH_ROWS: Final = 20_000
_BATCH_CHARACTERS: Final = 16_000_000


@dataclass(frozen=True)
class Refused:
    """A record whose structure could not be read. `source_row` counts records from 1."""

    source_row: int
    source_line: int | None
    reason: str
    detail: str
    raw_text: str
    field: str | None = None


Places = Mapping[int, tuple[int | None, str]]
"""source_row -> (physical line or None, raw text)."""


@dataclass(frozen=True)
class Extract:
    """One input, read but not typed.

    `relation` is SQL whose rows are records in file order with `source_row` BIGINT and one VARCHAR
    per name of `columns` (source column -> column of the relation). `is_marked` says that typed
    values stand behind connectors.parsing.NATIVE. `typed` names columns whose own type the source
    knows: source column -> column of the relation in that type, and the type; a text among them
    bears no mark. `is_cheap` says that reading twice costs less than keeping a copy. `locate` finds
    lines and raw texts of a few records by source_row; its second argument is the number of records
    read. `fallback` reads the input the slow and exact way, should the engine stumble over the
    relation.
    """

    relation: str
    columns: Mapping[str, str]
    header: tuple[str, ...]
    locate: Callable[[Sequence[int], int], Places]
    is_marked: bool = False
    typed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_cheap: bool = False
    refused: tuple[Refused, ...] = ()
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    fallback: Callable[[], Extract] | None = None


def raw_text_of(text: str) -> str:
    """The part of a refused record that quarantine keeps."""
    kept = text[:RAW_TEXT_CHARACTERS].replace("\x00", "\u2400")
    return kept.encode("utf-8", "replace").decode("utf-8")


def spool(
    records: Iterable[tuple[int, int | None, Sequence[str | None]]], width: int, path: Path
) -> str:
    """Write records (source_row, source_line, texts) to Parquet in bounded memory.

    Returns the relation: SQL with source_row, source_line and c0 … c<width-1>.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    names = [f"c{position}" for position in range(width)]
    schema = pa.schema(
        [("source_row", pa.int64()), ("source_line", pa.int64())]
        + [(name, pa.large_string()) for name in names]
    )
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(records):
            columns: list[list[object]] = [[r[0] for r in batch], [r[1] for r in batch]]
            columns += [[r[2][position] for r in batch] for position in range(width)]
            writer.write_table(
                pa.table(
                    [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema
                )
            )
    quoted = str(path).replace("'", "''")
    return f"select * from read_parquet('{quoted}')"


Record = tuple[int, int | None, Sequence[str | None]]


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    characters = 0
    for record in records:
        batch.append(record)
        characters += sum(len(text) for text in record[2] if text)
        if len(batch) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def located_in(relation: str, columns: Mapping[str, str]) -> Callable[[Sequence[int], int], Places]:
    """`locate` for sources without text: the raw text is a JSON object of the wanted columns."""

    def locate(rows: Sequence[int], total: int) -> Places:
        import json

        import duckdb

        if not rows:
            return {}
        names = list(columns)
        fields = "".join(f", {name}" for name in columns.values())
        with duckdb.connect() as connection:
            connection.execute("create temp table wanted (source_row bigint)")
            connection.execute("insert into wanted select unnest(?)", [list(rows)])
            found = connection.execute(
                f"select source_row, source_line{fields} from ({relation})"
                " semi join wanted using (source_row)"
            ).fetchall()
        places: dict[int, tuple[int | None, str]] = {}
        for row, line, *values in found:
            texts = [None if v is None else str(v).removeprefix("\x1f") for v in values]
            record = dict(zip(names, texts, strict=True))
            places[row] = (line, raw_text_of(json.dumps(record, ensure_ascii=False)))
        return places

    return locate
