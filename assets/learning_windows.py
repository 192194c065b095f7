"""What SQL counted for the learned parts, read as windows (`ml.purchases`).

Reads tables of schema `learning` and nothing else; accounts and products are numbers from here on,
their keys stay in the warehouse. Never compute here what a dbt model could have counted.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import pandas as pd

from ml.purchases import (
    Window,
    read_accounts,
    read_associations,
    read_holdings,
    read_later,
    read_products,
    read_starts,
)

CHUNK = 25_000
"""Accounts of today's window that are held in memory at a time."""
NUMBERED = "numbered_accounts"
"""Temporary table: account_id, account (its position), of the window that is read."""


@dataclass(frozen=True)
class LearningTables:
    """Schema `learning` of a warehouse, through a connection that may make temporary tables.

    Attributes:
        connection: Connection to the warehouse.
        repeatable: Products that may be recommended to their owners (REC-5).
        after_first: Whether a first purchase is also recommended after exactly one (REC-4).
    """

    connection: duckdb.DuckDBPyConnection
    repeatable: Collection[str]
    after_first: bool = False

    def window_numbers(self) -> tuple[int, ...]:
        """Windows in which anything was bought before the cut-off; today's (0) always."""
        found = self.connection.execute(
            "select window_number from learning.int_baskets__counted "
            "where purchase_count > 0 or window_number = 0 order by 1"
        ).fetchall()
        return tuple(number for (number,) in found)

    def past_window(self, number: int) -> Window:
        """Return a window of the past with its sampled accounts and what they bought next."""
        shared = self.without_accounts(number)
        return self._window(shared, 0, self._numbered(number), is_past=True)

    def todays_windows(self) -> Iterator[tuple[Window, int]]:
        """Yield today's window in parts of CHUNK accounts, with the position of the first."""
        accounts = self._numbered(0)
        shared = self.without_accounts(0)
        for first in range(0, accounts, CHUNK):
            last = min(first + CHUNK, accounts)
            yield self._window(shared, first, last), first

    def baskets(self) -> pd.DataFrame:
        """Return what every account owns today: transaction (text), item (product number).

        Without accounts that own more than `largest_basket` products.
        """
        return self.connection.execute(
            "with owned as (select account_id, product_number, "
            "count(*) over (partition by account_id) as item_count "
            "from learning.int_account_products__summarized "
            "where window_number = 0 and purchase_count > 0) "
            "select account_id as transaction, cast(product_number as bigint) as item from owned "
            "cross join config.recommendation_settings as settings "
            "where item_count <= settings.largest_basket order by all"
        ).df()

    def product_ids(self) -> list[str]:
        """Return the key of every product that is learned from, by number."""
        found = self.connection.execute(
            "select product_id from learning.int_products__counted "
            "where window_number = 0 order by product_number"
        ).fetchall()
        return [product for (product,) in found]

    def scope_count(self) -> int:
        """Return how many accounts are in scope today."""
        return self._number(
            "select count(*) from learning.int_accounts__purchased where window_number = 0"
        )

    def unconsidered_count(self) -> int:
        """Return how many sold products are beyond `most_products`."""
        return self._number(
            "select count(*) from learning.int_products__numbered "
            "where buyer_count > 0 and not is_considered"
        )

    def wide_account_count(self) -> int:
        """Return how many accounts bought more products until today than `largest_basket`."""
        return self._number(
            "select account_count - narrow_account_count from learning.int_baskets__counted "
            "where window_number = 0"
        )

    def cut_off(self, number: int) -> date | None:
        """Return the day of a window, None where there is no such window."""
        found = self.connection.execute(
            "select cutoff_on from learning.int_baskets__counted where window_number = ?", [number]
        ).fetchone()
        return found[0] if found else None

    def _numbered(self, number: int) -> int:
        # Of a past window the first accounts may be all that is learned from: keys tell age.
        order = "account_id" if number == 0 else "md5(account_id), account_id"
        self.connection.execute(
            f"create or replace temp table {NUMBERED} as select account_id, "
            f"row_number() over (order by {order}) - 1 as account "
            "from learning.int_accounts__purchased where window_number = ?",
            [number],
        )
        return self._number(f"select count(*) from {NUMBERED}")

    def _number(self, query: str) -> int:
        found = self.connection.execute(query).fetchone()
        return int(found[0]) if found else 0

    def _window(
        self,
        shared: Window,
        first: int,
        last: int,
        *,
        is_past: bool = False,
    ) -> Window:
        number = shared.number
        rows = self._of_accounts("int_accounts__purchased", number, first, last, "account")
        held = "account, product_number"
        holdings = self._of_accounts("int_account_products__summarized", number, first, last, held)
        later = None
        if is_past:
            bought = self._of_accounts(
                "int_account_products__bought_later", number, first, last, held
            )
            later = read_later(bought, last - first)
        return replace(
            shared,
            accounts=read_accounts(rows, shared.starts),
            holdings=read_holdings(holdings, last - first),
            later=later,
        )

    def without_accounts(self, number: int) -> Window:
        """Return what is known of products in a window, with no account."""
        products = read_products(
            self.connection.execute(
                "select *, list_contains(?, product_id) as is_repeatable "
                "from learning.int_products__counted where window_number = ? "
                "order by product_number",
                [sorted(self.repeatable), number],
            ).df()
        )
        starts = read_starts(self._rows("int_first_baskets__counted", number), len(products))
        totals = self._rows("int_baskets__counted", number).iloc[0]
        return Window(
            number=number,
            horizon_days=int(totals["horizon_days"]),
            products=products,
            associations=read_associations(
                self._rows("int_product_pairs__counted", number),
                self._rows("int_product_steps__counted", number),
                len(products),
            ),
            starts=starts,
            accounts=read_accounts(self._nobody("int_accounts__purchased"), starts),
            holdings=read_holdings(self._nobody("int_account_products__summarized"), 0),
            later=None,
            baskets=float(totals["basket_count"]),
            narrow_accounts=float(totals["narrow_account_count"]),
            narrow_deals=float(totals["narrow_basket_count"]),
            after_first=self.after_first,
        )

    def _rows(self, table: str, number: int) -> pd.DataFrame:
        return self.connection.execute(
            f"select * from learning.{table} where window_number = ? order by all",
            [number],
        ).df()

    def _of_accounts(
        self, table: str, number: int, first: int, last: int, order: str
    ) -> pd.DataFrame:
        """Rows of some accounts: `account` counts from the first, whole numbers are floats."""
        return self.connection.execute(
            f"select numbered.account - {first} as account, {self._columns(table)} "
            f"from learning.{table} as rows "
            f"inner join {NUMBERED} as numbered on rows.account_id = numbered.account_id "
            "where rows.window_number = ? and numbered.account >= ? and numbered.account < ? "
            f"order by {order}",
            [number, first, last],
        ).df()

    def _nobody(self, table: str) -> pd.DataFrame:
        return self.connection.execute(
            f"select cast(0 as bigint) as account, {self._columns(table)} "
            f"from learning.{table} as rows where false"
        ).df()

    def _columns(self, table: str) -> str:
        """Counts and days as 32-bit floats, half the memory of what pandas would make of nulls."""
        found = self.connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = 'learning' and table_name = ? order by column_index",
            [table],
        ).fetchall()
        return ", ".join(
            f"rows.{name}"
            if kind in ("VARCHAR", "BOOLEAN") or name == "product_number"
            else f"cast(rows.{name} as float) as {name}"
            for name, kind in found
            if name not in ("window_number", "account_id")
        )
