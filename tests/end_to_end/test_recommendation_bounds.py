"""Recommendations of too little data and of too much: it is said, and it is bounded (REC-15)."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from benchmarks.crm import run_command
from benchmarks.measuring import measure
from tests.end_to_end.installation import Installation
from tests.orchestration.command_line import quintile

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

CONFIGURATION = """
organization: {name: Small, currency: USD, as_of: 2026-10-31}
sources:
  crm: {files: "*.csv", format: csv}
modules:
  accounts: {from: crm.accounts, fields: {created_at: {unknown: true}}}
  contacts: {absent: "none are known"}
  products: {from: crm.products}
  deals: {from: crm.deals, stages: {won: [Won]}}
  deal_lines: {from: crm.deal_lines}
techniques:
  recommendations: {active: true}
"""


AT_NIGHT = pytest.mark.skipif(
    os.environ.get("QUINTILE_NIGHTLY") != "1",
    reason="ten seconds each, and tests/ml has the reasons: QUINTILE_NIGHTLY=1",
)


@pytest.mark.parametrize(
    ("deals", "products", "is_mapped", "reason"),
    [
        pytest.param(
            19, 3, True, "not enough data: 19 baskets, 20 are needed (REC-15)",
            marks=AT_NIGHT, id="19 baskets",
        ),
        pytest.param(
            40, 1, True, "only one product was ever sold", marks=AT_NIGHT, id="one product"
        ),
        pytest.param(
            40, 3, False, "no won deal has a product: map deal_lines and products",
            id="no products mapped",
        ),
        pytest.param(
            -40, 3, True, "no won deal has a product: map deal_lines and products",
            marks=AT_NIGHT, id="only refunds",
        ),
        pytest.param(40, 3, True, "there is no past to learn from", id="all on one day"),
    ],
)  # fmt: skip
def test_too_little_runs_green_and_says_why(
    deals: int, products: int, is_mapped: bool, reason: str, tmp_path: Path
) -> None:
    """REC-15: a negative number of deals are refunds; all deals lie on one day."""
    numbers = range(abs(deals))
    day, amount = date(2026, 10, 31) - timedelta(days=5), 100 if deals > 0 else -100
    files = {
        "accounts": ["Account Id,Account Name", *(f"A{n},Account {n}" for n in numbers)],
        "products": [
            "Product Id,Product Name,Product Active",
            *(f"P{n},Product {n},true" for n in range(products)),
        ],
        "deals": [
            "Deal Id,Account Id,Deal Name,Stage,Amount,Closing Date,Created Time",
            *(f"D{n},A{n},Deal,Won,{amount},{day},{day} 10:00:00" for n in numbers),
        ],
        "deal_lines": [
            "Line Id,Deal Id,Product Id,Quantity,Amount",
            *(f"L{n}{k},D{n},P{(n + k) % products},1,{amount}"
              for n in numbers for k in range(min(2, products))),
        ],
    }  # fmt: skip
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = CONFIGURATION
    if not is_mapped:
        text = text.replace("{from: crm.products}", '{absent: "not known"}')
        text = text.replace("  deal_lines: {from: crm.deal_lines}\n", "")
    (tmp_path / "abm.yaml").write_text(text, encoding="utf-8")
    small = Installation(tmp_path / "abm.yaml", tmp_path / "home")
    small.run()
    assert small.one("select count(*) from marts.seg_recommendations") == 0
    reasons = small.ids(
        "select reason from marts.rpt_recommendation_cards where reason is not null"
    )
    spoken = quintile("recommend", "A0", "-c", small.configuration, "--home", small.home)
    assert spoken.code == 0
    assert any(reason in told for told in reasons), reasons
    assert reason in spoken.out


@pytest.mark.skipif(
    os.environ.get("QUINTILE_NIGHTLY") != "1", reason="a million lines: QUINTILE_NIGHTLY=1"
)
def test_worst_cases_are_bounded(tmp_path: Path) -> None:
    """A million items, 10^5 deals of one account, 30 baskets of 2,000; rules of three are asked.

    Bounded by most_products, largest_basket and mining_megabytes, in less memory than 4 GB.
    """
    items, deals, wide, usual = 1_000_000, 100_000, 30, 200
    with duckdb.connect() as connection:

        def write(name: str, query: str) -> None:
            connection.execute(f"copy ({query}) to '{tmp_path / name}.parquet' (format parquet)")

        write(
            "accounts",
            f"select 'A' || n as \"Account Id\", 'Account ' || n as \"Account Name\" "
            f"from range({1 + wide + usual}) t(n)",
        )
        write(
            "products",
            f"select 'P' || n as \"Product Id\", 'Product ' || n as \"Product Name\", "
            f'true as "Product Active" from range({items}) t(n)',
        )
        columns = (
            "'D' || n as \"Deal Id\", 'A' || {} as \"Account Id\", 'Deal' as \"Deal Name\", "
            "'Won' as \"Stage\", 100 as \"Amount\", date '2026-10-30' - (n % 700)::int "
            'as "Closing Date", timestamp \'2024-01-01\' as "Created Time"'
        )
        write(
            "deals",
            f"select {columns.format('0')} from range({deals}) t(n) union all "
            f"select {columns.format(f'(1 + (n % {wide + usual}))')} "
            f"from range({deals}, {deals + wide + 5 * usual}) t(n)",
        )
        per_deal = items // deals
        write(
            "deal_lines",
            f"select 'L' || n as \"Line Id\", 'D' || (n // {per_deal}) as \"Deal Id\", "
            f'\'P\' || n as "Product Id", 1 as "Quantity", 10 as "Amount" '
            f"from range({items}) t(n) union all "
            f"select 'W' || d || '-' || n, 'D' || ({deals} + d), 'P' || n, 1, 1 "
            f"from range({wide}) t(d), range(2000) u(n) union all "
            f"select 'U' || d || '-' || n, 'D' || ({deals + wide} + d), "
            f"'P' || ((d * 7 + n) % 40), 1, 1 from range({5 * usual}) t(d), range(3) u(n)",
        )
    text = CONFIGURATION.replace("*.csv", "*.parquet").replace("format: csv", "format: parquet")
    text = text.replace(
        "{active: true}", "{active: true, max_antecedents: 3, mining_megabytes: 100}"
    )
    (tmp_path / "abm.yaml").write_text(text, encoding="utf-8")
    home = tmp_path / "home"
    run = measure(
        run_command(tmp_path / "abm.yaml", home, date(2026, 10, 31)), log=tmp_path / "run.log"
    )
    assert run.peak_megabytes < 4_000
    bounded = Installation(tmp_path / "abm.yaml", home)
    ((most, offered),) = bounded.rows(
        "select max(products), sum(products) from (select count(distinct product_id) as products "
        "from marts.seg_recommendations group by account_id)"
    )
    assert 0 < most <= 50
    assert offered > usual
    ((considered,),) = bounded.private_rows(
        "select count(*) from learning.int_products__counted where window_number = 0"
    )
    assert considered == 1_000
