"""CSV, TSV and their relatives: the engine reads good files, plain Python every other one.

Nothing is sniffed but the delimiter, and that only where the source says so. All columns are read
as text, in the order of the header; typing comes later (`connectors.parsing`).
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from connectors.errors import DamagedFileError, LandingError
from connectors.extracts import Extract, Places, Record, Refused, raw_text_of, spool
from connectors.literals import literal
from connectors.records import Scanned, Splitter, scan
from connectors.text_files import prepare

DELIMITERS: Final = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "whitespace": None}
_LF: Final = "\\n"  # as the engine spells it
_MOST_REFUSED: Final = 200_000


class DelimitedFile:
    """One delimited text file, opened: its text facts, delimiter and header.

    Raises LandingError when the file is empty, its header is doubled or the delimiter unclear.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoding: str,
        delimiter: str | None,
        columns: Sequence[str] | None,
        work: Path,
    ) -> None:
        self.path, self.work = path, work
        self.text = prepare(path, encoding, work)
        name = delimiter or ("tab" if ".tsv" in path.name.lower() else "comma")
        self.delimiter = self._sniffed() if name == "sniff" else DELIMITERS[name]
        self.splitter = Splitter(self.delimiter)
        self.has_header = columns is None
        self.header = tuple(columns) if columns is not None else self._header()

    def _header(self) -> tuple[str, ...]:
        first = next(scan(self.text, self.splitter), None)
        if first is None:
            raise DamagedFileError(
                "the file is empty: it has no header.",
                file=str(self.path),
                remedy="Export it again; a table without records still has its header.",
            )
        if first.values is None:
            raise DamagedFileError(
                f"the header cannot be read: {first.detail}.", file=str(self.path), line=first.line
            )
        return tuple(value.strip() for value in first.values)

    def _sniffed(self) -> str | None:
        widths = {}
        for name, delimiter in DELIMITERS.items():
            try:
                records = list(islice(scan(self.text, Splitter(delimiter)), 50))
            except DamagedFileError:
                continue
            good = [record for record in records if record.values is not None]
            width = len(good[0].values or ()) if good else 0
            if width > 1 and len(good) == len(records):
                widths[name] = width
        best = [name for name, width in widths.items() if width == max(widths.values())]
        if len(best) != 1:
            found = " and ".join(best) or "none"
            raise LandingError(
                f"the delimiter is unclear: {found} of {', '.join(DELIMITERS)} fits its records.",
                file=str(self.path),
                remedy="Declare the delimiter of the source.",
            )
        return DELIMITERS[best[0]]

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns, the fastest way that the text allows.

        A regular file is read by the engine where it lies. One with faults is copied without its
        bad records, which are refused, and the copy is read. What the engine still cannot read,
        and a file of one column (where a blank line could be a value), is read record by record.
        """
        text = self.text
        if self.delimiter is None or len(self.header) == 1:
            return self.exact(wanted)
        if text.utf8 is None or text.has_nul or text.is_mixed:
            return self.repaired(wanted)
        columns = self._columns(wanted)
        relation = (
            "select row_number() over () as source_row, null::bigint as source_line,"
            f" {', '.join(columns.values()) or 'c0'}"
            f" from {self._scan(text.utf8, (), has_header=self.has_header)}"
        )
        return self._extract(relation, columns, fallback=lambda: self.repaired(wanted))

    def repaired(self, wanted: Sequence[str]) -> Extract:
        """Read a copy of the good records, each with its row and line in front."""
        refused: list[Refused] = []
        copy = self.work / f"{self.path.name}.good"
        with copy.open("w", encoding="utf-8", newline="") as stream:
            for row, record in self._records():
                if record.values is None:
                    self._refuse(row, record, refused)
                else:
                    stream.write(
                        f"{row}{self.delimiter}{record.line}{self.delimiter}{record.raw_text}\n"
                    )
        columns = self._columns(wanted)
        relation = (
            "select cast(source_row as bigint) as source_row,"
            " cast(source_line as bigint) as source_line,"
            f" {', '.join(columns.values()) or 'c0'}"
            # Said, not detected: a line end inside the first record's quotes may be another one.
            f" from {self._scan(copy, ('source_row', 'source_line'), has_header=False, end=_LF)}"
        )
        return self._extract(relation, columns, refused, fallback=lambda: self.exact(wanted))

    def _columns(self, wanted: Sequence[str]) -> dict[str, str]:
        return {column: f"c{self.header.index(column)}" for column in wanted}

    def _scan(
        self, path: Path, first: Sequence[str], *, has_header: bool, end: str | None = None
    ) -> str:
        names = [*first, *(f"c{n}" for n in range(len(self.header)))]
        declared = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        return (
            f"read_csv({literal(str(path))}, auto_detect = false,"
            f" header = {str(has_header).lower()}, delim = {literal(self.delimiter or '')},"
            " quote = '\"', escape = '\"', null_padding = false, strict_mode = true,"
            f" columns = {{{declared}}}, max_line_size = 8000000, buffer_size = 32000000"
            f"{'' if end is None else ', new_line = ' + literal(end)})"
        )

    def _extract(
        self,
        relation: str,
        columns: dict[str, str],
        refused: Sequence[Refused] = (),
        fallback: Callable[[], Extract] | None = None,
    ) -> Extract:
        return Extract(
            relation=relation,
            columns=columns,
            header=self.header,
            locate=self.locate,
            refused=tuple(refused),
            encoding=self.text.encoding,
            fallback=fallback,
        )

    def exact(self, wanted: Sequence[str]) -> Extract:
        """Read the file record by record; bad records are refused with line, reason and text."""
        positions = [self.header.index(column) for column in wanted]
        refused: list[Refused] = []
        path = self.work / f"{self.path.name}.records.parquet"
        relation = spool(self._good_records(positions, refused), len(positions), path)
        columns = {column: f"c{n}" for n, column in enumerate(wanted)}
        return self._extract(relation, columns, refused)

    def _records(self, *, is_split: bool = False) -> Iterator[tuple[int, Scanned]]:
        records = scan(self.text, self.splitter, len(self.header), is_split=is_split)
        if self.has_header:
            next(records, None)
        yield from enumerate(records, start=1)

    def _good_records(self, positions: list[int], refused: list[Refused]) -> Iterator[Record]:
        for row, record in self._records(is_split=True):
            if record.values is not None:
                yield row, record.line, [record.values[n] for n in positions]
            else:
                self._refuse(row, record, refused)

    def _refuse(self, row: int, record: Scanned, refused: list[Refused]) -> None:
        raw = raw_text_of(record.raw_text)
        refused.append(Refused(row, record.line, record.reason, record.detail, raw))
        if len(refused) > _MOST_REFUSED and 2 * len(refused) > row:
            raise LandingError(
                f"more than half of the first {row} records cannot be read; the last: "
                f"{record.detail}.",
                file=str(self.path),
                line=record.line,
                remedy="Check the declared encoding and delimiter.",
            )

    def locate(self, rows: Sequence[int], total: int) -> Places:
        """Physical line and raw text of a few records, in one pass up to the last of them."""
        if not rows:
            return {}
        wanted, last = set(rows), max(rows)
        places: dict[int, tuple[int | None, str]] = {}
        header_lines = 1 if self.has_header else 0
        if total + header_lines == self.text.line_count and not self.text.has_blank_lines:
            for line in islice(self.text.lines(), header_lines, last + header_lines):
                if line.number - header_lines in wanted:
                    shown = (line.text or line.shown).removesuffix("\r")
                    places[line.number - header_lines] = (line.number, raw_text_of(shown))
            return places
        for row, record in self._records():
            if row in wanted:
                places[row] = (record.line, raw_text_of(record.raw_text))
            if row >= last:
                break
        return places
