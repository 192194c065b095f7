"""RFM in PySpark, local on two cores, with exact percentiles."""

from __future__ import annotations

import json
import os
import sys
from functools import reduce
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

LEVELS = 5
METRICS = ("recency", "frequency", "monetary")
OF_OTHER_SESSIONS = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_HOME")
"""Variables that make PySpark a client of a server, or another distribution; clients set them."""


def main() -> None:
    """Read the task, write the scores."""
    for name in OF_OTHER_SESSIONS:
        os.environ.pop(name, None)
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )
    accounts = in_scope(spark.read.parquet(task["accounts"]), task)
    deals = purchases(spark.read.parquet(task["deals"]), task)
    rfm = measured(deals, accounts, task).cache()
    scored = with_scores(rfm)
    scored.select(
        "account_id", *(f"{metric}_score" for metric in METRICS), label(task["labels"])
    ).write.mode("overwrite").parquet(sys.argv[2])
    spark.stop()


def in_scope(accounts: DataFrame, task: dict[str, Any]) -> DataFrame:
    """The accounts that the global criteria leave."""
    return (
        accounts.where(f.col("billing_country").isNotNull())
        .where(~f.coalesce(f.lower("status"), f.lit("")).isin(task["inactive_statuses"]))
        .where(~f.coalesce("is_deleted", f.lit(False)))
        .where(~f.col("is_merged"))
        .select("account_id")
    )


def purchases(deals: DataFrame, task: dict[str, Any]) -> DataFrame:
    """Won deals, closed on or before the business date."""
    return (
        deals.where(f.col("state") == "won")
        .withColumn("purchased_on", f.coalesce("closing_date", "won_on"))
        .where(f.col("purchased_on") <= f.lit(task["as_of"]).cast("date"))
        .select(
            "account_id",
            "purchased_on",
            f.col("base_amount").cast("double").alias("base_amount"),
            f.coalesce(f.col("amount") < 0, f.lit(False)).alias("is_refund"),
        )
    )


def measured(deals: DataFrame, accounts: DataFrame, task: dict[str, Any]) -> DataFrame:
    """Recency, frequency and monetary value of the accounts in scope that bought."""
    is_purchase = ~f.col("is_refund")
    last = f.max(f.when(is_purchase, f.col("purchased_on")))
    return (
        deals.groupBy("account_id")
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
