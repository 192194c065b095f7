"""Tables of schema `ml`: what was learned, as columns, and how rows get into them.

Numbers of accounts and products become keys again here. Never learn or decide here.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.learning_windows import NUMBERED

SCHEMA: Final = "ml"
UNFINISHED: Final = "__unfinished"
"""After the name of a table that is being filled: it takes the place of the old one when all are.

Rows are committed as they come: those of one transaction stay in memory, beside what DuckDB counts.
Learning from 500,000 accounts took 4,652 MB so, and 1,731 since (`benchmarks.recommendations`).
"""
Tables = Mapping[str, tuple[str, Mapping[str, str]]]
"""Description and columns by table."""
TABLES: Final[Tables] = {
    "recommendations": (
        "The best products of every account and type (REC-13). One row per account, type, product.",
        {
            "account_id": "VARCHAR", "recommendation_type": "VARCHAR", "product_id": "VARCHAR",
            "source_product_id": "VARCHAR", "recommendation_rank": "INTEGER",
            "recommendation_probability": "DECIMAL(5,2)", "evidence_count": "BIGINT",
            "evidence_base_count": "BIGINT", "evidence_group": "VARCHAR",
            "support": "FLOAT", "confidence": "FLOAT", "lift": "FLOAT",
            "due_in_days": "INTEGER", "gap_days": "INTEGER", "gap_spread_days": "INTEGER",
            "reason_1": "VARCHAR", "contribution_1": "FLOAT",
            "reason_2": "VARCHAR", "contribution_2": "FLOAT",
            "reason_3": "VARCHAR", "contribution_3": "FLOAT",
        },
    ),
    "purchase_probabilities": (
        "How likely every account is to buy anything within the horizon. One row per account.",
        {"account_id": "VARCHAR", "purchase_probability": "DECIMAL(5,2)"},
    ),
    "recommendation_cards": (
        "How every type was tested, and what is used (BEY-10). One row per type.",
        {
            "recommendation_type": "VARCHAR", "order_method": "VARCHAR",
            "probability_method": "VARCHAR", "reason": "VARCHAR", "hindsight": "VARCHAR",
            "tested_on": "DATE",
            "account_count": "BIGINT", "pair_count": "BIGINT", "purchase_count": "BIGINT",
            "hit_rate_at_5": "DOUBLE", "recall_at_10": "DOUBLE", "map_at_10": "DOUBLE",
            "coverage_share": "DOUBLE", "calibration_error": "DOUBLE",
            "calibration_error_before": "DOUBLE",
            "calibration_error_by_chance": "DOUBLE", "brier_skill": "DOUBLE", "auc": "DOUBLE",
            "top_tenth_said_share": "DOUBLE", "top_tenth_true_share": "DOUBLE",
            "best_simple_method": "VARCHAR", "map_lead_over_best": "DOUBLE",
            "map_lead_standard_error": "DOUBLE",
        },
    ),
    "recommendation_methods": (
        "Our lists beside every simple scorer and baseline in the test. One row per type, method.",
        {
            "recommendation_type": "VARCHAR", "method": "VARCHAR", "role": "VARCHAR",
            "hit_rate_at_5": "DOUBLE", "recall_at_10": "DOUBLE", "map_at_10": "DOUBLE",
        },
    ),
    "recommendation_reliability": (
        "Said and true shares in the test, by tenths. One row per type and tenth.",
        {
            "recommendation_type": "VARCHAR", "tenth": "INTEGER", "said_share": "DOUBLE",
            "true_share": "DOUBLE", "pair_count": "BIGINT",
        },
    ),
    "association_rules": (
        "Products that are owned together (REC-7). One row per rule.",
        {
            "rule_number": "INTEGER", "antecedent_product_ids": "VARCHAR",
            "consequent_product_id": "VARCHAR", "account_count": "BIGINT",
            "antecedent_count": "BIGINT", "consequent_count": "BIGINT", "later_count": "BIGINT",
            "support": "DOUBLE", "confidence": "DOUBLE", "lift": "DOUBLE", "leverage": "DOUBLE",
            "conviction": "DOUBLE",
        },
    ),
}  # fmt: skip
"""Description and columns by table."""


def create_tables(connection: duckdb.DuckDBPyConnection, tables: Tables = TABLES) -> None:
    """Make tables of schema `ml` anew, without rows, beside the finished ones."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name, (_, columns) in tables.items():
        connection.execute(
            f"create or replace table {SCHEMA}.{name}{UNFINISHED} ({defined(columns)})"
        )


def defined(columns: Mapping[str, str]) -> str:
    """Columns as a table is created with."""
    return ", ".join(f"{column} {kind}" for column, kind in columns.items())


def cast_to(columns: Mapping[str, str]) -> str:
    """Columns as they are selected for a table that has these types."""
    return ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())


