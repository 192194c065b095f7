"""Column types of the tables of schema `config`, as both engines read them, and what a table is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

TEXT: Final = "VARCHAR"
COUNT: Final = "BIGINT"
FLAG: Final = "BOOLEAN"
DECIMAL: Final = "DECIMAL(18,4)"

Table = tuple[dict[str, str], Iterable[tuple[Any, ...]]]
"""Column name -> SQL type, and rows in that order."""
