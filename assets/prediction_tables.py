"""Tables of schema `ml` that answer the questions of the configuration, as columns (PRD).

They take the place of the old ones when all are filled (`assets.learned_tables`). Never learn or
decide here.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pandas as pd

from assets.learned_tables import Tables

if TYPE_CHECKING:
    from ml.predicting import Answer, Quality
    from ml.prediction_methods import Past

PREDICTION_TABLES: Final[Tables] = {
    "predictions": (
        "How likely every account is to answer a question with a won deal, and why (PRD-1, PRD-4). "
        "One row per account and question.",
        {
            "account_id": "VARCHAR", "prediction_id": "VARCHAR",
            "prediction_probability": "DECIMAL(5,2)", "verdict": "VARCHAR",
            "reason_1": "VARCHAR", "contribution_1": "DOUBLE",
            "reason_2": "VARCHAR", "contribution_2": "DOUBLE",
            "reason_3": "VARCHAR", "contribution_3": "DOUBLE",
        },
    ),
    "prediction_cards": (
        "What answers a question, what it was learned from, and how true it was (PRD-3, PRD-5). "
        "One row per question.",
        {
            "prediction_id": "VARCHAR", "method": "VARCHAR", "reason": "VARCHAR",
            "hindsight": "VARCHAR", "model_version": "VARCHAR", "features": "VARCHAR",
            "learned_from": "DATE", "learned_until": "DATE", "account_count": "BIGINT",
            "won_count": "BIGINT", "base_rate_share": "DOUBLE", "tested_method": "VARCHAR",
            "tested_on": "DATE", "tested_account_count": "BIGINT", "tested_won_count": "BIGINT",
            "auc": "DOUBLE", "brier": "DOUBLE", "brier_skill": "DOUBLE",
            "calibration_error": "DOUBLE", "calibration_error_by_chance": "DOUBLE",
            "top_tenth_lift": "DOUBLE", "baseline_auc": "DOUBLE", "baseline_brier": "DOUBLE",
            "baseline_top_tenth_lift": "DOUBLE", "recency_auc": "DOUBLE",
            "recency_brier": "DOUBLE", "recency_top_tenth_lift": "DOUBLE",
        },
    ),
    "prediction_methods": (
        "How true every method was in the test, and in the windows before it, which chose one of "
        "them (PRD-3). One row per question and method.",
        {
            "prediction_id": "VARCHAR", "method": "VARCHAR", "is_chosen": "BOOLEAN",
            "brier_before": "DOUBLE", "auc": "DOUBLE", "brier": "DOUBLE",
            "brier_skill": "DOUBLE", "calibration_error": "DOUBLE",
            "calibration_error_by_chance": "DOUBLE", "top_tenth_lift": "DOUBLE",
        },
    ),
    "prediction_tenths": (
        "Said and true shares in the test, by tenths of rising probability. One row per question "
        "and tenth.",
        {
            "prediction_id": "VARCHAR", "tenth": "INTEGER", "said_share": "DOUBLE",
            "true_share": "DOUBLE", "account_count": "BIGINT",
        },
    ),
    "prediction_coefficients": (
        "What a model is made of: standardised features, or rates by group (PRD-5). One row per "
        "question and feature.",
        {
            "prediction_id": "VARCHAR", "feature": "VARCHAR", "coefficient": "DOUBLE",
            "mean": "DOUBLE", "spread": "DOUBLE",
        },
    ),
}  # fmt: skip
"""Description and columns by table."""

SIGNS: Final = ("int_account_signs__counted", "int_predictions__answered")
"""dbt models of schema `learning` that hold what is known at a cut-off and what came after it."""
CHUNK: Final = 50_000
"""Accounts of today that are held in memory at a time."""
_WINDOWS: Final = "learning.int_prediction_windows__dated"


def past_windows(connection: duckdb.DuckDBPyConnection, prediction_id: str) -> dict[int, Past]:
    """Return the windows of a question's past by number, 1 for the newest."""
    from ml.prediction_methods import Past

    found = {}
    for number in sorted(cut_offs(connection, prediction_id).keys() - {0}):
        rows = connection.execute(
            f"select signs.*, answered.account_id is not null as is_won from {_WINDOWS} as windows "
            "inner join learning.int_account_signs__counted as signs "
            "on windows.cutoff_on = signs.cutoff_on "
            "left join learning.int_predictions__answered as answered "
            "on windows.prediction_id = answered.prediction_id "
            "and windows.window_number = answered.window_number "
            "and signs.account_id = answered.account_id "
            "where windows.prediction_id = ? and windows.window_number = ? "
            "order by signs.account_id",
            [prediction_id, number],
        ).df()
        found[number] = Past(rows.drop(columns="is_won"), rows["is_won"].to_numpy(dtype=bool))
    return found


