"""The marketer's choices as tables: asset group `config` (DESIGN 3).

One asset writes every `config.*` table in one go, so that dbt reads one consistent definition. Add
a table in `models/tables.py`, or one that the ledger holds in a module of its own; never compute
one here.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import duckdb

from assets.handoff_answers import answer_table
from assets.refresh import Refresh
from assets.warehouse import replace_table, warehouse
from models.checking import configuration_cautions
from models.configuration import Configuration, definition_hash, meaning, segment_hash
from models.dated_cautions import dated_cautions
from models.tables import configuration_tables
from store import Store

SHOWN_REVISIONS = 5
"""Changed sections named one by one; a first run changes all of them."""

TABLES = {
    "run": "What this run is: business date, its end in UTC, currency, caps. One row.",
    "stages": "Deal stages with category and probability (EDG-5). One row per pipeline and stage.",
    "inactive_statuses": "Account statuses that leave the scope (GLC-7). One row per status.",
    "industry_synonyms": "Spellings of industries (FIR-7). One row per spelling.",
    "fields": "Mapped fields and where they come from (MAP). One row per module and field.",
    "techniques": "Techniques and whether they are on (TEC-1). One row per technique.",
    "criteria": "Compiled criteria that dbt models paste. One row per statement.",
    "scope_steps": "Steps of the global criteria in words (BEY-6). One row per step.",
    "rfm_metrics": "Method and levels per metric (RFM-7, RFM-8). One row per metric.",
    "rfm_thresholds": "Manual scores as steps of goodness (RFM-10, RFM-11). One row per step.",
    "rfm_labels": "Score ranges of the RFM labels (RFM-22). One row per label.",
    "recommendation_settings": "Horizon and bounds of the recommendations. One row.",
    "recommendation_conditions": "What labels ask of recommendations (REC-18). One row per label, "
    "type and product.",
    "event_feeds": "Tables of events and their channels (INT-1). One row per feed.",
    "event_kinds": "What may happen over a channel, and what it means (INT-4). One row per event.",
    "event_tallies": "What is counted beside events (INT-5). One row per channel, event, tally.",
    "channel_metrics": "Figures of every channel (INT-4). One row per channel and metric.",
    "engagement_settings": "Window and scale of engagement (ENG-8, ENG-9). One row.",
    "engagement_points": "Points by event (ENG-7). One row per event of the channels that are on.",
    "engagement_labels": "Score ranges of the engagement labels (ENG-10). One row per label.",
    "voice_settings": "Windows and least evidence of voice of customer (VOC-12, VOC-20). One row.",
    "voice_channels": "Channels whose texts are read (VOC-1). One row per channel.",
    "voice_preferences": "What labels ask of voices (VOC-15). One row per preference.",
    "voice_terms": "Intents, keywords and competitors asked for. One row per preference and term.",
    "voice_patterns": "How labels combine preferences. One row per label, alternative, preference.",
    "predictions": "Questions that are answered with a probability (PRD-1). One row per question.",
    "sales_readiness_settings": "Weights and bounds of the sales-ready score (SRS-3, SRS-4). One "
    "row while it is on, else none.",
    "ideal_customer_criteria": "What makes an ideal customer (SRS-3). One row per criterion.",
    "handoff_answers": "What sales answered to hand-offs (SRS-5). One row per answer.",
    "label_registry": "Every label with owner and review (LBL-4). One row per label.",
    "holidays": "Holidays around the last 24 months (LBL-6). One row per holiday and year.",
    "ensemble_members": "Questions that ensembles read (LBL-3). One row per label and question.",
    "labels": "Labels of all active techniques (TEC-9). One row per label.",
    "segments": "Segments in the order they are evaluated (SEG-1, BEY-5). One row per segment.",
    "suggestions": "Segments that are proposed (SEG-21). One row per suggestion.",
    "segment_references": "Which segment reads which. One row per pair.",
    "export_requests": "Exports that every run makes (EXP-1). One row per request.",
}


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
        for name, description in TABLES.items()
    ],
    pool="warehouse_writer",
)
def configuration(
    context: dg.AssetExecutionContext, refresh: Refresh
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Compile `abm.yaml` for the run's business date and write it where dbt joins it."""
    chosen = refresh.configuration
    with Store.open(refresh.home.store_url) as store:
        changed = store.record_revision(
            meaning(chosen),
            who=f"run {refresh.run_id}",
            now=refresh.created_at,
            definition_hash=definition_hash(chosen),
        )
        answers = store.handoffs.list()
    if len(changed) > SHOWN_REVISIONS:
        context.log.info(f"{len(changed)} sections of the configuration recorded")
    else:
        for revision in changed:
            context.log.info(f"{revision.section}: {revision.action.lower()}")
    for caution in (*configuration_cautions(chosen), *dated_cautions(chosen, refresh.as_of)):
        context.log.warning(str(caution))
    with warehouse(refresh.home.warehouse) as connection:
        refuse_edited_static_segments(connection, chosen, refresh.as_of)
        tables = configuration_tables(chosen, refresh.as_of, refresh.chosen_engine)
        for table in (*tables, answer_table(answers)):
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


def refuse_edited_static_segments(
    connection: duckdb.DuckDBPyConnection, configuration: Configuration, as_of: date
) -> None:
    """Refuse other criteria of a static segment that exists already (SEG-14).

    Raises:
        dg.Failure: names every such segment and the day it was created.
    """
    try:
        created = connection.execute(
            "select segment_id, arg_max(definition_hash, as_of), arg_max(created_on, as_of) "
            "from history.segment_revision_history where as_of < ? group by segment_id",
            [as_of],
        ).fetchall()
    except (duckdb.CatalogException, duckdb.IOException):
        return
    known = {segment_id: (before, day) for segment_id, before, day in created}
    edited = [
        f"segment {segment.id} is static and was created on {known[segment.id][1]}; its criteria "
        "cannot change any more (SEG-14). Give the new criteria an id of their own, or restore "
        "the old ones."
        for segment in configuration.segments
        if segment.nature == "static"
        and segment.id in known
        and known[segment.id][0] != segment_hash(segment)
    ]
    if edited:
        raise dg.Failure(description="\n".join(edited), allow_retries=False)
