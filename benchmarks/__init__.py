"""How fast, how large, how good? Each measurement is a command that prints its own figures.

Holds programs that run the product beside a named baseline in the same run and print ratios:

    python -m benchmarks.short        a few minutes, everything at a small size (make bench)
    python -m benchmarks.refresh      the whole run and its stages beside the bare SQL
    python -m benchmarks.rfm          RFM beside DuckDB, polars, pandas and PySpark, outputs equal
    python -m benchmarks.incremental  a load that changes 1 % of the deals beside a full one
    python -m benchmarks.spark_texts  texts read by executors of Spark beside processes here
    python -m benchmarks.page         docs/benchmarks.md from the figures stored with --results

Add one per question. Never put a timed assertion into `tests/`.
"""
