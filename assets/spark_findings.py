"""The rows that failed dbt tests are about, kept while Spark can still be asked.

Whoever looks at a failed run later has the pipeline's DuckDB file and no server. So the first rows
of every query that a failure names are written beside the query. Never put here what failed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from assets.spark_warehouse import SparkWarehouse

MOST_ROWS: Final = 5
SUFFIX: Final = ".rows.json"
"""After the name of the file that holds the query."""
_QUERY: Final = re.compile(r"rows; the query: (\S+\.sql)")


def keep_offending_rows(spark: SparkWarehouse, description: str) -> list[Path]:
    """Write the first rows of each query that the description of a failed build names.

    What Spark cannot answer any more has an empty header: the failure itself is told in any case.

    Returns:
        The files written: header and rows as JSON.
    """
    from pyspark.errors import PySparkException

    written = []
    for query in (Path(name) for name in _QUERY.findall(description)):
        header: list[str] = []
        rows: list[list[Any]] = []
        with suppress(PySparkException):
            header, rows = spark.first_rows(query.read_text(encoding="utf-8"), MOST_ROWS)
        file = query.with_suffix(SUFFIX)
        file.write_text(json.dumps({"header": header, "rows": rows}, default=str), "utf-8")
        written.append(file)
    return written
