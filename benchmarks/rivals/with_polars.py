"""RFM in polars, one lazy query over the landed files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

LEVELS = 5
METRICS = ("recency", "frequency", "monetary")


def main() -> None:
    """Read the task, write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    accounts = pl.scan_parquet(task["accounts"])
    merged = survivors(accounts)
    deals = purchases(pl.scan_parquet(task["deals"]), task)
    rates = pl.scan_parquet(task["currency_rates"]).select(
        "currency", "valid_from", pl.col("exchange_rate").cast(pl.Float64).alias("listed_rate")
    )
    rfm = measured(converted(deals, rates, task), merged, in_scope(accounts, merged, task), task)
    scored = rfm.with_columns(score(metric).alias(f"{metric}_score") for metric in METRICS)
    scored.select(
        "account_id", *(f"{metric}_score" for metric in METRICS), label(task["labels"])
    ).sink_parquet(sys.argv[2])


def survivors(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """The accounts that were merged away, each with its last survivor."""
    known = accounts.select("account_id")
    rows = (
        accounts.filter(pl.col("merged_into_id").is_not_null())
        .select("account_id", "merged_into_id")
        .join(known, left_on="merged_into_id", right_on="account_id", how="semi")
        .collect()
    )
    into = dict(rows.iter_rows())
    for account in into:
        while into[account] in into:
            into[account] = into[into[account]]
    return pl.LazyFrame(
        {"account_id": list(into), "survivor_id": list(into.values())},
        schema={"account_id": pl.String, "survivor_id": pl.String},
    )


def in_scope(accounts: pl.LazyFrame, merged: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """The accounts that the global criteria leave."""
    ends_at = pl.lit(task["ends_at"]).str.to_datetime()
    return (
        accounts.filter(
            pl.col("billing_country").is_not_null(),
            ~pl.col("status").fill_null("").str.to_lowercase().is_in(task["inactive_statuses"]),
            ~pl.col("is_deleted").fill_null(False),
            (pl.col("created_at") < ends_at).fill_null(True),
        )
        .select("account_id")
        .join(merged, on="account_id", how="anti")
    )


def purchases(deals: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """Won deals, closed on or before the business date."""
    is_won = pl.any_horizontal(
        (pl.col("pipeline").str.to_lowercase() == pipeline)
        & (pl.col("stage").str.to_lowercase() == stage)
        for pipeline, stage in task["won"]
    )
    ends_at = pl.lit(task["ends_at"]).str.to_datetime()
    return (
        deals.filter(
            is_won,
            ~pl.col("is_deleted").fill_null(False),
            (pl.col("created_at") < ends_at).fill_null(True),
        )
        .with_columns(pl.coalesce("closing_date", "won_on").alias("purchased_on"))
        .filter(pl.col("purchased_on") <= pl.lit(task["as_of"]).str.to_date())
        .select(
            "account_id",
            "purchased_on",
            pl.col("amount").cast(pl.Float64),
            pl.col("exchange_rate").cast(pl.Float64),
            pl.col("currency").str.to_uppercase(),
        )
    )


def converted(deals: pl.LazyFrame, rates: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """Amounts in base currency; listed rates are looked up only for deals without their own."""
    is_base = pl.col("currency").is_null() | (pl.col("currency") == task["currency"])
    has_rate = is_base | (pl.col("exchange_rate") > 0).fill_null(False)
    known = deals.filter(has_rate).with_columns(
        pl.when(is_base).then(1.0).otherwise(pl.col("exchange_rate")).alias("rate")
    )
    listed = (
        deals.filter(~has_rate)
        .sort("purchased_on")
        .join_asof(
            rates.sort("valid_from"),
            left_on="purchased_on", right_on="valid_from", by="currency",
            check_sortedness=False,
        )
        .with_columns(pl.col("listed_rate").alias("rate"))
    )  # fmt: skip
    return pl.concat([known, listed], how="diagonal").select(
        "account_id",
        "purchased_on",
        (pl.col("amount") / pl.col("rate")).alias("base_amount"),
        (pl.col("amount") < 0).fill_null(False).alias("is_refund"),
    )


def measured(
    deals: pl.LazyFrame, merged: pl.LazyFrame, accounts: pl.LazyFrame, task: dict[str, Any]
) -> pl.LazyFrame:
    """Recency, frequency and monetary value of the accounts in scope that bought."""
    is_purchase = ~pl.col("is_refund")
    as_of = pl.lit(task["as_of"]).str.to_date()
    return (
        deals.join(merged, on="account_id", how="left")
        .with_columns(pl.coalesce("survivor_id", "account_id").alias("account_id"))
        .group_by("account_id")
        .agg(
            pl.col("purchased_on").filter(is_purchase).max().alias("last"),
            is_purchase.sum().cast(pl.Int64).alias("frequency"),
            pl.col("base_amount").sum().round(2).alias("monetary"),
        )
        .filter(pl.col("last").is_not_null())
        .with_columns(-(as_of - pl.col("last")).dt.total_days().alias("recency"))
        .join(accounts, on="account_id", how="semi")
    )


def score(metric: str) -> pl.Expr:
    """Scores from cut-points at exact positions."""
    value = pl.col(metric)
    ordered = value.sort()
    passed: Any = pl.lit(1, dtype=pl.Int64)
    for part in range(1, LEVELS):
        position = (pl.len().cast(pl.Int64) * part + LEVELS - 1) // LEVELS - 1
        passed = passed + (value > ordered.gather(position).first()).cast(pl.Int64)
    is_best = (value == value.max()) & (value.max() != value.min())
    return pl.when(is_best).then(pl.lit(LEVELS, dtype=pl.Int64)).otherwise(passed)


def label(patterns: list[dict[str, Any]]) -> pl.Expr:
    """The first pattern that fits."""
    found: Any = pl.lit(None, dtype=pl.String)
    for pattern in reversed(patterns):
        fits = pl.all_horizontal(
            pl.col(f"{metric}_score").is_between(*pattern[metric]) for metric in METRICS
        )
        found = pl.when(fits).then(pl.lit(pattern["label_id"])).otherwise(found)
    return found.alias("label_id")


if __name__ == "__main__":
    main()
