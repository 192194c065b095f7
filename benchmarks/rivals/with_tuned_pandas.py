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
DEAL_COLUMNS = [
    "account_id", "pipeline", "stage", "currency", "closing_date", "won_on", "amount",
    "exchange_rate", "created_at", "is_deleted",
]  # fmt: skip
ACCOUNT_COLUMNS = [
    "account_id", "billing_country", "status", "is_deleted", "merged_into_id", "created_at",
]  # fmt: skip


def main() -> None:
    """Read the task, write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    accounts = read(task["accounts"], ACCOUNT_COLUMNS, ["status"])
    deals = read(task["deals"], DEAL_COLUMNS, ["pipeline", "stage", "currency"])
    rates = read(task["currency_rates"], ["currency", "valid_from", "exchange_rate"], [])
    survivor = survivors(accounts)
    deals = purchases(deals, task)
    place = pd.Index(accounts["account_id"]).get_indexer(deals["account_id"])
    deals = deals.assign(account=np.where(place >= 0, survivor[place], -1))[place >= 0]
    rfm = measured(deals, base_amounts(deals, rates, task), task)
    is_merged = survivor != np.arange(len(accounts))
    wanted = in_scope(accounts, task) & ~is_merged
    rfm = rfm[wanted.to_numpy()[rfm.index]]
    scored = {metric: scores(rfm[metric].to_numpy()) for metric in rfm}
    pd.DataFrame(
        {
            "account_id": accounts["account_id"].to_numpy()[rfm.index],
            **{f"{metric}_score": values for metric, values in scored.items()},
            "label_id": labels(scored, task["labels"]),
        }
    ).to_parquet(sys.argv[2], index=False)


def read(path: str, columns: list[str], categories: list[str]) -> pd.DataFrame:
    """Some columns of a landed file: decimals as floats, dates as timestamps, few texts coded."""
    table = pq.read_table(path, columns=columns, read_dictionary=categories)
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.float64()))
        elif pa.types.is_date(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.timestamp("s")))
    return table.to_pandas(self_destruct=True)


def survivors(accounts: pd.DataFrame) -> Any:
    """Position of the account that each account was merged into, itself where it was not."""
    into = pd.Index(accounts["account_id"]).get_indexer(accounts["merged_into_id"])
    found = np.where(into >= 0, into, np.arange(len(accounts)))
    while not np.array_equal(found, found[found]):
        found = found[found]
    return found


def in_scope(accounts: pd.DataFrame, task: dict[str, Any]) -> pd.Series:
    """Which accounts the global criteria leave."""
    status = accounts["status"]
    inactive = [c for c in status.cat.categories if c.lower() in task["inactive_statuses"]]
    return (
        accounts["billing_country"].notna()
        & ~status.isin(inactive)
        & accounts["is_deleted"].ne(True)
        & ~(accounts["created_at"] >= pd.Timestamp(task["ends_at"]))
    )


def purchases(deals: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Won deals, closed on or before the business date; the stage is decided once per code."""
    stages = {name.lower(): code for code, name in enumerate(deals["stage"].cat.categories)}
    pipelines = {name.lower(): code for code, name in enumerate(deals["pipeline"].cat.categories)}
    is_won = np.zeros(len(deals), dtype=bool)
    for pipeline, stage in task["won"]:
        if pipeline in pipelines and stage in stages:
            is_won |= ((deals["pipeline"].cat.codes == pipelines[pipeline])
                       & (deals["stage"].cat.codes == stages[stage])).to_numpy()  # fmt: skip
    deals = deals[is_won & deals["is_deleted"].ne(True).to_numpy()]
    purchased_on = deals["closing_date"].fillna(deals["won_on"])
    kept = (purchased_on <= pd.Timestamp(task["as_of"])) & ~(
        deals["created_at"] >= pd.Timestamp(task["ends_at"])
    )
    return deals.assign(purchased_on=purchased_on)[kept]


def base_amounts(deals: pd.DataFrame, rates: pd.DataFrame, task: dict[str, Any]) -> Any:
    """Amounts in base currency; listed rates are looked up only for deals without their own."""
    currency = deals["currency"].astype("string").str.upper() if len(deals) == 0 else (
        deals["currency"].cat.rename_categories(str.upper)
    )  # fmt: skip
    is_base = (currency.isna() | (currency == task["currency"])).to_numpy()
    rate = np.where(is_base, 1.0, deals["exchange_rate"].to_numpy())
    lacking = np.flatnonzero(~(rate > 0))
    rate[lacking] = np.nan
    wanted = pd.DataFrame(
        {
            "place": lacking,
            "currency": currency.iloc[lacking].astype(str).to_numpy(),
            "purchased_on": deals["purchased_on"].iloc[lacking].to_numpy(),
        }
    )
    rates = rates.assign(currency=rates["currency"].astype(str)).sort_values("valid_from")
    listed = pd.merge_asof(
        wanted.sort_values("purchased_on"), rates,
        left_on="purchased_on", right_on="valid_from", by="currency",
    )  # fmt: skip
    rate[listed["place"].to_numpy()] = listed["exchange_rate"].to_numpy()
    return deals["amount"].to_numpy() / rate


def measured(deals: pd.DataFrame, base_amount: Any, task: dict[str, Any]) -> pd.DataFrame:
    """Recency, frequency and monetary value by position of the account."""
    is_purchase = ~(deals["amount"] < 0).to_numpy()
    account = deals["account"].to_numpy()
    days = (pd.Timestamp(task["as_of"]) - deals["purchased_on"]).dt.days.to_numpy()
    amount = pd.Series(base_amount).groupby(account).sum().round(2)
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
