"""Parquet: the types of its columns are the contract, checked before a row is read (F38)."""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from connectors.errors import DamagedFileError
from connectors.extracts import Extract, located_in
from connectors.literals import identifier, literal


class ParquetFile:
    """One Parquet file, opened: its columns and the family of each column's type.

    Raises DamagedFileError when the footer is missing or unreadable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scan = f"read_parquet({literal(str(path))}, file_row_number = true)"
        try:
            with duckdb.connect() as connection:
                described = connection.execute(f"describe select * from {self._scan}").fetchall()
        except duckdb.Error as error:
            told = str(error).splitlines()[0]
            raise DamagedFileError(
                f"the Parquet file cannot be read: {told}.", file=str(path)
            ) from None
        types = {name: kind for name, kind, *_ in described if name != "file_row_number"}
        self.types: dict[str, str] = types
        self.header = tuple(types)
        self.families = {name: family_of(kind) for name, kind in types.items()}

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns: in their own type, and in plain spelling behind a mark.

        The engine reads and computes only those of the two that something asks for.
        """
        columns = {column: f"c{n}" for n, column in enumerate(wanted)}
        texts, typed = [], {}
        for column, name in columns.items():
            quoted, kind = identifier(column), self.types[column]
            texts.append(f"{_plain(quoted, kind)} as {name}")
            if family_of(kind) == "text":
                typed[column] = (name, "VARCHAR")
            else:
                texts.append(f"{quoted} as typed_{name}")
                typed[column] = (f"typed_{name}", kind)
        relation = (
            "select file_row_number + 1 as source_row, null::bigint as source_line"
            f"{''.join(', ' + text for text in texts)} from {self._scan}"
        )
        return Extract(
            relation=relation,
            columns=columns,
            header=self.header,
            locate=located_in(relation, columns),
            is_marked=True,
            typed=typed,
            is_cheap=True,
            families=self.families,
        )


def family_of(kind: str) -> str:
    """Family of a column type: text, number, boolean, date, timestamp, nothing, or its own name."""
    if kind in ("VARCHAR", "UUID") or kind.startswith("ENUM"):
        return "text"
    if kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")) or kind.endswith("INT"):
        return "number" if "[" not in kind else "a list"
    if kind.startswith("INTEGER") or kind == "UINTEGER":
        return "number" if "[" not in kind else "a list"
    if kind.startswith("TIMESTAMP") and "[" not in kind:
        return "timestamp"
    named = {'"NULL"': "nothing", "BOOLEAN": "boolean", "DATE": "date", "BLOB": "bytes"}
    if kind in named:
        return named[kind]
    return "a list" if kind.endswith("]") else kind.split("(")[0].lower()


def _plain(column: str, kind: str) -> str:
    if family_of(kind) == "text":
        return f"cast({column} as varchar)"
    if kind in ("DOUBLE", "FLOAT"):
        # Digits beyond the precision of the type are noise, not information.
        digits = "{:.15g}" if kind == "DOUBLE" else "{:.7g}"
        return f"chr(31) || format('{digits}', {column})"
    return f"chr(31) || cast({column} as varchar)"
