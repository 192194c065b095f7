"""From a configured source to inputs: what there is, grouped into loads, and how it is opened.

Incremental sources make one load per file; snapshots one load per set of files of a table, or per
export date; databases one load per reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from connectors.errors import LandingError
from connectors.extracts import Extract
from connectors.inputs import (
    InputFile,
    file_format,
    find_paths,
    input_at_rest,
    source_folder,
    tables_of,
)
from connectors.request import Landing
from models.problems import choose_from
from models.sources import Source


class OpenedInput(Protocol):
    """One file or table, opened: its header is known, nothing else was read."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def stem(self) -> str:
        """Name without extensions, for row-number keys."""

    @property
    def content_hash(self) -> str:
        """Digest of its content."""

    @property
    def bytes(self) -> int:
        """Its size."""

    @property
    def header(self) -> tuple[str, ...]:
        """Column names in order."""

    @property
    def families(self) -> dict[str, str]:
        """Type family by column, where the format has types."""

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns."""
        ...


@dataclass(frozen=True)
class Input:
    """What becomes one load: files at rest, or one reading of a database table."""

    name: str
    content_hash: str
    exported_on: date | None
    files: tuple[InputFile, ...]
    file_names: tuple[str, ...]
    open: Callable[[Path], Sequence[OpenedInput]]
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class OpenedFile:
    """A file of any format, opened."""

    file: InputFile
    reader: Reader

    @property
    def name(self) -> str:
        """Name of the file, relative to the configuration."""
        return self.file.name

    @property
    def stem(self) -> str:
        """Its name without extensions, for row-number keys."""
        return self.file.stem

    @property
    def content_hash(self) -> str:
        """SHA-256 of its bytes."""
        return self.file.content_hash

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.file.bytes

    @property
    def header(self) -> tuple[str, ...]:
        """Its column names in order."""
        return self.reader.header

    @property
    def families(self) -> dict[str, str]:
        """Type family by column, where the format has types."""
        return dict(getattr(self.reader, "families", {}))

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns."""
        return self.reader.extract(wanted)


class Reader(Protocol):
    """One opened file of one format."""

    @property
    def header(self) -> tuple[str, ...]:
        """Column names in order."""

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns."""
        ...


def find_inputs(landing: Landing) -> tuple[list[Input], list[str]]:
    """All inputs of a module in loading order, and the names of files still being written."""
    if landing.source.database is not None:
        from connectors.database import database_input

        return [database_input(landing)], []
    source, base = landing.source, landing.base_directory
    if source.demo is not None:
        from connectors.demo import demo_source

        source, base = demo_source(landing)
    else:
        base = source_folder(source, base, landing.environment, landing.mapping.table)
    paths = find_paths(source, landing.mapping.source_table, base)
    if not paths:
        _refuse_missing(landing, source, base)
    resting = [
        input_at_rest(path, base, source.exported_at, landing.settle_seconds) for path in paths
    ]
    files = [file for file in resting if file is not None]
    growing = [path.name for path, file in zip(paths, resting, strict=True) if file is None]
    if source.loads == "snapshot":
        # Half a snapshot would look like deletions: all files of the set must be at rest.
        return ([] if growing else _snapshots(landing, source, files)), growing
    inputs = [_input(landing, source, (file,)) for file in files]
    inputs.sort(key=lambda item: (item.exported_on or date.min, item.name))
    return inputs, growing


def _refuse_missing(landing: Landing, source: Source, base: Path) -> None:
    table = landing.mapping.source_table
    tables = tables_of(source, base)
    raise LandingError(
        f"no file holds the table {table!r}{choose_from(table, tables)}.",
        source=landing.mapping.table,
        file=str(base),
        remedy="Check the file pattern of the source and the folder of the configuration.",
    )


def _snapshots(landing: Landing, source: Source, files: Sequence[InputFile]) -> list[Input]:
    dates = sorted({file.exported_on or date.min for file in files})
    return [
        _input(landing, source, tuple(f for f in files if (f.exported_on or date.min) == day))
        for day in dates
    ]


def _input(landing: Landing, source: Source, files: tuple[InputFile, ...]) -> Input:
    digest = files[0].content_hash
    if len(files) > 1:
        joined = "\n".join(sorted(file.content_hash for file in files))
        digest = hashlib.sha256(joined.encode()).hexdigest()
    names = tuple(file.name for file in files)

    def opened(work: Path) -> Sequence[OpenedInput]:
        return [OpenedFile(file, open_file(file.path, source, work)) for file in files]

    name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return Input(name, digest, files[0].exported_on, files, names, opened)


def open_file(path: Path, source: Source, work: Path) -> Reader:
    """Open one file by its format; its header is read and checked, its rows are not."""
    match file_format(path, source.format):
        case "parquet":
            from connectors.parquet import ParquetFile

            return ParquetFile(path)
        case "excel":
            from connectors.excel import ExcelFile

            return ExcelFile(path, source.sheet, source.columns, work)
        case "jsonl":
            from connectors.json_lines import JsonLinesFile

            return JsonLinesFile(path, source.encoding, work)
        case _:
            from connectors.delimited import DelimitedFile

            return DelimitedFile(
                path,
                encoding=source.encoding,
                delimiter=source.delimiter,
                columns=source.columns,
                work=work,
            )
