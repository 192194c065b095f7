"""Exports that the configuration asks for, as an asset: group `exports` (EXP-1 to EXP-10)."""

import dagster as dg

from assets.exporting import (
    invalidate_exports,
    request_export,
    run_export,
    scheduled_export_id,
    tidy_exports,
)
from assets.publication import PUBLISHED
from assets.refresh import Refresh
from models.configuration import definition_hash
from models.segments import ExportRequest
from store import Export, Store


@dg.asset(
    key=["exports", "segments"],
    deps=[PUBLISHED],
    group_name="exports",
    kinds={"python", "csv"},
    owners=["team:marketing-operations"],
    description="One zipped CSV per export that `abm.yaml` asks for, from the published copy. A "
    "rerun of a day writes equal bytes; old files go after their download time (EXP-6).",
    code_version="1",
)
def segment_exports(context: dg.AssetExecutionContext, refresh: Refresh) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write the configured exports; end those whose time or segment is gone (EXP-5 to EXP-8)."""
    configuration = refresh.configuration
    segments = {segment.id for segment in configuration.segments}
    with Store.open(refresh.home.store_url) as store:
        invalidate_exports(store, refresh.home.exports, left=segments)
        for note in tidy_exports(store, refresh.home.exports, now=refresh.created_at):
            context.log.info(note)
        done = [_export(context, refresh, store, request) for request in configuration.exports]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(export.row_count or 0 for export in done),
            "exports": dg.MetadataValue.table(
                [
                    dg.TableRecord(
                        {
                            "segment": e.segment_id,
                            "rows": e.row_count or 0,
                            "file": e.file_name or "",
                        }
                    )
                    for e in done
                ],
                dg.TableSchema(
                    [
                        dg.TableColumn("segment"),
                        dg.TableColumn("rows", "int"),
                        dg.TableColumn("file"),
                    ]
                ),
            ),
        }
    )


def _export(
    context: dg.AssetExecutionContext, refresh: Refresh, store: Store, request: ExportRequest
) -> Export:
    configuration = refresh.configuration
    fields = None if request.fields == "all" else list(request.fields)
    export_id = scheduled_export_id(
        request.segment, refresh.as_of, definition_hash(configuration), fields
    )
    request_export(
        store,
        export_id=export_id,
        segment_id=request.segment,
        fields=fields,
        requested_by=f"run {refresh.run_id}",
        now=refresh.created_at,
        limits=configuration.limits,
    )
    done = run_export(
        store, refresh.home.published, refresh.home.exports, export_id, now=refresh.created_at
    )
    context.log.info(f"{done.file_name}: {done.row_count} rows")
    return done