def finish_tables(connection: duckdb.DuckDBPyConnection, tables: Tables = TABLES) -> None:
    """Put the tables that were filled in the place of the old ones, all or none."""
    connection.execute("begin transaction")
    for name in tables:
        connection.execute(f"drop table if exists {SCHEMA}.{name}")
        connection.execute(f"alter table {SCHEMA}.{name}{UNFINISHED} rename to {name}")
    connection.execute("commit")


def insert_frame(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, str],
    rows: pd.DataFrame,
) -> None:
    """Insert the columns that a table has, cast to their types; nan and None are null."""
    # A column of nothing but missing values has no type of its own.
    objects = rows[list(columns)].astype(object)
    _insert(
        connection,
        objects.where(objects.notna(), None),
        f"insert into {SCHEMA}.{table} select {cast_to(columns)} from found",
    )


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Insert rows by column name; what a row lacks, and nan, is null."""
    columns = TABLES[table][1]
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        values = [row.get(column) for column in columns]
        connection.execute(
            f"insert into {SCHEMA}.{table}{UNFINISHED} values ({marks})",
            [None if isinstance(v, float) and np.isnan(v) else v for v in values],
        )


def insert_probabilities(
    connection: duckdb.DuckDBPyConnection, said: npt.NDArray[Any], first: int
) -> None:
    """Insert what is said of the accounts of a window from the one at `first` on, 0 to 1."""
    found = pd.DataFrame({
        "account": np.arange(len(said)) + first,
        "probability": np.round(said.astype(np.float64) * 100, 2),
    })  # fmt: skip
    _insert(
        connection,
        found,
        f"""
        insert into {SCHEMA}.purchase_probabilities{UNFINISHED}
        select numbered.account_id, nullif(found.probability, 'nan')
        from found inner join {NUMBERED} as numbered on found.account = numbered.account
        order by numbered.account_id
        """,
    )


def insert_recommendations(
    connection: duckdb.DuckDBPyConnection,
    found: pd.DataFrame,
    type_: str,
    first: int,
    reasons: Iterable[str],
    groups: Iterable[str],
) -> None:
    """Insert what `ml.recommending.recommend` found, accounts counted from `first`.

    `reasons` and `groups` are the names of reasons and of evidence groups by number.
    """
    names = dict(enumerate(reasons))
    told = found.assign(
        account=found["account"] + first,
        evidence_group=found["evidence_group"].map(dict(enumerate(groups))),
        **{f"reason_{n}": found[f"reason_{n}"].map(names) for n in (1, 2, 3)},
    )
    _insert(
        connection,
        told,
        f"""
        insert into {SCHEMA}.recommendations{UNFINISHED} by name
        select
            numbered.account_id, $type as recommendation_type, product.product_id,
            source.product_id as source_product_id, found.recommendation_rank,
            found.recommendation_probability, found.evidence_count, found.evidence_base_count,
            found.evidence_group, {_NUMBERS_OR_NULL}, found.reason_1, found.reason_2, found.reason_3
        from found
        inner join {NUMBERED} as numbered on found.account = numbered.account
        inner join {_PRODUCTS} as product on found.product_number = product.product_number
        left join {_PRODUCTS} as source on found.source_product_number = source.product_number
        order by numbered.account_id, found.recommendation_rank
        """,
        {"type": type_},
    )


def insert_rules(connection: duckdb.DuckDBPyConnection, rules: pd.DataFrame) -> None:
    """Insert what `ml.rules.association_rules` found, with later_count (nan for unknown)."""
    found = rules.assign(
        rule_number=np.arange(len(rules)) + 1, antecedents=rules["antecedents"].map(list)
    )
    _insert(
        connection,
        found,
        f"""
        insert into {SCHEMA}.association_rules{UNFINISHED} by name
        select
            found.rule_number,
            array_to_string([named.ids[a + 1] for a in found.antecedents], chr(10))
                as antecedent_product_ids,
            named.ids[found.consequent + 1] as consequent_product_id,
            found.count as account_count, found.antecedent_count, found.consequent_count,
            nullif(found.later_count, 'nan') as later_count, found.support, found.confidence,
            found.lift, found.leverage,
            case when isfinite(found.conviction) then found.conviction end as conviction
        from found
        cross join (
            select list(product_id order by product_number) as ids from {_PRODUCTS}
        ) as named
        order by found.rule_number
        """,
    )


_PRODUCTS: Final = "(from learning.int_products__counted where window_number = 0)"
_NUMBERS_OR_NULL: Final = ", ".join(
    f"nullif(found.{name}, 'nan') as {name}"
    for name in (
        "support", "confidence", "lift", "due_in_days", "gap_days", "gap_spread_days",
        "contribution_1", "contribution_2", "contribution_3",
    )
)  # fmt: skip


def _insert(
    connection: duckdb.DuckDBPyConnection,
    found: pd.DataFrame,
    statement: str,
    given: Mapping[str, Any] | None = None,
) -> None:
    connection.register("found", found)
    connection.execute(statement, given or {})
    connection.unregister("found")
