"""RFM in PySpark, local on two cores, with exact percentiles."""

from __future__ import annotations

import json
import sys
from functools import reduce
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

LEVELS = 5
METRICS = ("recency", "frequency", "monetary")


def main() -> None:
    """Read the task, write the scores."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    accounts = spark.read.parquet(task["accounts"])
    merged = survivors(spark, accounts)
    deals = purchases(spark.read.parquet(task["deals"]), task)
    deals = converted(deals, spark.read.parquet(task["currency_rates"]), task)
    rfm = measured(deals, merged, in_scope(accounts, merged, task), task).cache()
    scored = with_scores(rfm)
    scored.select(
        "account_id", *(f"{metric}_score" for metric in METRICS), label(task["labels"])
    ).write.mode("overwrite").parquet(sys.argv[2])
    spark.stop()


def survivors(spark: SparkSession, accounts: DataFrame) -> DataFrame:
    """The accounts that were merged away, each with its last survivor."""
    known = accounts.select(f.col("account_id").alias("merged_into_id"))
    rows = (
        accounts.where("merged_into_id is not null")
        .select("account_id", "merged_into_id")
        .join(known, "merged_into_id", "left_semi")
        .collect()
    )
    into = {row["account_id"]: row["merged_into_id"] for row in rows}
    for account in into:
        while into[account] in into:
            into[account] = into[into[account]]
    return spark.createDataFrame(list(into.items()), "account_id string, survivor_id string")


def in_scope(accounts: DataFrame, merged: DataFrame, task: dict[str, Any]) -> DataFrame:
    """The accounts that the global criteria leave."""
    created = f.col("created_at").cast("timestamp") < f.lit(task["ends_at"]).cast("timestamp")
    return (
        accounts.where(f.col("billing_country").isNotNull())
        .where(~f.coalesce(f.lower("status"), f.lit("")).isin(task["inactive_statuses"]))
        .where(~f.coalesce("is_deleted", f.lit(False)))
        .where(f.coalesce(created, f.lit(True)))
        .select("account_id")
        .join(f.broadcast(merged), "account_id", "left_anti")
    )


def purchases(deals: DataFrame, task: dict[str, Any]) -> DataFrame:
    """Won deals, closed on or before the business date."""
    is_won = reduce(
        lambda one, other: one | other,
        [
            (f.lower("pipeline") == pipeline) & (f.lower("stage") == stage)
            for pipeline, stage in task["won"]
        ],
    )
    created = f.col("created_at").cast("timestamp") < f.lit(task["ends_at"]).cast("timestamp")
    return (
        deals.where(is_won)
        .where(~f.coalesce("is_deleted", f.lit(False)))
        .where(f.coalesce(created, f.lit(True)))
        .withColumn("purchased_on", f.coalesce("closing_date", "won_on"))
        .where(f.col("purchased_on") <= f.lit(task["as_of"]).cast("date"))
    )


def converted(deals: DataFrame, rates: DataFrame, task: dict[str, Any]) -> DataFrame:
    """Amounts in base currency; every listed rate is in force until the next of its currency."""
    following = f.lead("valid_from").over(Window.partitionBy("currency").orderBy("valid_from"))
    rates = rates.select(
        f.col("currency").alias("listed_currency"),
        "valid_from",
        following.alias("next_from"),
        f.col("exchange_rate").cast("double").alias("listed_rate"),
    )
    currency = f.upper("currency")
    rate = (
        f.when(f.col("currency").isNull() | (currency == task["currency"]), f.lit(1.0))
        .when(f.col("exchange_rate") > 0, f.col("exchange_rate").cast("double"))
        .otherwise(f.col("listed_rate"))
    )
    in_force = (
        (currency == f.col("listed_currency"))
        & (f.col("purchased_on") >= f.col("valid_from"))
        & (f.col("next_from").isNull() | (f.col("purchased_on") < f.col("next_from")))
    )
    return deals.join(f.broadcast(rates), in_force, "left").select(
        "account_id",
        "purchased_on",
        (f.col("amount").cast("double") / rate).alias("base_amount"),
        f.coalesce(f.col("amount") < 0, f.lit(False)).alias("is_refund"),
    )


def measured(
    deals: DataFrame, merged: DataFrame, accounts: DataFrame, task: dict[str, Any]
) -> DataFrame:
    """Recency, frequency and monetary value of the accounts in scope that bought."""
    is_purchase = ~f.col("is_refund")
    last = f.max(f.when(is_purchase, f.col("purchased_on")))
    return (
        deals.join(f.broadcast(merged), "account_id", "left")
        .groupBy(f.coalesce("survivor_id", "account_id").alias("account_id"))
        .agg(
            (-f.date_diff(f.lit(task["as_of"]).cast("date"), last)).alias("recency"),
            f.count(f.when(is_purchase, f.lit(1))).alias("frequency"),
            f.round(f.coalesce(f.sum("base_amount"), f.lit(0.0)), 2).alias("monetary"),
        )
        .where(f.col("recency").isNotNull())
        .join(accounts, "account_id", "left_semi")
    )


def with_scores(rfm: DataFrame) -> DataFrame:
    """Scores from exact cut-points: four numbers a metric come to the driver, nothing else."""
    shares = ["0.199999999999", "0.399999999999", "0.599999999999", "0.799999999999"]
    wanted = [
        f.expr(expression)
        for m in METRICS
        for expression in (
            *(
                f"percentile_disc({share}) within group (order by {m}) as {m}_{place}"
                for place, share in enumerate(shares)
            ),
            f"min({m}) as {m}_worst",
            f"max({m}) as {m}_best",
        )
    ]
    cuts = rfm.agg(*wanted).first().asDict()
    for m in METRICS:
        value = f.col(m)
        passed = f.lit(1)
        for place in range(LEVELS - 1):
            passed = passed + (value > cuts[f"{m}_{place}"]).cast("int")
        is_best = (value == cuts[f"{m}_best"]) & f.lit(cuts[f"{m}_best"] != cuts[f"{m}_worst"])
        rfm = rfm.withColumn(f"{m}_score", f.when(is_best, LEVELS).otherwise(passed))
    return rfm


def label(patterns: list[dict[str, Any]]) -> Any:
    """The first pattern that fits."""
    found: Any = f
    for pattern in patterns:
        fits = reduce(
            lambda one, other: one & other,
            [f.col(f"{metric}_score").between(*pattern[metric]) for metric in METRICS],
        )
        found = found.when(fits, f.lit(pattern["label_id"]))
    return found.alias("label_id")


if __name__ == "__main__":
    main()
