"""What `init` has seen of a table: its columns and a bounded sample of their texts.

Holds data only; `connectors.samples` fills it, `models.proposal` judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST_VALUES: Final = 10_000
"""Distinct texts of a column that are kept."""

NULL_TEXTS: Final = frozenset(
    {"NULL", "null", "Null", "\\N", "N/A", "n/a", "#N/A", "None", "<null>", "(null)"}
)
"""Texts that mean "no value" in exports; found ones are declared, never assumed."""


@dataclass(frozen=True)
class SampledColumn:
    """One column.

    `values` maps each distinct trimmed text to its rows, in text order, at most MOST_VALUES,
    without blanks and without texts that mean null. `null_texts` are those that were found.
    `is_native`: the file itself knows the types (Parquet, Excel, JSON).
    """

    name: str
    values: Mapping[str, int]
    row_count: int
    filled_count: int
    distinct_count: int
    null_texts: frozenset[str] = frozenset()
    is_native: bool = False

    @property
    def is_unique(self) -> bool:
        """Every record has a value of its own."""
        return 0 < self.row_count == self.filled_count == self.distinct_count

    def shared_with(self, other: SampledColumn) -> float:
        """Return the share of this column's distinct texts that the other one has, 0 to 1."""
        if not self.values:
            return 0.0
        return sum(1 for text in self.values if text in other.values) / len(self.values)


@dataclass(frozen=True)
class SampledTable:
    """One table: one file, or several that a pattern names.

    `name` is the table name to write after the source; `pattern` the file pattern to write.
    `formats` are declarations of the source that differ from the defaults (format, encoding,
    delimiter, exported_at). `is_cut`: only the first rows were sampled.
    """

    name: str
    pattern: str
    formats: Mapping[str, str]
    columns: tuple[SampledColumn, ...]
    row_count: int
    is_cut: bool = False
    has_header: bool = True

    @property
    def headers(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> SampledColumn:
        """Return a column by its exact name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
