"""The published copy as an asset: group `published` (DESIGN 8).

Runs only after every blocking check of its tables has passed. How a version is written and switched
is `assets/publishing.py`.
"""

import dagster as dg

from assets.publishing import landed_inputs, publish
from assets.refresh import Refresh
from assets.transformation import conclusion, transformation
from assets.warehouse import warehouse
from models.configuration import definition_hash

PUBLISHED = dg.AssetKey(["published", "current"])


@dg.asset(
    key=PUBLISHED,
    deps=[
        key
        for build in (transformation, conclusion)
        for key in build.keys
        if key.path[0] in ("marts", "history")
    ],
    group_name="published",
    kinds={"python", "duckdb", "parquet"},
    owners=["team:data-engineering"],
    description="One immutable, versioned copy of every mart and history table: a DuckDB file, "
    "Parquet beside it and a manifest. Readers find it by `current.json` and never lock the "
    "pipeline (BEY-19).",
    code_version="1",
    pool="warehouse_writer",
)
def published_copy(context: dg.AssetExecutionContext, refresh: Refresh) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Copy the finished tables to a new version and switch to it in one step."""
    configuration = refresh.configuration
    custom = configuration.modules.accounts.custom
    with warehouse(refresh.home.warehouse, read_only=True) as connection:
        inputs = landed_inputs(connection)
    publication = publish(
        refresh.home.warehouse,
        refresh.home.published,
        as_of=refresh.as_of,
        definition_hash=definition_hash(configuration),
        inputs=inputs,
        now=refresh.created_at,
        currency=configuration.organization.currency,
        custom_fields={name: field.type for name, field in custom.items()},
    )
    for note in publication.notes:
        context.log.info(note)
    return dg.MaterializeResult(
        metadata={
            "version": publication.version,
            "database": dg.MetadataValue.path(publication.database),
            "parquet": dg.MetadataValue.path(publication.parquet),
            "as_of": str(publication.as_of),
            "tables": dg.MetadataValue.table(
                [
                    dg.TableRecord(
                        {
                            "table": f"{t.schema_name}.{t.table}",
                            "rows": t.rows,
                            "hash": t.content_hash,
                        }
                    )
                    for t in publication.tables
                ],
                dg.TableSchema(
                    [dg.TableColumn("table"), dg.TableColumn("rows", "int"), dg.TableColumn("hash")]
                ),
            ),
        },
        data_version=dg.DataVersion(publication.content_hash),
    )
