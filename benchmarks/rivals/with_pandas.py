"""RFM in pandas as most people write it: whole files, groupby, merge, a function per value.

Scores use the quantiles and the function that tutorials show; `pd.qcut` itself cannot be used where
values are tied (RFM-18), and `pd.qcut` over ranks gives tied accounts different scores.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEVELS = 5


def main() -> None:
    """Read the task, write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    accounts = read(task["accounts"])
    deals = read(task["deals"])
    rfm = measured(won(deals, task), in_scope(accounts, task), task)
    for metric in ("recency", "frequency", "monetary"):
        rfm[f"{metric}_score"] = scores(rfm[metric])
    rfm["label_id"] = rfm.apply(label, axis=1, patterns=task["labels"])
    columns = ["recency_score", "frequency_score", "monetary_score", "label_id"]
    rfm[["account_id", *columns]].to_parquet(sys.argv[2], index=False)


def read(path: str) -> pd.DataFrame:
    """A whole file but for the map of custom fields; decimals become floats."""
    import pyarrow.parquet as pq

    names = [name for name in pq.read_schema(path).names if name != "custom_fields"]
    frame = pd.read_parquet(path, columns=names)
    for name in ("amount", "base_amount"):
        if name in frame:
            frame[name] = frame[name].astype(float)
    return frame


def in_scope(accounts: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """The accounts that the global criteria leave."""
    status = accounts["status"].fillna("").str.lower()
    return accounts[
        accounts["billing_country"].notna()
        & ~status.isin(task["inactive_statuses"])
        & (accounts["is_deleted"].fillna(False) == False)  # noqa: E712
        & ~accounts["is_merged"]
    ][["account_id"]]


def won(deals: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Won deals, closed on or before the business date."""
    deals = deals[deals["state"] == "won"].copy()
    deals["purchased_on"] = pd.to_datetime(deals["closing_date"].fillna(deals["won_on"]))
    return deals[deals["purchased_on"] <= pd.Timestamp(task["as_of"])]


def measured(purchases: pd.DataFrame, accounts: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Recency, frequency and monetary value of the accounts that bought."""
    amount = purchases.groupby("account_id")["base_amount"].sum().round(2)
    rfm = (
        purchases[~(purchases["amount"] < 0)]
        .groupby("account_id")
        .agg(last=("purchased_on", "max"), frequency=("deal_id", "count"))
        .reset_index()
    )
    rfm["monetary"] = rfm["account_id"].map(amount)
    rfm["recency"] = -(pd.Timestamp(task["as_of"]) - rfm["last"]).dt.days
    return rfm.merge(accounts, on="account_id")


def scores(values: pd.Series) -> pd.Series:
    """Scores by quantiles, one value after the other."""
    shares = [part / LEVELS - 1e-12 for part in range(1, LEVELS)]
    cuts = np.quantile(values, shares, method="inverted_cdf")
    best, worst = values.max(), values.min()

    def score(value: float) -> int:
        if value == best and best != worst:
            return LEVELS
        return 1 + sum(value > cut for cut in cuts)

    return values.apply(score)


def label(row: pd.Series, patterns: list[dict[str, Any]]) -> str | None:
    """The first pattern that the scores of an account fit."""
    for pattern in patterns:
        if all(
            pattern[metric][0] <= row[f"{metric}_score"] <= pattern[metric][1]
            for metric in ("recency", "frequency", "monetary")
        ):
            return str(pattern["label_id"])
    return None


if __name__ == "__main__":
    main()
