"""RFM by Quintile's own SQL: what dbt compiled for its dbt models, in one DuckDB process.

Starts from the modelled tables, as the other ways do, and builds what leads to scores and labels.
What the project builds as a table is a table here; of the measures of accounts only those that
scope and RFM read, as other techniques read the others.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

MEASURED = "int_accounts__measured"
MEASURES = (
    "account_id", "is_merged", "is_deleted", "status", "billing_country",
    "purchase_count", "purchase_amount", "last_purchase_on",
    # Read where dormant accounts leave the scope or it is capped; here neither is configured.
    "cast(null as date) as last_activity_on",
)  # fmt: skip
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
    with duckdb.connect() as connection:
        # dbt has compiled the name of the database into its SQL.
        name = Path(task["configuration"]).stem
        connection.execute(f"attach ':memory:' as {name}")
        connection.execute(f"use {name}")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach '{task['configuration']}' as configured (read_only)")
        copy_configuration(connection)
        for schema, name, file in task["modelled"]:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create view {schema}.{name} as from '{file}'")
        for schema, name, materialized, query in task["statements"]:
            kind = "table" if materialized == "table" else "view"
            chosen = ", ".join(MEASURES) if name == MEASURED else "*"
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create {kind} {schema}.{name} as select {chosen} from ({query})")
        connection.execute(RESULT.format(output=sys.argv[2]))


def copy_configuration(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the small tables of configuration into the database."""
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'configured'"
    ).fetchall():
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create table {schema}.{table} as from configured.{schema}.{table}")


if __name__ == "__main__":
    main()
