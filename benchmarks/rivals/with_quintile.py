"""RFM by Quintile's own SQL: what dbt compiled for its dbt models, in one DuckDB process.

The third argument says what becomes a table. `all`: what the project builds as a table, so that the
tables RFM shares with every other technique are computed whole. `few`: only scope, RFM, labels and
the measures they read, so that DuckDB leaves out columns and tables that only others read. Beside
the output it writes the seconds of the dbt models of scope, RFM and labels themselves.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

OWN_STAGES = ("scope", "rfm", "labels")
SHARED = ("int_accounts__survived", "int_accounts__measured", "int_currency_rates__dated")
RESULT = """
copy (
    select scored.account_id, recency_score, frequency_score, monetary_score, labelled.label_id
    from intermediate.int_accounts__rfm_scored as scored
    left join (
        from intermediate.int_accounts__labelled where technique = 'rfm' and is_primary
    ) as labelled on scored.account_id = labelled.account_id
) to '{output}' (format parquet)
"""


def main() -> None:
    """Build the dbt models that lead to scores and labels, in order; write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    output, kept = sys.argv[2], sys.argv[3]
    own_seconds = 0.0
    with (
        tempfile.TemporaryDirectory(prefix="quintile-bench-") as folder,
        # dbt has compiled the name of the database into its SQL.
        duckdb.connect(str(Path(folder) / Path(task["configuration"]).name)) as connection,
    ):
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach '{task['configuration']}' as configured (read_only)")
        copy_configuration(connection)
        for schema, name, query in task["landed"]:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create view {schema}.{name} as {query}")
        for schema, name, materialized, stage, query in task["statements"]:
            is_own = stage in OWN_STAGES
            is_table = materialized == "table" and (kept == "all" or is_own or name in SHARED)
            connection.execute(f"create schema if not exists {schema}")
            started = time.perf_counter()
            connection.execute(
                f"create {'table' if is_table else 'view'} {schema}.{name} as {query}"
            )
            own_seconds += (time.perf_counter() - started) * is_own
        connection.execute(RESULT.format(output=output))
    Path(output).with_suffix(".seconds").write_text(str(own_seconds), encoding="ascii")


def copy_configuration(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the small tables of configuration and landing books into the database."""
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'configured'"
    ).fetchall():
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create table {schema}.{table} as from configured.{schema}.{table}")


if __name__ == "__main__":
    main()
