"""Looks into files nobody has declared yet: their format, encoding, delimiter, header and samples.

For `quintile init` only. Landing never guesses: what is found here is written into `abm.yaml`,
where a person confirms it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb

from connectors.delimited import DELIMITERS, DelimitedFile
from connectors.errors import LandingError
from connectors.extracts import Extract
from connectors.inputs import EXTENSIONS, file_format, file_stem, table_name
from connectors.literals import literal
from connectors.parsing import NATIVE
from connectors.sources import Reader, open_file
from connectors.text_files import prepare
from models.sampled import MOST_VALUES, NULL_TEXTS, SampledColumn, SampledTable
from models.sources import Source
from models.text import BLANKS

SAMPLE_ROWS: Final = 200_000
"""Records of a table that are looked at."""

_EXPORT_DATE: Final = r"_(\d{4}-\d{2}-\d{2})"
_IS_DATA: Final = re.compile(r"[+-]?[\d.,:/ -]+$")


def sample_tables(paths: Sequence[Path], base: Path, work: Path) -> list[SampledTable]:
    """Look into files, those of one table together; the newest by name stands for its table.

    `base` is the folder of the configuration, to which the patterns are relative; `work` a folder
    for copies. Raises LandingError when a file cannot be read at all.
    """
    groups: dict[tuple[Path, str, str], list[Path]] = defaultdict(list)
    for path in sorted({path.resolve() for path in paths}):
        groups[path.parent, table_name(path), "".join(path.suffixes[-2:])].append(path)
    names: set[str] = set()
    tables = []
    for (folder, table, _), files in groups.items():
        name = _free(re.sub(r"[^\w]+", "_", table).strip("_") or "table", names)
        tables.append(_sample(name, _pattern(files, folder, base.resolve()), files[-1], work))
    return tables


def expand(paths: Sequence[Path]) -> list[Path]:
    """Return the files meant: folders stand for the data files in them. Raises LandingError."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.is_file() and _is_data_file(p)]
            found += [p for p in inside if not p.name.startswith((".", "~$"))]
        elif path.is_file():
            found.append(path)
        else:
            raise LandingError("there is no such file or folder.", file=str(path))
    if not found:
        endings = ", ".join(EXTENSIONS)
        raise LandingError(
            f"no data file in {', '.join(map(str, paths)) or 'what was given'}.",
            remedy=f"Name files or folders with {endings} (.gz allowed).",
        )
    return found


def _is_data_file(path: Path) -> bool:
    try:
        file_format(path, None)
    except LandingError:
        return False
    return True


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free


def _pattern(files: Sequence[Path], folder: Path, base: Path) -> str:
    """The pattern to write: the file itself, or its stem with a star where date or number stood."""
    stem = file_stem(files[-1])
    kept = len(table_name(files[-1]))
    name = files[-1].name
    if len(stem) > kept and len(stem) - kept > 1:
        mark = re.match(r"[ _.\-]*", stem[kept:])
        name = stem[:kept] + (mark.group() if mark else "") + "*" + name[len(stem) :]
    path = folder / name
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _sample(name: str, pattern: str, path: Path, work: Path) -> SampledTable:
    kind = file_format(path, None)
    formats: dict[str, str] = {}
    if kind == "csv":
        reader, formats, has_header = _delimited(path, work)
    else:
        reader, has_header = open_file(path, Source(files=(pattern,)), work), True
    if re.search(_EXPORT_DATE, path.name) and "*" in pattern:
        formats["exported_at"] = _EXPORT_DATE
    headers = [header for header in reader.header if header]
    columns, rows = _columns(reader.extract(list(dict.fromkeys(headers))), work)
    return SampledTable(name, pattern, formats, columns, rows, rows >= SAMPLE_ROWS, has_header)


def _delimited(path: Path, work: Path) -> tuple[Reader, dict[str, str], bool]:
    encoding = _encoding(path, work)
    formats = {} if encoding == "utf-8" else {"encoding": encoding}
    opened = DelimitedFile(
        path, encoding=encoding, delimiter=_delimiter(path, encoding, work), columns=None, work=work
    )
    delimiter = next(key for key, mark in DELIMITERS.items() if mark == opened.delimiter)
    if delimiter != ("tab" if ".tsv" in path.name.lower() else "comma"):
        formats["delimiter"] = delimiter
    if not opened.header or any(_IS_DATA.match(cell) for cell in opened.header if cell):
        names = tuple(f"column_{number}" for number in range(1, len(opened.header) + 1))
        opened = DelimitedFile(
            path, encoding=encoding, delimiter=delimiter, columns=names, work=work
        )
        return opened, formats, False
    return opened, formats, True


def _encoding(path: Path, work: Path) -> str:
    """The encoding of a file; one damaged line does not turn UTF-8 into something else."""
    codec = prepare(path, "detect", work).encoding
    if codec.startswith("utf"):
        return "utf-16" if codec.startswith("utf-16") else codec
    damaged = special = 0
    for line in islice(prepare(path, "utf-8", work).lines(), SAMPLE_ROWS):
        damaged += line.text is None
        special += line.text is not None and not line.text.isascii()
    return "utf-8" if special > damaged else codec


def _delimiter(path: Path, encoding: str, work: Path) -> str | None:
    """The delimiter that fits every record; the default of the extension where none stands out."""
    try:
        opened = DelimitedFile(path, encoding=encoding, delimiter="sniff", columns=None, work=work)
    except LandingError:
        return None
    return next(key for key, mark in DELIMITERS.items() if mark == opened.delimiter)


def _columns(extract: Extract, work: Path) -> tuple[tuple[SampledColumn, ...], int]:
    with duckdb.connect(config={"temp_directory": str(work)}) as connection:
        try:
            rows = _load(connection, extract)
        except duckdb.Error:
            if extract.fallback is None:
                raise
            extract = extract.fallback()
            rows = _load(connection, extract)
        columns = [_column(connection, header, c) for header, c in extract.columns.items()]
    return tuple(columns), rows


def _load(connection: duckdb.DuckDBPyConnection, extract: Extract) -> int:
    chosen = ", ".join(extract.columns.values()) or "source_row"
    connection.execute(
        f"create or replace temp table sample as select {chosen} from ({extract.relation})"  # noqa: S608
        f" limit {SAMPLE_ROWS}"
    )
    found: Any = connection.execute("select count(*) from sample").fetchone()
    return int(found[0])


def _column(connection: duckdb.DuckDBPyConnection, header: str, column: str) -> SampledColumn:
    text = f"nullif(trim(ltrim({column}, {literal(NATIVE)}), {literal(BLANKS)}), '')"
    nulls = ", ".join(literal(text_) for text_ in sorted(NULL_TEXTS))
    summary: Any = connection.execute(
        f"""
        select count(*), count(value) filter (where value not in ({nulls})),
               count(distinct value) filter (where value not in ({nulls})),
               list(distinct value) filter (where value in ({nulls})), bool_or(is_native)
        from (select {text} as value, starts_with({column}, {literal(NATIVE)}) as is_native
              from sample)"""  # noqa: S608
    ).fetchone()
    values = connection.execute(
        f"""
        select value, count(*) from (select {text} as value from sample)
        where value not in ({nulls}) group by value order by value limit {MOST_VALUES}"""  # noqa: S608
    ).fetchall()
    rows, filled, distinct, found, is_native = summary
    return SampledColumn(
        header, dict(values), rows, filled, distinct, frozenset(found or ()), bool(is_native)
    )
