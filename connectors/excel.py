"""Excel workbooks, read by calamine: numbers, booleans and dates keep the type of their cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from connectors.archives import check_archive
from connectors.errors import DamagedFileError, LandingError
from connectors.extracts import Extract, Record, located_in, spool
from connectors.parsing import NATIVE
from models.problems import choose_from


class ExcelFile:
    """One sheet of a workbook, opened. The header is its first row that is not empty.

    Raises DamagedFileError for a damaged workbook, RefusedArchiveError for an unsafe one,
    LandingError for a sheet that is not there.
    """

    def __init__(
        self, path: Path, sheet: str | None, columns: Sequence[str] | None, work: Path
    ) -> None:
        self.path, self.work = path, work
        if path.suffix.lower() == ".xlsx":
            check_archive(path)
        rows = self._rows(sheet)
        filled = (number for number, row in enumerate(rows) if any(c != "" for c in row))
        first = next(filled, None)
        if columns is not None:
            self.header, start = tuple(columns), 0
        elif first is None:
            raise DamagedFileError("the sheet is empty: it has no header.", file=str(path))
        else:
            self.header, start = tuple(str(cell).strip() for cell in rows[first]), first + 1
        self._records = [
            (number, row)
            for number, row in enumerate(rows[start:], start=start + 1)
            if any(cell != "" for cell in row)
        ]

    def _rows(self, sheet: str | None) -> list[list[Any]]:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError

        try:
            workbook = CalamineWorkbook.from_path(self.path)
            names = workbook.sheet_names
            if sheet is not None and sheet not in names:
                raise LandingError(
                    f"the workbook has no sheet {sheet!r}{choose_from(sheet, names)}.",
                    file=str(self.path),
                    remedy="Correct the sheet of the source.",
                )
            found = workbook.get_sheet_by_name(sheet or names[0])
            return list(found.to_python(skip_empty_area=False))
        except (CalamineError, PasswordError, ZipError, OSError) as error:
            raise DamagedFileError(
                f"the workbook cannot be read: {error}.", file=str(self.path)
            ) from None

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns; `source_line` is the row number that Excel shows."""
        positions = [self.header.index(column) for column in wanted]
        path = self.work / f"{self.path.name}.records.parquet"
        relation = spool(self._texts(positions), len(positions), path)
        columns = {column: f"c{n}" for n, column in enumerate(wanted)}
        return Extract(
            relation=relation,
            columns=columns,
            header=self.header,
            locate=located_in(relation, columns),
            is_marked=True,
        )

    def _texts(self, positions: Sequence[int]) -> Iterator[Record]:
        for row, (line, cells) in enumerate(self._records, start=1):
            yield row, line, [_text(cells[n]) if n < len(cells) else None for n in positions]


def _text(cell: Any) -> str | None:
    if cell == "":
        return None
    if isinstance(cell, bool):
        return NATIVE + str(cell).lower()
    if isinstance(cell, int):
        return f"{NATIVE}{cell}"
    if isinstance(cell, float):
        # Excel keeps 15 digits; an id typed as a number comes back without `.0`.
        is_whole = cell.is_integer() and abs(cell) < 1e15
        return NATIVE + (str(int(cell)) if is_whole else f"{cell:.15g}")
    if isinstance(cell, datetime):
        return NATIVE + cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return NATIVE + cell.isoformat()
    return str(cell).replace("\x00", "")
