"""RFM in polars, one lazy query over the modelled files."""

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
    accounts = in_scope(pl.scan_parquet(task["accounts"]), task)
    rfm = measured(purchases(pl.scan_parquet(task["deals"]), task), accounts, task)
    scored = rfm.with_columns(score(metric).alias(f"{metric}_score") for metric in METRICS)
    scored.select(
        "account_id", *(f"{metric}_score" for metric in METRICS), label(task["labels"])
    ).sink_parquet(sys.argv[2])


def in_scope(accounts: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """The accounts that the global criteria leave."""
    return accounts.filter(
        pl.col("billing_country").is_not_null(),
        ~pl.col("status").fill_null("").str.to_lowercase().is_in(task["inactive_statuses"]),
        ~pl.col("is_deleted").fill_null(False),
        ~pl.col("is_merged"),
    ).select("account_id")


def purchases(deals: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """Won deals, closed on or before the business date."""
    return (
        deals.filter(pl.col("state") == "won")
        .with_columns(pl.coalesce("closing_date", "won_on").alias("purchased_on"))
        .filter(pl.col("purchased_on") <= pl.lit(task["as_of"]).str.to_date())
        .select(
            "account_id",
            "purchased_on",
            pl.col("base_amount").cast(pl.Float64),
            (pl.col("amount") < 0).fill_null(False).alias("is_refund"),
        )
    )


def measured(deals: pl.LazyFrame, accounts: pl.LazyFrame, task: dict[str, Any]) -> pl.LazyFrame:
    """Recency, frequency and monetary value of the accounts in scope that bought."""
    is_purchase = ~pl.col("is_refund")
    as_of = pl.lit(task["as_of"]).str.to_date()
    return (
        deals.group_by("account_id")
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
