"""What an engineer sees on an asset's page: row count, figures, a small plot.

Holds one function per table that has more to show than its row count. Add one here for a new table
worth a look. Functions read; they never compute a rule: whatever they show is a column of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb

from assets.plots import bar_chart, reliability_curve, score_grid, stacked_columns
from assets.warehouse import row_count

Metadata = dict[str, Any]
SHOWN_ROWS = 50


def observe(
    connection: duckdb.DuckDBPyConnection,
    counts: Mapping[tuple[str, str], int] | None,
    context: dg.AssetExecutionContext,
    event: Any,
) -> Any:
    """Attach row count and domain metadata to a dbt model's output; return the event.

    `counts` holds the rows of what another engine built, by schema and table; what it did not bring
    back cannot be looked at here.
    """
    if not isinstance(event, dg.Output):
        return event
    key = context.asset_key_for_output(event.output_name)
    schema, table = key.path[-2], key.path[-1]
    metadata: Metadata = {}
    if counts is not None:
        if (schema, table) not in counts:
            return event
        metadata["dagster/row_count"] = counts[schema, table]
    elif not _is_view(connection, schema, table):
        # A staging view is recomputed by every look; counting it would double its cost.
        metadata["dagster/row_count"] = row_count(connection, schema, table)
    metadata |= shown(connection, table)
    context.add_output_metadata(metadata, output_name=event.output_name)
    return event


def shown(connection: duckdb.DuckDBPyConnection, table: str) -> Metadata:
    """Return what there is to see of a table beside its row count."""
    show = SHOWN.get(table)
    return {} if show is None else show(connection)


def table_of(
    connection: duckdb.DuckDBPyConnection, query: str, limit: int = SHOWN_ROWS
) -> dg.TableMetadataValue:
    """The first rows of a query as a table for the UI."""
    cursor = connection.execute(f"select * from ({query}) limit {limit}")  # noqa: S608
    names = [column[0] for column in cursor.description or []]
    records = [
        dg.TableRecord({n: _shown(v) for n, v in zip(names, row, strict=True)})
        for row in cursor.fetchall()
    ]
    schema = dg.TableSchema([dg.TableColumn(name) for name in names])
    return dg.MetadataValue.table(records, schema)


def _shown(value: Any) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _is_view(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = connection.execute(
        "select table_type from information_schema.tables "
        "where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    return found is not None and found[0] == "VIEW"


def _pairs(connection: duckdb.DuckDBPyConnection, query: str) -> Mapping[str, float]:
    return {str(name): float(value or 0) for name, value in connection.execute(query).fetchall()}


def _scope_waterfall(connection: duckdb.DuckDBPyConnection) -> Metadata:
    return {"waterfall": table_of(connection, "from marts.rpt_scope_waterfall order by position")}


def _cut_points(connection: duckdb.DuckDBPyConnection) -> Metadata:
    return {"cut_points": table_of(connection, "from marts.rpt_rfm_cut_points")}


def _distribution(connection: duckdb.DuckDBPyConnection) -> Metadata:
    rows = connection.execute(
        "select metric, score, account_count from marts.rpt_rfm_distribution order by metric, score"
    ).fetchall()
    counts: dict[str, list[int]] = {}
    for metric, _score, accounts in rows:
        counts.setdefault(metric, []).append(accounts)
    return {"distribution": dg.MetadataValue.md(score_grid(counts, title="Accounts per RFM score"))}


def _labels(connection: duckdb.DuckDBPyConnection) -> Metadata:
    shown = _pairs(
        connection, "select label_name, account_count from marts.rpt_labels order by 2 desc"
    )
    return {
        "labels": dg.MetadataValue.md(bar_chart(shown, title="Accounts per label", unit="accounts"))
    }


def _segments(connection: duckdb.DuckDBPyConnection) -> Metadata:
    members = _pairs(
        connection, "select segment_name, account_count from marts.seg_segments order by 2 desc"
    )
    return {
        "members": dg.MetadataValue.md(
            bar_chart(members, title="Members per segment", unit="accounts")
        ),
        "cards": table_of(
            connection,
            "select segment_name, nature, frame, account_count, entered_count, exited_count, "
            "revenue_amount, open_pipeline_amount, revised_on "
            "from marts.seg_segments order by position",
        ),
    }


def _ledger(connection: duckdb.DuckDBPyConnection) -> Metadata:
    query = """
        select segment_id, event, cause, count(*) as accounts
        from marts.seg_membership_ledger
        where as_of = (select as_of from config.run)
        group by all order by all
    """
    return {"entered_and_left": table_of(connection, query)}


def _quality(connection: duckdb.DuckDBPyConnection) -> Metadata:
    return {"findings": table_of(connection, "from marts.rpt_data_quality where finding_count > 0")}


def _quality_scores(connection: duckdb.DuckDBPyConnection) -> Metadata:
    shown = _pairs(
        connection,
        "select cast(floor(data_quality_score / 10) * 10 as int) || '', count(*) "
        "from marts.rpt_account_hygiene group by floor(data_quality_score / 10) "
        "order by floor(data_quality_score / 10)",
    )
    title = "Accounts by data-quality score, tens"
    return {"scores": dg.MetadataValue.md(bar_chart(shown, title=title, unit="accounts"))}


def _reliability(table: str, name: str) -> Callable[[duckdb.DuckDBPyConnection], Metadata]:
    """A curve of said and true shares by tenth, one per value of a column."""

    def drawn(connection: duckdb.DuckDBPyConnection) -> Metadata:
        return _curve(
            connection.execute(
                f"select {name}, said_share, true_share from {table} order by {name}, tenth"  # noqa: S608
            ).fetchall()
        )

    return drawn


def _curve(rows: Sequence[tuple[str, float, float]]) -> Metadata:
    points: dict[str, list[tuple[float, float]]] = {}
    for type_, said, true in rows:
        points.setdefault(type_.replace("_", " "), []).append((said, true))
    if not points:
        return {}
    curve = reliability_curve(points, title="What was said, and what came true")
    return {"reliability": dg.MetadataValue.md(curve)}


def _states(connection: duckdb.DuckDBPyConnection) -> Metadata:
    counts = _pairs(
        connection,
        "select sales_ready_state, count(*) from marts.seg_account_readiness group by 1 order by 2",
    )
    chart = bar_chart(counts, title="Between marketing and sales", unit="accounts")
    return {"states": dg.MetadataValue.md(chart)} if counts else {}


def _engagement(connection: duckdb.DuckDBPyConnection) -> Metadata:
    spread = _pairs(
        connection,
        """
        select tenth * 10 || ' to ' || tenth * 10 + 10, count(account_id)
        from range(10) as tenths (tenth)
        left join marts.seg_account_engagement
            on least(floor(engagement_score / 10), 9) = tenth and not has_no_signal
        group by tenth order by tenth
        """,
    )
    chart = bar_chart(spread, title="Accounts per engagement score", unit="accounts with a signal")
    return {"distribution": dg.MetadataValue.md(chart)}


def _responses(connection: duckdb.DuckDBPyConnection) -> Metadata:
    """Analysed responses of every month from the first to the last, by sentiment."""
    rows = connection.execute(
        """
        with said as (
            select date_trunc('month', occurred_on) as month, sentiment
            from marts.fct_responses
            where is_analysed and is_in_scope
        ),

        months as (
            select unnest(generate_series(min(month), max(month), interval 1 month)) as month
            from said
        )

        select
            strftime(month, '%Y-%m'),
            count(*) filter (sentiment = 'positive'),
            count(*) filter (sentiment = 'neutral'),
            count(*) filter (sentiment = 'negative')
        from months
        left join said using (month)
        group by month order by month
        """
    ).fetchall()
    if not rows:
        return {}
    months, *counts = zip(*rows, strict=True)
    parts = dict(zip(("positive", "neutral", "negative"), counts, strict=True))
    title = "Responses by sentiment and month"
    return {
        "sentiment": dg.MetadataValue.md(
            stacked_columns(parts, months, title=title, unit="responses")
        )
    }


def _events(connection: duckdb.DuckDBPyConnection) -> Metadata:
    by_channel = _pairs(
        connection, "select channel, count(*) from marts.fct_events group by all order by 2 desc, 1"
    )
    return {
        "channels": dg.MetadataValue.md(
            bar_chart(by_channel, title="Events per channel", unit="events")
        ),
        "matching": table_of(
            connection,
            "select channel, event, count(*) as events, count(matched_by) as matched, "
            "count(*) filter (is_machine) as machines from marts.fct_events "
            "group by all order by channel, events desc",
        ),
    }


def _promoters(connection: duckdb.DuckDBPyConnection) -> Metadata:
    counts = _pairs(
        connection,
        "select coalesce(replace(promoter_state, '_', ' '), 'not classified'), count(*) "
        "from marts.seg_account_promoters group by all order by 2 desc, 1",
    )
    chart = bar_chart(counts, title="Promoters and detractors", unit="accounts with an opinion")
    return {"promoters": dg.MetadataValue.md(chart)}


def _points(connection: duckdb.DuckDBPyConnection) -> Metadata:
    query = """
        select engagement_channel, engagement_event, count(*) as entries,
            sum(counted_points) as points
        from marts.fct_engagement_points group by all order by points desc
    """
    return {"points": table_of(connection, query)}


def _rows(name: str, query: str) -> Callable[[duckdb.DuckDBPyConnection], Metadata]:
    return lambda connection: {name: table_of(connection, query)}


SHOWN: Mapping[str, Callable[[duckdb.DuckDBPyConnection], Metadata]] = {
    "rpt_scope_waterfall": _scope_waterfall,
    "rpt_rfm_cut_points": _cut_points,
    "rpt_rfm_distribution": _distribution,
    "rpt_labels": _labels,
    "seg_account_engagement": _engagement,
    "fct_events": _events,
    "fct_engagement_points": _points,
    "fct_responses": _responses,
    "rpt_voice_slices": _rows(
        "slices",
        "select kind, basis, signal, slice_count, unique_count, sample_count "
        "from marts.rpt_voice_slices order by kind desc, basis, slice_count desc, signal",
    ),
    "rpt_competitors": _rows(
        "competitors",
        "select competitor, mention_count, mention_share, won_deal_count, won_amount, "
        "lost_deal_count, lost_amount from marts.rpt_competitors "
        "order by mention_count desc, competitor",
    ),
    "rpt_keywords": _rows(
        "keywords",
        "select keyword, severity, response_count, negative_share, channels "
        "from marts.rpt_keywords order by position",
    ),
    "seg_account_promoters": _promoters,
    "rpt_contact_times": _rows(
        "best_times",
        "select weekday, from_hour, sum(attempt_count) as attempts, sum(answer_count) as answers "
        "from marts.rpt_contact_times group by all order by answers / attempts desc, attempts desc",
    ),
    "seg_segments": _segments,
    "seg_membership_ledger": _ledger,
    "rpt_data_quality": _quality,
    "rpt_hygiene_checks": _rows(
        "findings",
        "select check_name, severity, finding_count, account_count from marts.rpt_hygiene_checks "
        "where finding_count > 0 order by finding_count desc, check_name",
    ),
    "rpt_account_hygiene": _quality_scores,
    "account_pairs": _rows(
        "surest", "from ml.account_pairs order by match_weight desc, account_id"
    ),
    "contact_pairs": _rows(
        "surest", "from ml.contact_pairs order by match_weight desc, contact_id"
    ),
    "recommendation_cards": _rows(
        "report_card", "from ml.recommendation_cards order by recommendation_type"
    ),
    "recommendation_methods": _rows(
        "methods", "from ml.recommendation_methods order by recommendation_type, map_at_10 desc"
    ),
    "recommendation_reliability": _reliability(
        "ml.recommendation_reliability", "recommendation_type"
    ),
    "prediction_tenths": _reliability("ml.prediction_tenths", "prediction_id"),
    "prediction_cards": _rows("report_card", "from ml.prediction_cards order by prediction_id"),
    "prediction_methods": _rows(
        "methods", "from ml.prediction_methods order by prediction_id, brier, method"
    ),
    "prediction_coefficients": _rows(
        "strongest",
        "from ml.prediction_coefficients order by prediction_id, abs(coefficient) desc, feature",
    ),
    "seg_account_readiness": _states,
    "association_rules": _rows("rules", "from ml.association_rules order by rule_number"),
}
"""Tables with more to show than their row count, by name."""
