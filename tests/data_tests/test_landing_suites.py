"""Good rows pass every check, and a bad row fails exactly the check that it breaks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_tests.landing.measures import collect
from data_tests.landing.suites import Suite, build_suite, check_names
from data_tests.landing.validation import Outcome, validate
from models.fields import LANDING_COLUMNS, MODULES
from models.modules import Modules
from models.sources import Source

STAGES = {"open": ["Qualification"], "won": ["Closed Won"], "lost": ["Closed Lost"]}
MAPPED = {name: {"from": f"crm.{name}"} for name in MODULES}
CONFIGURED = {**MAPPED, "deals": {"from": "crm.deals", "stages": STAGES}}
GOOD: dict[str, dict[str, Any]] = {
    "accounts": {"account_id": "A1", "account_name": "n", "created_at": "2024-01-01"},
    "contacts": {"contact_id": "C1", "account_id": "A1", "email": "a@b.example"},
    "products": {"product_id": "P1", "product_name": "n"},
    "deals": {"deal_id": "D1", "account_id": "A1", "stage": " closed WON", "contact_id": "C1",
              "closing_date": "2024-02-01", "created_at": "2024-01-01", "probability": "100"},
    "deal_lines": {"deal_id": "D1", "product_id": "P1", "discount_share": "0.5"},
    "currency_rates": {"currency": "EUR", "valid_from": "2024-01-01", "exchange_rate": "0.9"},
    "leads": {"lead_id": "L1", "captured_at": "2024-01-01", "lead_source": "Web"},
}  # fmt: skip


@pytest.fixture
def landing() -> Iterator[duckdb.DuckDBPyConnection]:
    """The landed tables with one good row each."""
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        for name, module in MODULES.items():
            columns = {f.name: f.type.sql for f in module.fields} | dict(LANDING_COLUMNS)
            described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table landing.{name} ({described})")
            add(connection, name, {})
        connection.execute(
            "create table landing.loads (module varchar, load_id varchar, load_sequence bigint,"
            " is_snapshot boolean, exported_on date, is_active boolean, rows_accepted bigint)"
        )
        yield connection


def add(connection: duckdb.DuckDBPyConnection, module: str, changes: dict[str, Any]) -> None:
    row = {**GOOD[module], "load_id": "L1", "source_file": "f.csv", "source_row": 7, **changes}
    marks = ", ".join("?" for _ in row)
    connection.execute(
        f"insert into landing.{module} ({', '.join(row)}) values ({marks})", list(row.values())
    )


def add_snapshots(connection: duckdb.DuckDBPyConnection, rows: tuple[int, ...]) -> None:
    for number, count in enumerate(rows, start=1):
        connection.execute(
            "insert into landing.loads values ('deals', ?, ?, true, null, true, ?)",
            [f"L{number}", number, count],
        )


def failures(connection: duckdb.DuckDBPyConnection, suite: Suite) -> list[Outcome]:
    return [o for o in validate(collect(connection, suite), suite) if not o.success]


@pytest.fixture(scope="module")
def suite() -> Suite:
    return build_suite(Modules.model_validate(CONFIGURED))


def test_good_rows_pass_every_check(landing: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    outcomes = validate(collect(landing, suite), suite)
    assert [o for o in outcomes if not o.success] == []
    names = [(o.module, o.name, o.severity) for o in outcomes]
    assert names == [(n, c, s) for n, m in MODULES.items() for c, s in check_names(m)]


@pytest.mark.parametrize(
    ("module", "changes", "check", "example"),
    [
        ("accounts", {"account_id": None}, "account_id_is_present", "f.csv:7"),
        ("accounts", {}, "account_id_is_unique", "A1"),
        ("accounts", {"account_id": "A2", "account_name": None}, "account_name_is_present", "A2"),
        ("accounts", {"account_id": "A2", "employees": -1}, "employees_is_in_range", "A2"),
        ("accounts", {"account_id": "A2", "contract_end_date": "1800-01-01"},
         "contract_end_date_is_plausible", "A2"),
        ("accounts", {"account_id": "A2", "parent_account_id": "A9"}, "parent_account_id_is_known",
         "A2"),
        ("contacts", {"contact_id": "C2", "email": "a@b"}, "email_is_well_formed", "C2"),
        ("contacts", {"contact_id": "C2", "account_id": "A9"}, "account_id_is_known", "C2"),
        ("deals", {"deal_id": "D2", "probability": "100.5"}, "probability_is_in_range", "D2"),
        ("deals", {"deal_id": "D2", "exchange_rate": "0"}, "exchange_rate_is_in_range", "D2"),
        ("deals", {"deal_id": "D2", "created_at": "2200-01-01"}, "created_at_is_plausible", "D2"),
        ("deals", {"deal_id": "D2", "stage": "Won?"}, "stage_is_known", "won?"),
        ("leads", {"lead_id": "L2", "lead_source": None}, "lead_source_is_present", "L2"),
        ("leads", {"lead_id": "L2", "contact_id": "C9"}, "contact_id_is_known", "L2"),
        ("deal_lines", {"deal_id": "D9"}, "deal_id_is_known", "f.csv:7"),
        ("deal_lines", {"product_id": "P9"}, "product_id_is_known", "D1"),
        ("deal_lines", {"discount_share": "1.5"}, "discount_share_is_in_range", "D1"),
    ],
)  # fmt: skip
def test_a_bad_row_fails_its_check_alone(
    landing: duckdb.DuckDBPyConnection,
    suite: Suite,
    module: str,
    changes: dict[str, Any],
    check: str,
    example: str,
) -> None:
    add(landing, module, changes)
    (failed,) = failures(landing, suite)
    assert (failed.module, failed.name, failed.unexpected_count) == (module, check, 1)
    assert failed.examples == (example,)
    assert failed.severity == dict(check_names(MODULES[module]))[check]
    if failed.query:  # every offending row, by file and record, for whoever is called at night
        rows = landing.execute(failed.query).fetchall()
        assert {row[:2] for row in rows} == {("f.csv", 7)}
    assert bool(failed.query) == (check != "stage_is_known")


def test_keys_may_come_again_in_another_load(
    landing: duckdb.DuckDBPyConnection, suite: Suite
) -> None:
    add(landing, "accounts", {"load_id": "L2"})
    assert failures(landing, suite) == []


def test_stages_are_read_per_pipeline(landing: duckdb.DuckDBPyConnection) -> None:
    deals = {"from": "crm.deals", "pipelines": {"Standard": STAGES}}
    suite = build_suite(Modules.model_validate({**MAPPED, "deals": deals}))
    (failed,) = failures(landing, suite)
    assert (failed.name, failed.examples) == ("stage_is_known", (" / closed won",))
    landing.execute("update landing.deals set pipeline = 'standard '")
    assert failures(landing, suite) == []


@pytest.mark.parametrize(
    ("rows", "failed"),
    [
        ((100, 100), set()),
        ((100, 149), set()),
        ((100, 50), set()),
        ((100, 49), {"snapshot_is_whole"}),
        ((100, 160), {"volume_is_steady"}),
        ((100, 0), {"snapshot_is_whole", "snapshot_is_not_empty"}),
        ((0, 100), set()),
        ((100, 5, 6), {"snapshot_is_whole"}),
        ((100, 0, 0), {"snapshot_is_whole", "snapshot_is_not_empty"}),
        ((100, 5, 100), set()),
    ],
)
def test_snapshots_are_compared_with_the_one_before(
    landing: duckdb.DuckDBPyConnection, suite: Suite, rows: tuple[int, ...], failed: set[str]
) -> None:
    add_snapshots(landing, rows)
    assert {o.name for o in failures(landing, suite)} == failed


def test_a_cut_snapshot_says_what_it_lost_and_what_to_do(
    landing: duckdb.DuckDBPyConnection, suite: Suite
) -> None:
    add(landing, "deals", {"deal_id": "D2", "load_id": "L2", "source_file": "deals_2.csv"})
    add_snapshots(landing, (78, 5))
    (failed,) = failures(landing, suite)
    assert (failed.name, failed.severity) == ("snapshot_is_whole", "critical")
    assert failed.detail == (
        "deals had 78 rows before (load L1, f.csv) and has 5 now (load L2, deals_2.csv): 93.6% "
        "fewer, the limit is 50.0%; replace the file by the whole export, or raise "
        "sources.crm.largest_loss."
    )


@pytest.mark.parametrize(("largest_loss", "is_whole"), [(0.9, False), (0.95, True), (1, True)])
def test_the_largest_loss_is_a_setting_of_the_source(
    landing: duckdb.DuckDBPyConnection, largest_loss: float, is_whole: bool
) -> None:
    sources = {"crm": Source(files=("*.csv",), largest_loss=largest_loss)}
    suite = build_suite(Modules.model_validate(CONFIGURED), sources)
    add_snapshots(landing, (78, 5))
    assert (failures(landing, suite) == []) is is_whole


def test_absent_modules_and_unknown_fields_are_not_asked_for(
    landing: duckdb.DuckDBPyConnection,
) -> None:
    configured = {
        **CONFIGURED,
        "contacts": {"absent": "none"},
        "accounts": {"from": "crm.accounts", "fields": {"created_at": {"unknown": True}}},
    }
    landing.execute("update landing.accounts set created_at = null")
    landing.execute("delete from landing.contacts")
    suite = build_suite(Modules.model_validate(configured))
    assert failures(landing, suite) == []
    assert "contacts" not in {check.module for check in suite.checks}
    assert "contact_id_is_known" not in {check.name for check in suite.checks}


def test_the_import_leaves_the_unused_packages_whole() -> None:
    script = """
import sys
from data_tests.landing.measures import Measures
from data_tests.landing.suites import build_suite, Suite
from data_tests.landing.validation import validate
assert "great_expectations" not in sys.modules and "pandas" not in sys.modules
validate(Measures({}), Suite(()))
assert "great_expectations" in sys.modules
assert not {"altair", "scipy.stats", "pyspark"} & set(sys.modules)
import scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
