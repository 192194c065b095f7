"""RFM in pandas by somebody who knows it: few columns, dictionary texts, whole columns at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LEVELS = 5
DEAL_COLUMNS = ["account_id", "state", "closing_date", "won_on", "amount", "base_amount"]
ACCOUNT_COLUMNS = ["account_id", "billing_country", "status", "is_deleted", "is_merged"]


def main() -> None:
    """Read the task, write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    accounts = read(task["accounts"], ACCOUNT_COLUMNS, ["status"])
    deals = purchases(read(task["deals"], DEAL_COLUMNS, ["state"]), task)
    place = pd.Index(accounts["account_id"]).get_indexer(deals["account_id"])
    deals = deals.assign(account=place)[place >= 0]
    rfm = measured(deals, task)
    rfm = rfm[in_scope(accounts, task).to_numpy()[rfm.index]]
    scored = {metric: scores(rfm[metric].to_numpy()) for metric in rfm}
    pd.DataFrame(
        {
            "account_id": accounts["account_id"].to_numpy()[rfm.index],
            **{f"{metric}_score": values for metric, values in scored.items()},
            "label_id": labels(scored, task["labels"]),
        }
    ).to_parquet(sys.argv[2], index=False)


def read(path: str, columns: list[str], categories: list[str]) -> pd.DataFrame:
    """Some columns of a file: decimals as floats, dates as timestamps, few texts coded."""
    table = pq.read_table(path, columns=columns, read_dictionary=categories)
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.float64()))
        elif pa.types.is_date(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.timestamp("s")))
    return table.to_pandas(self_destruct=True)


def in_scope(accounts: pd.DataFrame, task: dict[str, Any]) -> pd.Series:
    """Which accounts the global criteria leave."""
    status = accounts["status"]
    inactive = [c for c in status.cat.categories if c.lower() in task["inactive_statuses"]]
    return (
        accounts["billing_country"].notna()
        & ~status.isin(inactive)
        & accounts["is_deleted"].ne(True)
        & ~accounts["is_merged"]
    )


def purchases(deals: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Won deals, closed on or before the business date."""
    deals = deals[(deals["state"] == "won").to_numpy()]
    purchased_on = deals["closing_date"].fillna(deals["won_on"])
    return deals.assign(purchased_on=purchased_on)[purchased_on <= pd.Timestamp(task["as_of"])]


def measured(deals: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Recency, frequency and monetary value by position of the account."""
    is_purchase = ~(deals["amount"] < 0).to_numpy()
    account = deals["account"].to_numpy()
    days = (pd.Timestamp(task["as_of"]) - deals["purchased_on"]).dt.days.to_numpy()
    amount = pd.Series(deals["base_amount"].to_numpy()).groupby(account).sum().round(2)
    grouped = pd.Series(days[is_purchase]).groupby(account[is_purchase]).agg(["min", "size"])
    return pd.DataFrame(
        {
            "recency": -grouped["min"],
            "frequency": grouped["size"],
            "monetary": amount.reindex(grouped.index),
        }
    )


def scores(values: Any) -> Any:
    """Scores from cut-points at exact positions, by binary search."""
    size = len(values)
    positions = [-(-part * size // LEVELS) - 1 for part in range(1, LEVELS)]
    ordered = np.partition(values, positions)
    found = 1 + np.searchsorted(ordered[positions], values, side="left")
    best = values.max()
    return np.where((values == best) & (best != values.min()), LEVELS, found)


def labels(scored: dict[str, Any], patterns: list[dict[str, Any]]) -> Any:
    """The first pattern that fits, for all accounts at once."""
    fits = [
        np.logical_and.reduce(
            [
                (values >= p[metric][0]) & (values <= p[metric][1])
                for metric, values in scored.items()
            ]
        )
        for p in patterns
    ]
    return np.select(fits, [p["label_id"] for p in patterns], default=None)


if __name__ == "__main__":
    main()