def todays_signs(
    connection: duckdb.DuckDBPyConnection, prediction_id: str
) -> Iterator[pd.DataFrame]:
    """Yield what is known of accounts today, CHUNK at a time."""
    last = ""
    while True:
        rows = connection.execute(
            f"select signs.* from {_WINDOWS} as windows "
            "inner join learning.int_account_signs__counted as signs "
            "on windows.cutoff_on = signs.cutoff_on "
            "where windows.prediction_id = ? and windows.window_number = 0 "
            "and signs.account_id > ? order by signs.account_id limit ?",
            [prediction_id, last, CHUNK],
        ).df()
        if rows.empty:
            return
        last = str(rows["account_id"].iloc[-1])
        yield rows


def cut_offs(connection: duckdb.DuckDBPyConnection, prediction_id: str) -> dict[int, Any]:
    """Return the last day that each window of a question knows of."""
    return dict(
        connection.execute(
            f"select window_number, cutoff_on from {_WINDOWS} where prediction_id = ?",
            [prediction_id],
        ).fetchall()
    )


def card_row(
    prediction_id: str, answer: Answer, hindsight: str | None, days: Mapping[int, Any]
) -> dict[str, Any]:
    """Return the row of prediction_cards that tells an answer."""
    from ml.prediction_methods import RATES, RECENCY

    row: dict[str, Any] = {
        "prediction_id": prediction_id,
        "method": None if answer.model is None else answer.model.method,
        "reason": answer.reason,
        "hindsight": hindsight,
        "model_version": answer.version,
        "base_rate_share": answer.base,
        "account_count": answer.learned_count,
        "won_count": answer.won_count,
        "tested_method": answer.tested_method,
    }
    if answer.model is not None:
        names = [str(part["feature"]) for part in answer.model.coefficients()]
        row["features"] = "; ".join(name for name in names if not name.startswith("("))
        # Deals until the cut-off before today's were learned from: those of the newest window.
        row["learned_from"] = days[max(answer.learned)]
        row["learned_until"] = days[min(answer.learned) - 1]
    if answer.tested is not None:
        row |= {
            "tested_on": days[1],
            "tested_account_count": answer.tested_count,
            "tested_won_count": answer.tested_won_count,
            **_figures(answer.tested),
            **_beside(answer.tests[RATES], "baseline_"),
            **_beside(answer.tests[RECENCY], "recency_"),
        }
    return row


def method_rows(answer: Answer) -> pd.DataFrame:
    """Return the rows of prediction_methods that tell how an answer was tested; none untested."""
    return pd.DataFrame(
        {
            "method": name,
            "is_chosen": name == answer.tested_method,
            "brier_before": answer.before.get(name),
            **_figures(quality),
        }
        for name, quality in answer.tests.items()
    )


def _figures(quality: Quality) -> dict[str, float | None]:
    return {
        "auc": quality.auc,
        "brier": quality.brier,
        "brier_skill": quality.brier_skill,
        "calibration_error": quality.calibration.error,
        "calibration_error_by_chance": quality.calibration.error_by_chance,
        "top_tenth_lift": quality.top_tenth_lift,
    }


def _beside(quality: Quality, prefix: str) -> dict[str, float | None]:
    figures = _figures(quality)
    return {f"{prefix}{name}": figures[name] for name in ("auc", "brier", "top_tenth_lift")}
