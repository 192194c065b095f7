"""Who will win a deal with us, as assets: group `predictions`, between two dbt builds (PRD).

One asset makes every table, all or none, with the check of the report card. Never learn here
(`ml.predicting`), and never describe a table (`assets.prediction_tables`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
import duckdb
import pandas as pd

from assets.learned_assets import bounded_warehouse, results_of, table_specs
from assets.learned_tables import (
    SCHEMA,
    UNFINISHED,
    create_tables,
    finish_tables,
    insert_frame,
)
from assets.prediction_tables import (
    PREDICTION_TABLES,
    SIGNS,
    card_row,
    cut_offs,
    method_rows,
    past_windows,
    todays_signs,
)
from assets.refresh import Refresh
from models.usage import rules_by_deeds

if TYPE_CHECKING:
    from ml.predicting import Answer

BETTER: Final = "better_than_rates"


@dg.multi_asset(
    name="predictions",
    specs=table_specs(
        PREDICTION_TABLES,
        deps=[["learning", table] for table in (*SIGNS, "int_prediction_windows__dated")],
        group="predictions",
        kind="scikitlearn",
        code_version="2",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            BETTER,
            asset=[SCHEMA, "prediction_cards"],
            description="In the test no model orders or says worse than simple rates do (PRD-3).",
        )
    ],
    pool="warehouse_writer",
)
def predictions(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Learn from the past who wins deals with us, and write how likely every account is to."""
    with bounded_warehouse(refresh) as connection:
        create_tables(connection, PREDICTION_TABLES)
        for prediction in refresh.configuration.predictions:
            context.log.info(_answered(connection, refresh, prediction.id))
        finish_tables(connection, PREDICTION_TABLES)
        results = results_of(connection, refresh, PREDICTION_TABLES)
        check = _better_than_rates(connection)
    yield from results
    if not check.passed:
        context.log.warning(f"{check.check_name}: {check.description}")
    yield check


def _answered(connection: duckdb.DuckDBPyConnection, refresh: Refresh, prediction_id: str) -> str:
    """Learn and write the answer to one question; return what to say about it."""
    from ml.predicting import learn_answer, predict

    answer = learn_answer(past_windows(connection, prediction_id))
    count = 0
    for signs in todays_signs(connection, prediction_id):
        _insert(connection, "predictions", prediction_id, predict(answer, signs))
        count += len(signs)
    days = cut_offs(connection, prediction_id)
    card = card_row(prediction_id, answer, _hindsight(refresh, answer, count), days)
    _insert(connection, "prediction_cards", prediction_id, pd.DataFrame([card]))
    if answer.model is not None:
        coefficients = pd.DataFrame(answer.model.coefficients())
        _insert(connection, "prediction_coefficients", prediction_id, coefficients)
    _insert(connection, "prediction_methods", prediction_id, method_rows(answer))
    if answer.tested is not None:
        tenths = pd.DataFrame(answer.tested.calibration.tenths())
        tenths = tenths.rename(columns={"pair_count": "account_count"})
        _insert(connection, "prediction_tenths", prediction_id, tenths)
    method = "nothing" if answer.model is None else answer.model.method
    return f"{prediction_id}: answered by {method} for {count:,} accounts ({answer.reason})"


def _hindsight(refresh: Refresh, answer: "Answer", count: int) -> str | None:
    """What of the past was known only later, in words; None for nothing (PRD-5)."""
    from ml.signs import TODAYS

    told = []
    chosen_by = rules_by_deeds(refresh.configuration, count)
    if chosen_by:
        told.append(f"today's accounts were chosen by {', '.join(chosen_by)}")
    todays = [] if answer.model is None else [s for s in TODAYS if s in answer.model.reads]
    if todays:
        told.append(f"{' and '.join(todays)} of past days are those of today")
    return "; ".join(told) or None


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, prediction_id: str, rows: pd.DataFrame
) -> None:
    columns = PREDICTION_TABLES[table][1]
    whole = rows.assign(prediction_id=prediction_id).reindex(columns=list(columns))
    insert_frame(connection, f"{table}{UNFINISHED}", columns, whole)


def _better_than_rates(connection: duckdb.DuckDBPyConnection) -> dg.AssetCheckResult:
    """Warn of every model that was worse in the test than simple rates are."""
    worse = connection.execute(
        f"""
        select
            prediction_id, auc, greatest(baseline_auc, recency_auc) as simple_auc,
            brier, least(baseline_brier, recency_brier) as simple_brier, tested_account_count
        from {SCHEMA}.prediction_cards
        where tested_method = 'logistic' and (auc < simple_auc or brier > simple_brier)
        order by all
        """  # noqa: S608
    ).fetchall()
    told = "; ".join(
        f"{prediction}: AUC {auc:.3f} beside {simple_auc:.3f}, Brier score {brier:.4f} beside "
        f"{simple_brier:.4f}, {accounts:,} accounts"
        for prediction, auc, simple_auc, brier, simple_brier, accounts in worse
    )
    return dg.AssetCheckResult(
        check_name=BETTER,
        asset_key=[SCHEMA, "prediction_cards"],
        passed=not worse,
        severity=dg.AssetCheckSeverity.WARN,
        description=told or None,
    )
