"""RFM in pandas as most people write it: whole files, merges, groupby, a function per value.

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
    rates = read(task["currency_rates"])
    accounts, deals = survivors(accounts, deals)
    purchases = amounts(won(deals, task), rates, task)
    rfm = measured(purchases, in_scope(accounts, task), task)
    for metric in ("recency", "frequency", "monetary"):
        rfm[f"{metric}_score"] = scores(rfm[metric])
    rfm["label_id"] = rfm.apply(label, axis=1, patterns=task["labels"])
    columns = ["recency_score", "frequency_score", "monetary_score", "label_id"]
    rfm[["account_id", *columns]].to_parquet(sys.argv[2], index=False)


def read(path: str) -> pd.DataFrame:
    """A whole landed file but for the map of custom fields; decimals become floats."""
    import pyarrow.parquet as pq

    names = [name for name in pq.read_schema(path).names if name != "custom_fields"]
    frame = pd.read_parquet(path, columns=names)
    for name in ("amount", "exchange_rate"):
        if name in frame:
            frame[name] = frame[name].astype(float)
    return frame


def survivors(accounts: pd.DataFrame, deals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give deals of merged accounts to the survivor; drop merged accounts."""
    known = set(accounts["account_id"])
    merged = accounts[accounts["merged_into_id"].isin(known)]
    into = dict(zip(merged["account_id"], merged["merged_into_id"], strict=True))

    def survivor(account: str) -> str:
        while account in into:
            account = into[account]
        return account

    deals = deals[deals["account_id"].isin(known)].copy()
    deals["account_id"] = deals["account_id"].apply(survivor)
    return accounts[~accounts["account_id"].isin(into)], deals


def in_scope(accounts: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """The accounts that the global criteria leave."""
    status = accounts["status"].fillna("").str.lower()
    return accounts[
        accounts["billing_country"].notna()
        & ~status.isin(task["inactive_statuses"])
        & (accounts["is_deleted"].fillna(False) == False)  # noqa: E712
        & ~(accounts["created_at"] >= pd.Timestamp(task["ends_at"]))
    ][["account_id"]]


def won(deals: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Won deals, closed on or before the business date."""
    stages = pd.DataFrame(task["won"], columns=["pipeline_key", "stage_key"])
    deals["pipeline_key"] = deals["pipeline"].str.lower()
    deals["stage_key"] = deals["stage"].str.lower()
    deals = deals.merge(stages, on=["pipeline_key", "stage_key"])
    deals["purchased_on"] = pd.to_datetime(deals["closing_date"].fillna(deals["won_on"]))
    return deals[
        (deals["is_deleted"].fillna(False) == False)  # noqa: E712
        & (deals["purchased_on"] <= pd.Timestamp(task["as_of"]))
        & ~(deals["created_at"] >= pd.Timestamp(task["ends_at"]))
    ]


def amounts(deals: pd.DataFrame, rates: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Convert into base currency: the deal's own rate, else the newest of its currency."""
    rates = rates[["currency", "valid_from", "exchange_rate"]].copy()
    rates["valid_from"] = pd.to_datetime(rates["valid_from"]).astype("datetime64[us]")
    deals = deals.copy()
    deals["purchased_on"] = deals["purchased_on"].astype("datetime64[us]")
    deals["currency"] = deals["currency"].str.upper()
    deals = pd.merge_asof(
        deals.sort_values("purchased_on"),
        rates.sort_values("valid_from"),
        left_on="purchased_on", right_on="valid_from", by="currency", suffixes=("", "_listed"),
    )  # fmt: skip
    rate = deals["exchange_rate"].where(deals["exchange_rate"] > 0, deals["exchange_rate_listed"])
    is_base = deals["currency"].isna() | (deals["currency"] == task["currency"])
    deals["base_amount"] = deals["amount"] / rate.where(~is_base, 1.0)
    return deals


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
