"""The marketer's choices as tables: asset group `config` (DESIGN 3).

One asset writes every `config.*` table in one go, so that dbt reads one consistent definition. Add
a table in `models/tables.py`; never compute one here.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.refresh import Refresh
from assets.warehouse import replace_table, warehouse
from models.tables import CONFIGURATION_TABLES, configuration_tables
from store import Store


@dg.multi_asset(
    name="configuration",
    specs=[
        dg.AssetSpec(
            ["config", name],
            group_name="config",
            kinds={"python", "duckdb"},
            owners=["team:marketing-operations"],
            description=description,
            code_version="1",
        )
        for name, description in CONFIGURATION_TABLES.items()
    ],
    pool="warehouse_writer",
)
def configuration(
    context: dg.AssetExecutionContext, refresh: Refresh
) -> Iterator[dg.MaterializeResult]:
    """Compile `abm.yaml` for the run's business date and write it where dbt joins it."""
    chosen = refresh.configuration
    with Store.open(refresh.store_url) as store:
        changed = store.record_revision(
            chosen.model_dump(mode="json"), who=refresh.run_id, now=refresh.created_at
        )
    for revision in changed:
        context.log.info(f"configuration: {revision.section} {revision.action}")
    for warning in chosen.warnings:
        context.log.warning(f"{warning}")
    with warehouse(refresh.home.warehouse) as connection:
        for table in configuration_tables(chosen, refresh.as_of, "duckdb"):
            count = replace_table(connection, "config", table.name, table.columns, table.rows)
            yield dg.MaterializeResult(
                asset_key=["config", table.name],
                metadata={
                    "dagster/row_count": count,
                    "dagster/column_schema": dg.TableSchema(
                        [dg.TableColumn(name, kind) for name, kind in table.columns.items()]
                    ),
                    "as_of": str(refresh.as_of),
                },
            )
