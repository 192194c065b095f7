"""The three tables a user teaches by, as CSV files: lexicon, examples, aliases (VOC-14).

A file is UTF-8 with a header; columns are told apart by commas, semicolons or tabs. Whatever is
wrong is told with file, line, field, what was found and what to do. Never put here what a row
means; that is `ml.voice.lessons`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ml.voice.lessons import COLUMNS, LessonError, Lessons, lessons_from
from models.problems import choose_from

if TYPE_CHECKING:
    import pandas as pd

_DELIMITERS: Final = (",", ";", "\t")


class LessonFileError(ValueError):
    """A file that teaches nothing; the message names file, line, field and what to do."""


@dataclass(frozen=True)
class _Table:
    """A file as a table, and the line each of its rows starts in."""

    frame: pd.DataFrame
    lines: tuple[int, ...]


def read_lessons(files: Mapping[str, Path]) -> Lessons:
    """Return the lessons of files.

    Args:
        files: By table (`lexicon`, `examples`, `aliases`), its file; each may be absent.

    Raises:
        LessonFileError: a file cannot be read, lacks a column, or has a row that teaches nothing.
    """
    tables = {name: _read(name, path) for name, path in files.items()}
    try:
        return lessons_from(**{name: table.frame for name, table in tables.items()})
    except LessonError as error:
        line = tables[error.table].lines[error.row - 1]
        raise LessonFileError(
            f"{files[error.table]}, line {line}, {error.field}: {error.reason}; {error.remedy}"
        ) from error


def _read(name: str, path: Path) -> _Table:
    import pandas as pd

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LessonFileError(
            f"{path}: the {name} cannot be read ({error.strerror or error}); check the path"
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise LessonFileError(
            f"{path}, line {line}: it is not UTF-8; save it as 'CSV UTF-8' and try again"
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    starts: list[int] = []
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise LessonFileError(
                f"{path}, line {start}: {error}; put texts into double quotes, and double the "
                "quotes inside them"
            ) from error
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = _header(name, path, row)
        elif len(row) > len(header):
            raise LessonFileError(
                f"{path}, line {start}: {len(row)} columns, the header has {len(header)}; put "
                "texts with a delimiter into double quotes"
            )
        else:
            rows.append(row + [""] * (len(header) - len(row)))
            starts.append(start)
    if header is None:
        raise LessonFileError(f"{path}: the {name} is empty; its header is {_wanted(name)}")
    return _Table(pd.DataFrame(rows, columns=pd.Index(header), dtype=object), tuple(starts))


def _header(name: str, path: Path, row: list[str]) -> list[str]:
    needed, optional = COLUMNS[name]
    known = (*needed, *optional)
    header = [cell.strip().lower() for cell in row]
    for column in header:
        if column not in known or header.count(column) > 1:
            problem = "is there twice" if column in known else "is no column of"
            advice = "" if column in known else f" the {name}{choose_from(column, known)}"
            raise LessonFileError(
                f"{path}, line 1: {column!r} {problem}{advice}; the header is {_wanted(name)}"
            )
    for column in needed:
        if column not in header:
            raise LessonFileError(
                f"{path}, line 1: the column {column!r} is missing; the header is {_wanted(name)}"
            )
    return header


def _wanted(name: str) -> str:
    needed, optional = COLUMNS[name]
    return f"{','.join(needed)} and, where wanted, {','.join(optional)}"


__all__ = ["LessonFileError", "read_lessons"]
