"""What recommendations learn from: the counts of SQL against loops over the same purchases.

The very texts that dbt sent to the engine run on drawn histories, and are read as the asset reads
them (REC-4 to REC-9, REC-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.learning_windows import LearningTables
from ml.purchases import Window
from tests.dbt_project.warehouse import Configuration, Dbt, Load, fill
from tests.ml.history import History, Purchase, window_of

pytestmark = pytest.mark.xdist_group("dbt")

AS_OF = date(2026, 3, 31)
MODELS = (
    "int_windows__dated", "int_purchases__ordered", "int_products__numbered",
    "int_basket_items__ordered", "int_baskets__counted", "int_products__counted",
    "int_product_pairs__counted", "int_product_steps__counted", "int_accounts__sampled",
    "int_accounts__windowed", "int_accounts__purchased",
    "int_account_products__summarized", "int_account_products__bought_later",
    "int_first_baskets__counted",
)  # fmt: skip
PRODUCTS = 4
LARGEST = 3


@pytest.fixture(scope="module")
def built(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    path = tmp_path_factory.mktemp("counts") / "warehouse.duckdb"
    fill(path, [Load("accounts", [])], Configuration(as_of=AS_OF))
    dbt(path, "run", "--select", "+path:models/intermediate/recommendations")
    return path, {name: dbt.compiled(name) for name in MODELS}


@pytest.fixture(scope="module")
def connection(built: tuple[Path, dict[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built[0])) as opened:
        opened.execute("drop view staging.stg_crm__products")
        yield opened


def day_of(days: int) -> date:
    return AS_OF - timedelta(days=days)


def put(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[Any]) -> None:
    connection.execute(f"create or replace table {table} ({columns})")
    if rows:
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def load(connection: duckdb.DuckDBPyConnection, history: History, texts: dict[str, str]) -> None:
    """Put a history where the learning models read it, and run them."""
    connection.execute("update config.recommendation_settings set horizon_days = ?, "
                       "largest_basket = ?", [history.horizon, LARGEST])  # fmt: skip
    deals, lines = [], []
    for purchase in history.purchases:
        deals.append((purchase.deal, purchase.account, "won", purchase.amount, purchase.amount,
                      day_of(purchase.day), day_of(purchase.day)))  # fmt: skip
        lines += [(purchase.deal, f"P{item}") for item in purchase.items]
    for account, items in history.open_items.items():
        deals.append((f"O{account}", account, "open", 5, 5, None, AS_OF))
        lines += [(f"O{account}", f"P{item}") for item in items]
    # None of these is a purchase: a refund, a lost deal, one that closes tomorrow (REC-9, RFM-31).
    for n, (state, amount, days) in enumerate((("won", -5, 1), ("lost", 5, 1), ("won", 5, -1))):
        deals.append((f"N{n}", "A0", state, amount, amount, day_of(days), day_of(days)))
        lines.append((f"N{n}", "P0"))
    put(connection, "intermediate.int_deals__converted",
        "deal_id varchar, account_id varchar, state varchar, amount decimal(18, 4), "
        "base_amount decimal(18, 4), closed_on date, created_on date", deals)  # fmt: skip
    put(connection, "intermediate.int_deal_lines__merged", "deal_id varchar, product_id varchar",
        lines)  # fmt: skip
    products = [(f"P{n}", n not in history.unsold, False) for n in range(PRODUCTS)]
    put(connection, "staging.stg_crm__products",
        "product_id varchar, is_active boolean, is_deleted boolean", products)  # fmt: skip
    accounts = history.accounts
    put(connection, "intermediate.int_accounts__scoped", "account_id varchar, is_in_scope boolean",
        [*((account, True) for account in accounts), ("outside", False)])  # fmt: skip
    put(connection, "intermediate.int_accounts__measured",
        "account_id varchar, industry varchar, created_at timestamp",
        [(a, history.cells.get(a, (None, None))[0], day_of(history.ages.get(a, 10_000)))
         for a in accounts])  # fmt: skip
    labels = [(a, "firmographics", size, 1) for a, (_, size) in history.cells.items() if size]
    put(connection, "intermediate.int_accounts__matched",
        "account_id varchar, technique varchar, label_id varchar, position bigint", labels)  # fmt: skip
    for name in MODELS:
        connection.execute(f"create or replace table learning.{name} as {texts[name]}")


def assert_same(found: Window, expected: Window) -> None:
    for part in ("products", "associations", "accounts", "holdings", "later"):
        one, other = getattr(found, part), getattr(expected, part)
        assert (one is None) == (other is None), part
        for name, value in vars(other or {}).items() if other is not None else ():
            if name != "cell":
                np.testing.assert_allclose(
                    np.asarray(getattr(one, name), float), np.asarray(value, float),
                    rtol=1e-6, err_msg=f"window {found.number}, {part}.{name}",
                )  # fmt: skip
    cells = {name: row for name, row in expected.starts.cells.items()}
    for name, row in cells.items():
        np.testing.assert_array_equal(
            found.starts.counts[found.starts.cells[name]], expected.starts.counts[row]
        )
        assert found.starts.totals[found.starts.cells[name]] == expected.starts.totals[row]
    assert found.baskets == expected.baskets
    assert found.narrow_accounts == expected.narrow_accounts
    assert found.narrow_deals == expected.narrow_deals


ITEMS = st.frozensets(st.integers(0, PRODUCTS - 1), max_size=LARGEST)
BOUGHT = st.tuples(st.sampled_from(["A0", "A1", "A2"]), st.integers(0, 75), ITEMS)
CELLS = st.tuples(st.sampled_from([None, "Care"]), st.sampled_from([None, "small"]))


@st.composite
def histories(draw: st.DrawFn) -> History:
    bought = draw(st.lists(BOUGHT, min_size=1, max_size=12))
    purchases = [
        Purchase(f"D{n:02}", account, day, tuple(sorted(items)), float(n + 1))
        for n, (account, day, items) in enumerate(bought)
    ]
    owned: dict[str, set[int]] = {}
    for purchase in purchases:
        owned.setdefault(purchase.account, set()).update(purchase.items)
    # Accounts beyond the cap are left out of pairs, which the loops do not know.
    kept = [p for p in purchases if len(owned[p.account]) <= LARGEST]
    return History(
        PRODUCTS,
        kept,
        horizon=10,
        ages={"A0": 90, "A1": draw(st.integers(0, 60)), "B0": draw(st.integers(0, 60))},
        open_items=draw(st.dictionaries(st.sampled_from(["A0", "B0"]), ITEMS, max_size=2)),
        cells=draw(st.dictionaries(st.sampled_from(["A0", "A1", "B0"]), CELLS)),
        unsold=draw(st.frozensets(st.integers(0, PRODUCTS - 1), max_size=1)),
    )


@given(history=histories())
@settings(max_examples=40, deadline=None)
def test_sql_counts_what_loops_count(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection, history: History
) -> None:
    load(connection, history, built[1])
    tables = LearningTables(connection, ())
    for number in range(1, 6):
        assert_same(tables.past_window(number), window_of(history, number))
    ((today, first),) = tables.todays_windows()
    assert first == 0
    assert_same(today, window_of(history, 0))


def test_baskets_beyond_the_cap_cost_no_pairs(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection
) -> None:
    """A deal or an account with more products than `largest_basket` says nothing about pairs."""
    wide = Purchase("D0", "A0", 5, (0, 1, 2, 3))
    pair = Purchase("D1", "A1", 5, (0, 1))
    load(connection, History(PRODUCTS, [wide, pair], horizon=10), built[1])
    found = connection.execute(
        "select product_number, other_product_number, account_count, deal_count "
        "from learning.int_product_pairs__counted where window_number = 0"
    ).fetchall()
    assert found == [(0, 1, 1, 1)]
    # Shares, supports and lifts are of those that are counted, or lift would be no lift.
    tables = LearningTables(connection, ())
    today = tables.without_accounts(0)
    assert (today.narrow_accounts, today.narrow_deals, today.baskets) == (1, 1, 2)
    assert today.products.narrow_buyers.tolist() == [1, 1, 0, 0]
    assert today.products.narrow_baskets.tolist() == [1, 1, 0, 0]
    assert tables.wide_account_count() == 1


def test_beyond_the_most_sold_nothing_is_learned(
    built: tuple[Path, dict[str, str]], connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("update config.recommendation_settings set most_products = 2")
    purchases = [Purchase(f"D{n}", f"A{n}", 5, (3, 1) if n else (0, 1)) for n in range(3)]
    load(connection, History(PRODUCTS, purchases, horizon=10), built[1])
    connection.execute("update config.recommendation_settings set most_products = 1000")
    found = connection.execute(
        "select distinct product_id from learning.int_products__counted order by 1"
    ).fetchall()
    assert found == [("P1",), ("P3",)]
    assert LearningTables(connection, ()).unconsidered_count() == 1
