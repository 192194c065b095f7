"""The file of an export: one csv inside one zip, equal bytes for equal rows (EXP-1, EXP-9, F54).

Holds how a cell, a header and a file name are written. Text that a spreadsheet would run as a
formula is neutralised here and nowhere else. Never put here which rows or fields an export has.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_FORMULA_STARTS = "=+-@\t\r\n\0"
_WIDE_STARTS = "＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋﬩−"
"""Forms that spreadsheets or input methods turn into `= + - @`."""

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_FORMULA = re.compile(rf"['\s{_INVISIBLE}]*[{re.escape(_FORMULA_STARTS + _WIDE_STARTS)}]")
_SUSPECT = frozenset(
    _FORMULA_STARTS
    + _WIDE_STARTS
    + _INVISIBLE
    + "'"
    + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
)
"""First characters after which a look with the pattern is worth its time."""

_COMPRESSION_LEVEL = 3
"""Level 6 takes three times as long for a tenth less."""

_SLUG_BYTES = 120


def neutralised(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula (EXP-9, F54).

    Text whose first visible character is `= + - @`, a wide form of them, tab, CR, LF or NUL gets
    it. Text that has apostrophes before such a character gets one more, so `restored` is exact.
    """
    if text and text[0] in _SUSPECT and _FORMULA.match(text):
        return f"'{text}"
    return text


def restored(text: str) -> str:
    """Undo `neutralised`: what a reader of an export does who wants the text of the CRM back."""
    if text.startswith("'") and _FORMULA.match(text, 1):
        return text[1:]
    return text


def slug(name: str) -> str:
    """A name as part of a file name: lower case letters and digits of any script, and hyphens."""
    text = unicodedata.normalize("NFKC", name).casefold()
    words = re.sub(r"[\W_]+", "-", text).strip("-")
    return words.encode()[:_SLUG_BYTES].decode(errors="ignore").strip("-") or "segment"


def write_zipped_csv(
    target: Path,
    member: str,
    header: Sequence[str],
    chunks: Iterable[Sequence[Sequence[Any]]],
    text_columns: Sequence[int],
    *,
    raw: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> tuple[int, str]:
    """Write rows as one UTF-8 csv (RFC 4180, header, CRLF) inside a zip and force it to the disk.

    Every text cell is quoted, so that no delimiter inside it starts a new cell in a program that
    guesses delimiters; numbers stay bare. The zip has fixed times and attributes.

    Args:
        target: The zip file; overwritten.
        member: Name of the csv inside.
        header: Column names.
        chunks: Rows, in chunks; None is an empty cell.
        text_columns: Positions of cells whose text comes from people; those are neutralised.
        raw: Leave formula cells as they are. For programs that read the file, never for
            spreadsheets: the text of a CRM can run commands there.
        on_progress: Told the number of rows written, after each chunk.

    Returns:
        Number of rows, and the SHA-256 of the zip file.
    """
    safe = (lambda text: text) if raw else neutralised
    rows = 0
    entry = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    with target.open("r+b" if target.exists() else "w+b") as file:
        file.truncate()
        with (
            zipfile.ZipFile(
                file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL
            ) as archive,
            archive.open(entry, "w", force_zip64=True) as inside,
            io.TextIOWrapper(inside, encoding="utf-8", newline="") as text,
        ):
            writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
            writer.writerow([safe(name) for name in header])
            for chunk in chunks:
                writer.writerows(_safe_rows(chunk, text_columns, raw))
                rows += len(chunk)
                on_progress(rows)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return rows, hashlib.file_digest(file, "sha256").hexdigest()


def _safe_rows(
    chunk: Sequence[Sequence[Any]], text_columns: Sequence[int], raw: bool
) -> Iterator[Sequence[Any]]:
    for row in chunk:
        if raw:
            yield row
            continue
        cells = list(row)
        for place in text_columns:
            cell = cells[place]
            # The set look-up spares the call for nearly every cell of a large export.
            if cell and cell[0] in _SUSPECT:
                cells[place] = neutralised(cell)
        yield cells
