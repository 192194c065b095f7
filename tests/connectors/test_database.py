"""Databases: exact types, one state, no secret in any message (F28, F55)."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import connectors.database
from connectors.errors import LandingError, SchemaDriftError, SourceUnreachableError
from tests.connectors.landing_case import LandingCase

SOURCE = {"database": {"url": "env:CRM_DATABASE_URL"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crm.sqlite'}"
        return
    server = request.getfixturevalue("postgresql_server").replace("://", "+psycopg://")
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    name = "crm_" + "".join(c for c in tmp_path.name if c.isalnum()).lower()
    with admin.connect() as connection:
        connection.exec_driver_sql(f'drop database if exists "{name}"')
        connection.exec_driver_sql(f'create database "{name}"')
    admin.dispose()
    yield f"{server}/{name}"


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def land(case: LandingCase, url: str, **options: Any) -> Any:
    return case.land(SOURCE, environment={"CRM_DATABASE_URL": url}, **options)


CREATE = (
    'create table accounts ("Account Id" {key}, account_name text, created_at {moment},'
    " employees bigint, annual_revenue numeric(38, 5), contract_end_date date, is_deleted boolean,"
    " website text)"
)
TYPES = {
    "sqlite": {"key": "integer", "moment": "timestamp"},
    "postgresql": {"key": "bigint", "moment": "timestamptz"},
}


def create(url: str) -> None:
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    text = "'" if kind == "sqlite" else ""
    run(
        url,
        CREATE.format(**TYPES[kind]),
        f"insert into accounts values (9007199254740993, ' Acme ', '2024-01-02 03:04:05+00',"
        f" 9007199254740993, {text}1234567890.12345{text}, '2026-12-31', true, '')",
        "insert into accounts values (2, null, null, null, null, null, null, 'https://x')",
    )


def test_types_stay_exact(tmp_path: Path, url: str) -> None:
    create(url)
    case = LandingCase(tmp_path)
    (load,) = land(case, url).loads
    first, second = case.rows(load)
    assert (first["account_id"], first["account_name"], first["website"]) == (
        "9007199254740993", "Acme", None,
    )  # fmt: skip
    assert first["created_at"] == datetime(2024, 1, 2, 3, 4, 5)
    assert first["employees"] == 9007199254740993
    assert first["contract_end_date"] == date(2026, 12, 31)
    assert first["is_deleted"] is True
    assert second["account_id"] == "2"
    # SQLite keeps decimals as floats; 15 digits are what it knows.
    assert abs(first["annual_revenue"] - Decimal("1234567890.1235")) <= Decimal("0.0001")
    assert load.source == "crm.accounts"
    assert url not in (load.folder(case.landing) / "manifest.json").read_text()


def test_odd_values_are_quarantined(tmp_path: Path, url: str) -> None:
    create(url)
    if url.startswith("sqlite"):
        odd = ["'0000-00-00'", "'12345-01-01'", "'0044-03-15'"]
    else:
        odd = ["'infinity'", "'12345-01-01'", "'0044-03-15 BC'"]
        run(url, "insert into accounts (\"Account Id\", annual_revenue) values (90, 'NaN')")
    for number, value in enumerate(odd, start=10):
        run(
            url,
            f'insert into accounts ("Account Id", contract_end_date) values ({number}, {value})',
        )
    case = LandingCase(tmp_path)
    (load,) = land(case, url, quarantine_limit=1.0).loads
    bad = case.quarantine(load)
    assert {q["field"] for q in bad} <= {"contract_end_date", "annual_revenue"}
    assert len(bad) == (3 if url.startswith("sqlite") else 4)
    assert load.rows_accepted == 2
    assert any('"Account Id": "10"' in q["raw_text"] for q in bad)


def test_reruns_land_only_what_changed(tmp_path: Path, url: str) -> None:
    create(url)
    case = LandingCase(tmp_path)
    assert len(land(case, url).loads) == 1
    again = land(case, url)
    assert (again.loads, [s.reason for s in again.skipped]) == ((), ["already landed"])
    run(url, 'delete from accounts where "Account Id" = 2')
    assert len(land(case, url).loads) == 1
    run(url, "insert into accounts (\"Account Id\", website) values (2, 'https://x')")
    (third,) = land(case, url).loads
    first = case.loads()[0]
    assert third.content_hash == first.content_hash and third.load_sequence == 3
    assert land(case, url).loads == ()
    left = [p.name for p in (case.landing / "accounts").iterdir() if p.name.startswith(".")]
    assert left == []


def test_views_and_schemas(tmp_path: Path, url: str) -> None:
    create(url)
    run(url, "create view customers as select * from accounts")
    name = "main.customers" if url.startswith("sqlite") else "public.customers"
    case = LandingCase(tmp_path, **{"from": f"crm.{name}"})
    assert land(case, url).loads[0].rows_accepted == 2


def test_one_state_while_others_write(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(url)
    if url.startswith("sqlite"):
        run(url, "pragma journal_mode=wal")
    rows = ", ".join(f"({n}, 'name')" for n in range(100, 3100))
    run(url, f'insert into accounts ("Account Id", account_name) values {rows}')
    monkeypatch.setattr(connectors.database, "_CHUNK_ROWS", 100)
    read = connectors.database._records

    def disturbed(*arguments: Any) -> Iterator[Any]:
        for number, record in enumerate(read(*arguments)):
            if number == 500:
                run(url, "update accounts set account_name = 'changed'")
            yield record

    monkeypatch.setattr(connectors.database, "_records", disturbed)
    case = LandingCase(tmp_path)
    (load,) = land(case, url).loads
    names = {r["account_name"] for r in case.rows(load)}
    assert "changed" not in names and load.rows_read == 3002


def test_drift_and_missing_tables_are_named(tmp_path: Path, url: str) -> None:
    create(url)
    run(url, "alter table accounts rename column annual_revenue to revenue_per_year")
    case = LandingCase(tmp_path, fields={"annual_revenue": "annual_revenue"})
    with pytest.raises(SchemaDriftError, match=r"no column 'annual_revenue'.*revenue_per_year"):
        land(case, url)
    other = LandingCase(tmp_path / "other", **{"from": "crm.acounts"})
    with pytest.raises(LandingError, match=r"no table or view 'acounts'.*did you mean 'accounts'"):
        land(other, url)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://canary-user:canary-password@127.0.0.1:1/canary-database",
        "postgresql+psycopg://canary-user:canary-password@canary-host.invalid/canary-database",
        "canary-password",
        "canarydialect://canary-user:canary-password@127.0.0.1/x",
        "sqlite:////canary-folder/canary-database.sqlite",
    ],
)
def test_addresses_stay_secret(
    tmp_path: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = LandingCase(tmp_path)
    with pytest.raises(SourceUnreachableError) as caught:
        land(case, address)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "canary-" not in told
    assert "crm.accounts" in told
    assert case.loads() == []


def test_an_unset_variable_is_named(tmp_path: Path) -> None:
    case = LandingCase(tmp_path)
    with pytest.raises(SourceUnreachableError, match="CRM_DATABASE_URL is not set"):
        case.land(SOURCE, environment={})
