"""The rows that a failed check or dbt test is about, read from the warehouse when nobody works.

Only looks: the file is opened read-only, and never while a run holds it. Never put here which
checks failed; that is `run_states`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assets.spark_findings import SUFFIX
from orchestration.commands.run_states import RunState

MOST_ROWS: Final = 5
_DBT_QUERY: Final = re.compile(r"(\d+) rows; the query: (\S+\.sql)")


@dataclass(frozen=True)
class OffendingRows:
    """The first rows that a query finds.

    Attributes:
        about: What the query belongs to: a check, or the file of a dbt test.
        query: The SQL, or the file that holds it.
        header: Names of its columns.
        rows: Its first rows.
    """

    about: str
    query: str
    header: list[str]
    rows: list[list[Any]]


def offending_rows(warehouse: Path, run: RunState) -> list[OffendingRows]:
    """The first rows of every query that a failed run left behind.

    Raises:
        duckdb.Error: the warehouse cannot be read.
    """
    import duckdb

    wanted = [
        (check.name, check.facts["all rows"], check.facts["all rows"])
        for check in run.failed_checks
        if check.has_stopped and "all rows" in check.facts
    ]
    found: list[OffendingRows] = []
    for message in run.failures.values():
        for _, file in _DBT_QUERY.findall(message):
            if Path(file).with_suffix(SUFFIX).is_file():
                found += _kept(Path(file))
            elif Path(file).is_file():
                wanted.append((Path(file).stem, file, Path(file).read_text(encoding="utf-8")))
    if not wanted or not warehouse.is_file():
        return found
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for about, query, text in wanted:
            cursor = connection.execute(text)
            header = [column[0] for column in cursor.description or []]
            rows = [list(row) for row in cursor.fetchmany(MOST_ROWS)]
            found.append(OffendingRows(about, query, header, rows))
    return found


def _kept(query: Path) -> list[OffendingRows]:
    """Rows that were written beside the query, because another engine ran it; none if it failed."""
    kept = json.loads(query.with_suffix(SUFFIX).read_text(encoding="utf-8"))
    if not kept["header"]:
        return []
    return [OffendingRows(query.stem, str(query), kept["header"], kept["rows"])]
