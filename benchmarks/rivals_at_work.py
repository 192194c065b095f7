"""The ways to do the RFM part: their names, their commands, and whether they agree.

Holds the task that every rival program is given, read from a home that has landed, and the
comparison of their outputs. Never measure here.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.warehouse import warehouse
from benchmarks.bare_plan import bare_plan
from benchmarks.crm import ROOT

RIVALS = Path(__file__).resolve().parent / "rivals"
SPARK_VARIABLE = "QUINTILE_SPARK_PYTHON"
BASELINE = "Quintile"
WANTED = ("int_accounts__rfm_scored", "int_accounts__labelled")
MODELLED = (
    "stg_crm__accounts", "stg_crm__products", "int_accounts__survived", "int_contacts__survived",
    "int_deals__converted", "int_deal_lines__merged", "int_account_products__held",
    "int_accounts__engaged", "int_voice__matched",
)  # fmt: skip
"""Where every way starts: cleaned, merged and in base currency, before any technique.

What accounts hold, how engaged they are and what they say is given because labels of other
techniques read it; no rival gives these.
"""
OTHER_LABELS = "select account_id, cast(null as varchar) as label_id from accounts where false"
"""In place of the labels of other techniques, which no rival gives."""


@dataclass(frozen=True)
class Rival:
    """One way: what it is called, and its command but for task and output."""

    name: str
    python: str
    program: str

    def command(self, task: Path, output: Path) -> list[str]:
        """The command that does the task and writes the output."""
        return [self.python, str(RIVALS / self.program), str(task), str(output)]


def rivals() -> list[Rival]:
    """Every way that this machine can go; PySpark only where `spark_python` finds one."""
    here = sys.executable
    found = [
        Rival(BASELINE, here, "with_quintile.py"),
        Rival("DuckDB by hand", here, "with_duckdb.py"),
        Rival("polars, lazy", here, "with_polars.py"),
        Rival("pandas, tuned", here, "with_tuned_pandas.py"),
        Rival("pandas, ordinary", here, "with_pandas.py"),
    ]
    spark = spark_python()
    return [*found, Rival("PySpark, local[2]", spark, "with_spark.py")] if spark else found


def spark_python() -> str | None:
    """A Python that has PySpark with its Java side: $QUINTILE_SPARK_PYTHON, else .venv-spark."""
    named = os.environ.get(SPARK_VARIABLE) or str(ROOT / ".venv-spark" / "bin" / "python")
    return named if Path(named).exists() else None


def write_task(home: Path, folder: Path) -> Path:
    """Write what every rival is told about a refreshed home: files, rules, compiled SQL."""
    plan = bare_plan(home, folder, {"labels": OTHER_LABELS})
    modelled = folder / "modelled"
    modelled.mkdir(exist_ok=True)
    schemas = {s.name: s.schema for s in plan.statements}
    files = {name: modelled / f"{name}.parquet" for name in MODELLED}
    accounts = modelled / "accounts.parquet"
    with warehouse(home / "warehouse.duckdb", read_only=True) as source:
        for name, file in files.items():
            _copy(source, f"from {schemas[name]}.{name}", file)
        _copy(
            source,
            "select accounts.*, is_merged from staging.stg_crm__accounts as accounts "
            "join intermediate.int_accounts__survived using (account_id)",
            accounts,
        )
    with duckdb.connect(str(plan.database), read_only=True) as connection:
        configured = _configured(connection)
    task = configured | {
        "accounts": str(accounts),
        "deals": str(files["int_deals__converted"]),
        "configuration": str(plan.database),
        "modelled": [[schemas[name], name, str(file)] for name, file in files.items()],
        "statements": [
            [s.schema, s.name, s.materialized, s.query] for s in plan.leading_to(WANTED, MODELLED)
        ],
    }
    path = folder / "task.json"
    path.write_text(json.dumps(task), encoding="utf-8")
    return path


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    connection.execute(f"copy ({query}) to '{file}' (format parquet, compression zstd)")


def _configured(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The marketer's choices as plain values."""
    row = connection.execute("select as_of from config.run").fetchone()
    assert row is not None
    labels = connection.execute("from config.rfm_labels order by position").fetchdf()
    return {
        "as_of": row[0].isoformat(),
        "inactive_statuses": [
            status for (status,) in
            connection.execute("select status from config.inactive_statuses").fetchall()
        ],
        "labels": [
            {"label_id": label["label_id"]}
            | {
                metric: [int(label[f"{metric}_low"]), int(label[f"{metric}_high"])]
                for metric in ("recency", "frequency", "monetary")
            }
            for label in labels.to_dict("records")
        ],
    }  # fmt: skip


def output_query(output: Path) -> str:
    """SQL that reads what a rival wrote: one file, or Spark's folder of files."""
    place = f"{output}/*.parquet" if output.is_dir() else str(output)
    return (
        "select account_id, recency_score::int as r, frequency_score::int as f, "
        f"monetary_score::int as m, label_id from '{place}'"
    )


def published_query(published: Path) -> str:
    """SQL that reads the scored accounts of a published folder."""
    return (
        "select account_id, recency_score::int as r, frequency_score::int as f, "
        f"monetary_score::int as m, rfm_label_id as label_id "
        f"from '{published}/seg_account_rfm.parquet' where is_scored"
    )


def assert_equal(expected: str, found: str, name: str) -> int:
    """Compare two outputs (SQL of each) row by row; return the number of accounts.

    Raises:
        AssertionError: rows differ, or there are none; how many and the first are inside.
    """
    differing = duckdb.sql(f"(({expected}) except all ({found})) union all "
                           f"(({found}) except all ({expected}))")  # fmt: skip
    rows = differing.fetchall()
    assert not rows, f"{name}: {len(rows)} rows differ, for example {sorted(rows, key=str)[:4]}"
    ((counted,),) = duckdb.sql(f"select count(*) from ({found})").fetchall()
    assert counted, f"{name}: no account was scored"
    return int(counted)


def different_with_qcut(output: Path, task: Path) -> dict[str, float]:
    """Share of accounts, by metric, whose score `pd.qcut` over first-come ranks would change."""
    import pandas as pd

    from benchmarks.rivals import with_pandas as pandas_way

    choices = json.loads(task.read_text("utf-8"))
    accounts, deals = (pandas_way.read(choices[name]) for name in ("accounts", "deals"))
    purchases = pandas_way.won(deals, choices)
    rfm = pandas_way.measured(purchases, pandas_way.in_scope(accounts, choices), choices)
    right = pd.read_parquet(output).set_index("account_id")
    shares = {}
    for metric in ("recency", "frequency", "monetary"):
        ranks = rfm[metric].rank(method="first")
        scores = pd.Series(pd.qcut(ranks, 5, labels=False).to_numpy() + 1, index=rfm["account_id"])
        wanted = right[f"{metric}_score"].reindex(scores.index)
        shares[metric] = float((scores != wanted).mean())
    return shares
