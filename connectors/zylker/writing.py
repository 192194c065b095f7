"""Files of the demo CRM: CSV as Zoho exports it, or typed Parquet, written block by block.

A file appears under its name only when it is whole. In CSV, planted bad rows lie between the good
ones; the writer knows on which physical line each of them starts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

Shape = Literal["csv", "parquet"]


@dataclass(frozen=True)
class BadRow:
    """A row that landing must put into quarantine.

    It is the good row number `copy_of` with some cells replaced (`cells`: header to text), cells
    added (`extra`) or taken away at the end (`missing`), or bytes put in front (`prefix`).
    """

    after: int
    reason: str
    column: str | None = None
    cells: tuple[tuple[str, str], ...] = ()
    extra: int = 0
    missing: int = 0
    prefix: bytes = b""


@dataclass(frozen=True)
class PlantedBadRow:
    """Where a bad row lies: the file, the physical line it starts on, and why it is bad."""

    file: str
    line: int
    row: int
    column: str | None
    reason: str


class TableFile:
    """One table of the demo CRM while it is written; use it as a context manager.

    After leaving it normally, `path` holds the whole file; after an error, and when nothing was
    written, there is none.
    """

    def __init__(self, directory: Path, name: str, shape: Shape, bad: Sequence[BadRow] = ()):
        self.path = directory / f"{name}.{shape}"
        self.rows = 0
        self.planted: list[PlantedBadRow] = []
        self._part = directory / f".{self.path.name}.part"
        self._shape = shape
        self._bad = sorted(bad, key=lambda row: row.after) if shape == "csv" else []
        self._line = 1
        self._records = 0
        self._writer: Any = None
        self._sink = self._part.open("wb")

    def __enter__(self) -> TableFile:
        """Return the table itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the file its name, or throw the part away when something went wrong."""
        if self._writer is not None:
            self._writer.close()
        self._sink.close()
        if kind is None and self._part.stat().st_size:
            self._part.replace(self.path)
        else:
            self._part.unlink()

    def write(self, table: pa.Table) -> None:
        """Append the rows of the table."""
        if self._shape == "parquet":
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._sink, table.schema, compression="zstd")
            self._writer.write_table(table)
            self.rows += table.num_rows
            return
        if self._records == 0 and self._line == 1:
            self._write_bytes(_line_of(table.column_names))
        done = 0
        while self._bad and self._bad[0].after < self.rows + table.num_rows - done:
            bad = self._bad.pop(0)
            good = table.slice(done, bad.after - self.rows)
            self._write_good(good)
            done += good.num_rows
            self._write_bad(bad, table.slice(done, 1))
        self._write_good(table.slice(done))

    def _write_good(self, table: pa.Table) -> None:
        options = pacsv.WriteOptions(include_header=False, batch_size=65_536)
        sink = pa.BufferOutputStream()
        pacsv.write_csv(table, sink, options)
        self._write_bytes(memoryview(sink.getvalue()))
        self.rows += table.num_rows
        self._records += table.num_rows

    def _write_bad(self, bad: BadRow, template: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pacsv.write_csv(template, sink, pacsv.WriteOptions(include_header=False))
        text = sink.getvalue().to_pybytes().decode()
        cells = next(csv.reader(io.StringIO(text, newline="")))
        for header, value in bad.cells:
            cells[template.column_names.index(header)] = value
        cells = [*cells[: len(cells) - bad.missing], *["surplus"] * bad.extra]
        self._records += 1
        name = self.path.name
        self.planted.append(PlantedBadRow(name, self._line, self._records, bad.column, bad.reason))
        self._write_bytes(bad.prefix + _line_of(cells))

    def _write_bytes(self, data: bytes | memoryview) -> None:
        self._line += bytes(data).count(b"\n")
        self._sink.write(data)


def _line_of(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
