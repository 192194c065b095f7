"""Who may be the same, as assets: group `accounts`, between two dbt builds (ACC-9).

One asset makes comparable what identifies accounts, contacts and leads, and proposes pairs. Never
compare here (`ml.identity`), and never describe a table (`assets.identity_tables`).
"""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg

from assets.identity_tables import DESCRIBED, IDENTITY_TABLES, LEADS, described
from assets.learned_assets import bounded_warehouse, results_of, table_specs
from assets.learned_tables import (
    SCHEMA,
    UNFINISHED,
    create_tables,
    finish_tables,
    insert_frame,
)
from assets.refresh import Refresh

COMPARED: Final = "everything_compared"


@dg.multi_asset(
    name="identity",
    specs=table_specs(
        IDENTITY_TABLES,
        deps=[["learning", table] for table in (*DESCRIBED, LEADS)],
        group="accounts",
        kind="splink",
        code_version="1",
    ),
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
    from ml.identity.records import lead_identities

    chosen = refresh.configuration.identity
    bounds = Bounds(chosen.largest_block, chosen.most_pairs) if chosen.active else None
    least = float(chosen.min_probability)
    with bounded_warehouse(refresh) as connection:
        create_tables(connection, IDENTITY_TABLES)
        told: dict[str, tuple[str, ...]] = {}
        for kind, table, propose in zip(
            ("account", "contact"), DESCRIBED, (account_proposals, contact_proposals), strict=True
        ):
            found = propose(described(connection, table), bounds, least)
            for name, rows in (("identities", found.identities), ("pairs", found.pairs)):
                columns = IDENTITY_TABLES[f"{kind}_{name}"][1]
                insert_frame(connection, f"{kind}_{name}{UNFINISHED}", columns, rows)
            context.log.info(
                f"{len(found.identities):,} {kind}s, {found.compared_count:,} pairs compared, "
                f"{len(found.pairs):,} proposed"
            )
            told[f"{kind}_pairs"] = found.left_out
        leads = lead_identities(described(connection, LEADS))
        columns = IDENTITY_TABLES["lead_identities"][1]
        insert_frame(connection, f"lead_identities{UNFINISHED}", columns, leads)
        finish_tables(connection, IDENTITY_TABLES)
        results = results_of(connection, refresh, IDENTITY_TABLES)
    yield from results
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
