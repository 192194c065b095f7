"""Who may be the same, as assets: group `accounts`, between two dbt builds (ACC-9).

One asset makes comparable what identifies accounts and contacts, and proposes pairs. Never compare
here (`ml.identity`), and never describe a table (`assets.identity_tables`).
"""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg

from assets.identity_tables import DESCRIBED, IDENTITY_TABLES, described, insert_frame
from assets.learned_tables import SCHEMA, create_tables, finish_tables
from assets.observation import shown
from assets.refresh import Refresh
from assets.warehouse import literal, row_count, warehouse

COMPARED: Final = "everything_compared"
MEMORY_LIMIT: Final = "1GB"
"""What the warehouse may hold while Python compares beside it."""


@dg.multi_asset(
    name="identity",
    specs=[
        dg.AssetSpec(
            [SCHEMA, name],
            deps=[["learning", table] for table in DESCRIBED],
            group_name="accounts",
            kinds={"python", "splink"},
            owners=["team:marketing-analytics"],
            description=description,
            code_version="1",
        )
        for name, (description, _) in IDENTITY_TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            COMPARED,
            asset=[SCHEMA, table],
            description=(
                "No records that share an identifier were left out of the comparison for being "
                "too many (identity.largest_block, identity.most_pairs)."
            ),
        )
        for table in ("account_pairs", "contact_pairs")
    ],
    pool="warehouse_writer",
)
def identity(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Make identifiers comparable and propose duplicates; nothing is merged (ACC-9)."""
    from ml.identity.blocks import Bounds
    from ml.identity.proposals import account_proposals, contact_proposals

    chosen = refresh.configuration.identity
    bounds = Bounds(chosen.largest_block, chosen.most_pairs) if chosen.active else None
    least = float(chosen.min_probability)
    with warehouse(refresh.home.warehouse) as connection:
        # Frames hold the same texts once more; DuckDB would take the rest of the memory there is.
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = {literal(str(refresh.home.root / 'spill'))}")
        create_tables(connection, IDENTITY_TABLES)
        told: dict[str, tuple[str, ...]] = {}
        for kind, table, propose in zip(
            ("account", "contact"), DESCRIBED, (account_proposals, contact_proposals), strict=True
        ):
            found = propose(described(connection, table), bounds, least)
            insert_frame(connection, f"{kind}_identities", found.identities)
            insert_frame(connection, f"{kind}_pairs", found.pairs)
            context.log.info(
                f"{len(found.identities):,} {kind}s, {found.compared_count:,} pairs compared, "
                f"{len(found.pairs):,} proposed"
            )
            told[f"{kind}_pairs"] = found.left_out
        finish_tables(connection, IDENTITY_TABLES)
        counts = {name: row_count(connection, SCHEMA, name) for name in IDENTITY_TABLES}
        looks = {name: shown(connection, name) for name in IDENTITY_TABLES}
    for name, (_, columns) in IDENTITY_TABLES.items():
        yield dg.MaterializeResult(
            asset_key=[SCHEMA, name],
            metadata={
                "dagster/row_count": counts[name],
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(column, kind) for column, kind in columns.items()]
                ),
                "as_of": str(refresh.as_of),
                **looks[name],
            },
        )
    for name, left_out in told.items():
        for line in left_out:
            context.log.warning(line)
        yield dg.AssetCheckResult(
            check_name=COMPARED,
            asset_key=[SCHEMA, name],
            passed=not left_out,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(left_out) or None,
        )
