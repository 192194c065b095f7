"""Writing the demo CRM: block by block into one file per table, then the truths."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from connectors.zylker.account_tables import account_table, contact_table
from connectors.zylker.bad_rows import BAD_ROWS
from connectors.zylker.columns import Ints
from connectors.zylker.deal_tables import deal_table, draw_money, draw_oddities, line_table
from connectors.zylker.deals import draw_deals
from connectors.zylker.lines import draw_ladders, draw_lines
from connectors.zylker.plan import Plan, Traits
from connectors.zylker.product_tables import drawn_rates, product_table, rate_table
from connectors.zylker.writing import Shape, TableFile

CRM_TABLES: Final = (
    "Accounts", "Contacts", "Products", "Deals", "Deals_Products", "Currency_Rates",
)  # fmt: skip
TABLES: Final = CRM_TABLES
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoSummary:
    """What was written: rows by table (planted bad rows not counted), bad rows by table, bytes."""

    directory: Path
    shape: Shape
    rows: dict[str, int]
    bad_rows: dict[str, int]
    size_bytes: int


def write_demo(
    directory: Path,
    *,
    accounts: int = 200,
    seed: int = 7,
    as_of: date,
    shape: Shape = "csv",
    modules: Collection[str] | None = None,
    deals_per_account: float = 4.0,
    lines_per_deal: float = 1.8,
    progress: Progress | None = None,
) -> DemoSummary:
    """Write Zylker's CRM into `directory`; equal parameters give equal bytes.

    Args:
        directory: made when missing; files of the same names are replaced, each in one step.
        accounts: number of accounts, 200 to 5,000,000.
        seed: start of the random numbers; each module has its own.
        as_of: business date; the history is the five years before it.
        shape: `csv` as Zoho exports it (with planted bad rows), or typed `parquet` (without).
        modules: names of tables to write, such as `deals`; default all of them.
        deals_per_account: mean number of deals of an account, 1 to 30.
        lines_per_deal: mean number of line items of a deal, 1 to 5.
        progress: called with accounts done and accounts wanted after every block.

    Raises:
        ValueError: a parameter out of its bounds, or a module that does not exist.
    """
    plan = Plan(accounts, seed, as_of, deals_per_account, lines_per_deal)
    wanted = _wanted(modules)
    directory.mkdir(parents=True, exist_ok=True)
    rates = drawn_rates(plan)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(TableFile(directory, name, shape, BAD_ROWS.get(name, ())))
            for name in TABLES
            if name in wanted
        }
        _write(files, "Products", lambda: product_table(plan))
        _write(files, "Currency_Rates", lambda: rate_table(plan, rates))
        numbers = {"deals": 0, "lines": 0}
        for traits in plan.blocks():
            _write_block(plan, traits, rates, files, numbers)
            if progress is not None:
                progress(traits.first + traits.size, accounts)
    return DemoSummary(
        directory=directory,
        shape=shape,
        rows={name: file.rows for name, file in files.items()},
        bad_rows={name: len(file.planted) for name, file in files.items()},
        size_bytes=sum(file.path.stat().st_size for file in files.values()),
    )


def _wanted(modules: Collection[str] | None) -> set[str]:
    names = {name.lower(): name for name in TABLES}
    if modules is None:
        return set(TABLES)
    unknown = sorted(set(modules) - names.keys())
    if unknown:
        raise ValueError(
            f"demo CRM: no module {', '.join(unknown)}; there are {', '.join(sorted(names))}"
        )
    return {names[module] for module in modules}


def _write(files: dict[str, TableFile], name: str, table: Callable[[], pa.Table]) -> None:
    if name in files:
        files[name].write(table())


def _write_block(
    plan: Plan,
    traits: Traits,
    rates: Ints,
    files: dict[str, TableFile],
    numbers: dict[str, int],
) -> None:
    """Write one block of accounts with everything that belongs to them."""
    _write(files, "Accounts", lambda: account_table(plan, traits))
    _write(files, "Contacts", lambda: contact_table(plan, traits)[0])
    deals = draw_deals(plan, traits, rates)
    ladder = draw_ladders(plan, traits)
    lines = draw_lines(plan, traits, deals, ladder)
    oddities = draw_oddities(plan, traits, deals, ladder)
    money = draw_money(plan, traits, deals, lines, oddities)
    first_deal, first_line = numbers["deals"], numbers["lines"]
    _write(
        files,
        "Deals",
        lambda: deal_table(plan, traits, deals, lines, oddities, money, first_deal),
    )
    _write(
        files,
        "Deals_Products",
        lambda: line_table(lines, oddities, money, first_deal, first_line),
    )
    numbers["deals"] += deals.size
    numbers["lines"] += len(lines.deal)


__all__ = ["TABLES", "DemoSummary", "Progress", "write_demo"]
