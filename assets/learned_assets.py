"""What assets that fill tables of schema `ml` share: specs, warehouse, results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
import duckdb

from assets.learned_tables import SCHEMA, Tables
from assets.observation import shown
from assets.refresh import Refresh
from assets.warehouse import literal, row_count, warehouse

MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may hold while Python works beside it: it would take all there is."""


def table_specs(
    tables: Tables, *, deps: Sequence[Any], group: str, kind: str, code_version: str
) -> list[dg.AssetSpec]:
    """Specs of the assets that tables of schema `ml` are."""
    return [
        dg.AssetSpec(
            [SCHEMA, name],
            deps=deps,
            group_name=group,
            kinds={"python", kind},
            owners=["team:marketing-analytics"],
            description=description,
            code_version=code_version,
        )
        for name, (description, _) in tables.items()
    ]


@contextmanager
def bounded_warehouse(refresh: Refresh) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to write in, with little memory and the disk for the rest."""
    with warehouse(refresh.home.warehouse) as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = {literal(str(refresh.home.root / 'spill'))}")
        yield connection


def results_of(
    connection: duckdb.DuckDBPyConnection, refresh: Refresh, tables: Tables, **also: Any
) -> list[dg.MaterializeResult[Any]]:
    """Results of filled tables: rows, columns, what there is to see, and what the asset adds."""
    return [
        dg.MaterializeResult(
            asset_key=[SCHEMA, name],
            metadata={
                "dagster/row_count": row_count(connection, SCHEMA, name),
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(column, kind) for column, kind in columns.items()]
                ),
                "as_of": str(refresh.as_of),
                **also,
                **shown(connection, name),
            },
        )
        for name, (_, columns) in tables.items()
    ]
