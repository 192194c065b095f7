"""Account measures, scope and scores of a random, dirty CRM against the oracle.

One build holds several hundred records that meet every rule at once: versions over several loads,
snapshots, late files, merges with cycles, orphans, currencies with and without rates, refunds,
future and undated deals.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.crm_oracle import Oracle, rounded
from tests.dbt_project.test_rfm_scores import rank_form
from tests.dbt_project.warehouse import PROJECT, Configuration, Dbt, Load, fill, query

pytestmark = pytest.mark.xdist_group("dbt")

AS_OF = date(2024, 2, 29)
YEAR_AGO = date(2023, 2, 28)
ACCOUNTS = [f"{number:04}" for number in range(120)]
CURRENCIES = (None, "USD", "EUR", "EUR", "JPY", "XXX")


def moment(chance: random.Random) -> datetime:
    first = datetime.fromisoformat("2023-01-01")
    return first + timedelta(minutes=chance.randrange(440 * 24 * 60))


def day(chance: random.Random) -> date:
    return date(2022, 6, 1) + timedelta(days=chance.randrange(700))


def account(chance: random.Random, account_id: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "account_name": f"Account {account_id}",
        "billing_country": chance.choice([None, "US", "DE", "CN"]),
        "status": chance.choice([None, "Active", "Inactive"]) if chance.random() < 0.3 else None,
        "merged_into_id": chance.choice([*ACCOUNTS, "gone"]) if chance.random() < 0.2 else None,
        "modified_at": moment(chance) if chance.random() < 0.8 else None,
        "created_at": moment(chance) if chance.random() < 0.5 else None,
        "is_deleted": chance.random() < 0.05,
    }


def deal(chance: random.Random, number: int) -> dict[str, Any]:
    amount = Decimal(chance.randrange(-20_000, 200_000)) / chance.choice([1, 100, 10_000])
    stage = chance.choice(["Closed Won"] * 4 + ["Closed Lost", "Qualification", "Frozen"])
    return {
        "deal_id": f"d{number}",
        "account_id": chance.choice([*ACCOUNTS, "stranger", None]),
        "stage": stage,
        "closing_date": day(chance) if chance.random() < 0.9 else None,
        "won_on": day(chance) if chance.random() < 0.3 else None,
        "amount": amount if chance.random() < 0.9 else None,
        "currency": chance.choice(CURRENCIES),
        "exchange_rate": chance.choice([None, Decimal(0), Decimal("0.91"), Decimal("151.3")]),
        "probability": chance.choice([None, 10, 75]),
        "modified_at": moment(chance) if chance.random() < 0.8 else None,
        "created_at": moment(chance) if chance.random() < 0.5 else None,
        "is_deleted": chance.random() < 0.05,
    }


def dirty_crm(seed: int) -> list[Load]:
    """Loads of a CRM nobody cleaned: three exports of each module, the oldest file last."""
    chance = random.Random(seed)
    days = [date(2024, 1, 15), date(2024, 3, 15), date(2023, 12, 15)]
    loads = []
    for exported_on, share in zip(days, (0.9, 0.5, 0.4), strict=True):
        some = [name for name in ACCOUNTS if chance.random() < share]
        loads += [
            Load("accounts", [account(chance, name) for name in some], exported_on),
            Load(
                "deals",
                [deal(chance, number) for number in range(900) if chance.random() < share],
                exported_on,
                is_snapshot=exported_on == days[0],
            ),
            Load(
                "contacts",
                [
                    {
                        "contact_id": f"c{number}",
                        "account_id": chance.choice([*ACCOUNTS, "stranger"]),
                        "is_deleted": chance.random() < 0.1,
                    }
                    for number in range(200)
                    if chance.random() < share
                ],
                exported_on,
            ),
        ]
    rates = [
        {
            "currency": currency,
            "valid_from": date(2022, 9, 1) + timedelta(days=40 * step),
            "exchange_rate": Decimal(chance.randrange(0, 300)) / 100,
        }
        for currency in ("EUR", "JPY")
        for step in range(16)
    ]
    return [*loads, Load("currency_rates", rates)]


@pytest.fixture(scope="module", params=[1, 2])
def crm(
    request: pytest.FixtureRequest, dbt: Dbt, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Oracle]:
    loads = dirty_crm(request.param)
    path = tmp_path_factory.mktemp("crm") / "warehouse.duckdb"
    configuration = Configuration(
        as_of=AS_OF,
        scope="select account_id, cast(case when billing_country is null then 1"
        " when billing_country = 'CN' then 2 end as bigint) as first_failed_step from accounts",
        scope_steps=("billing country is known", "billing country is not CN"),
        inactive_statuses=("inactive",),
    )
    fill(path, loads, configuration)
    dbt(path, "run")
    return path, Oracle(loads, AS_OF, YEAR_AGO)


def test_every_measure_of_every_account(crm: tuple[Path, Oracle]) -> None:
    path, oracle = crm
    expected = {
        (
            account_id,
            m.won_deal_count,
            m.lost_deal_count,
            m.open_deal_count,
            m.contact_count,
            m.purchase_count,
            rounded(m.revenue),
            rounded(m.revenue_12_months),
            rounded(m.open_pipeline),
            rounded(m.expected_pipeline),
            m.first_purchase_on,
            m.last_purchase_on,
        )
        for account_id, m in oracle.measures().items()
    }
    rows = query(
        path,
        "select account_id, won_deal_count, lost_deal_count, open_deal_count, contact_count,"
        " purchase_count, revenue_amount, revenue_12_months_amount, open_pipeline_amount,"
        " expected_pipeline_amount, first_purchase_on, last_purchase_on"
        " from marts.dim_landed_accounts",
    )
    assert set(rows) == expected
    assert len(rows) == len(expected) > 100


def scope_reasons(oracle: Oracle) -> dict[str, str | None]:
    def reason(account_id: str, record: dict[str, Any]) -> str | None:
        if oracle.survivor(account_id) != account_id:
            return "merged"
        if record["is_deleted"]:
            return "deleted"
        if record["status"] == "Inactive":
            return "status"
        return "criteria" if record["billing_country"] in (None, "CN") else None

    return {name: reason(name, record) for name, record in oracle.accounts.items()}


def test_scope_and_waterfall(crm: tuple[Path, Oracle]) -> None:
    path, oracle = crm
    reasons = scope_reasons(oracle)
    rows = query(path, "select account_id, scope_reason from marts.dim_landed_accounts")
    assert dict(rows) == reasons
    assert {"merged", "deleted", "status", "criteria", None} <= set(reasons.values())
    counts = Counter(reasons.values())
    waterfall = query(
        path,
        "select scope_reason, sum(dropped_count) from marts.rpt_scope_waterfall"
        " where scope_reason is not null group by scope_reason",
    )
    assert {name: int(count) for name, count in waterfall if count} == {
        name: count for name, count in counts.items() if name is not None
    }
    in_scope = query(path, "select account_id from marts.dim_accounts")
    assert {row[0] for row in in_scope} == {name for name, why in reasons.items() if why is None}


def test_scores_of_the_population(crm: tuple[Path, Oracle]) -> None:
    path, oracle = crm
    reasons = scope_reasons(oracle)
    population = {
        name: m
        for name, m in oracle.measures().items()
        if m.purchase_count and reasons[name] is None
    }
    names = list(population)
    dates = [population[name].last_purchase_on for name in names]
    recency = rank_form([d.toordinal() for d in dates if d is not None], 5)
    frequency = rank_form([population[name].purchase_count for name in names], 5)
    monetary = rank_form([rounded(population[name].revenue) for name in names], 5)
    rows = query(
        path,
        "select account_id, recency_score, frequency_score, monetary_score"
        " from marts.seg_account_rfm where is_scored",
    )
    assert set(rows) == set(zip(names, recency, frequency, monetary, strict=True))
    assert len(names) > 10


def test_what_is_doubtful_is_counted(crm: tuple[Path, Oracle]) -> None:
    path, oracle = crm
    deals = [record for record in oracle.deals.values() if not record["is_deleted"]]
    closed = [(r, r["closing_date"] or r["won_on"]) for r in deals if r["stage"] == "Closed Won"]
    expected = {
        "deals_without_account": sum(r["account_id"] is None for r in deals),
        "deals_with_unknown_account": sum(
            r["account_id"] is not None and oracle.survivor(r["account_id"]) is None for r in deals
        ),
        "deals_in_unknown_stage": sum(r["stage"] == "Frozen" for r in deals),
        "won_deals_without_amount": sum(r["amount"] is None for r, _ in closed),
        "won_deals_without_date": sum(on is None for _, on in closed),
        "won_deals_in_future": sum(on is not None and on > AS_OF for _, on in closed),
        "deals_without_rate": sum(
            oracle.base_amount({**r, "amount": Decimal(1)}) is None for r in deals
        ),
    }
    rows = dict(query(path, "select check_name, finding_count from marts.rpt_data_quality"))
    assert {name: rows[name] for name in expected} == expected
    assert all(expected.values())
    # Nothing is lost on the way: every deal is in a figure or in a finding.
    kept = query(path, "select count(*) from marts.fct_deals")[0][0]
    outside = sum(
        (survivor := oracle.survivor(r["account_id"])) is not None
        and scope_reasons(oracle)[survivor] is not None
        for r in deals
    )
    lost = expected["deals_without_account"] + expected["deals_with_unknown_account"]
    assert kept + outside + lost == len(deals)


@pytest.fixture
def survivors_of() -> Iterator[Any]:
    """Runs the text of the macro `last_survivors` on given merges."""
    text = (PROJECT / "macros" / "engine" / "merges.sql").read_text(encoding="utf-8")
    body = text.split("default__last_survivors(merges, key) -%}")[1].split("{%- endmacro")[0]
    body = body.replace("{{ key }}", "account_id")
    with duckdb.connect() as engine:

        def run(merges: list[tuple[str, str]]) -> dict[str, str]:
            engine.execute("create or replace table m (account_id varchar, merged_into_id varchar)")
            pairs = [{"a": a, "b": b} for a, b in merges]
            engine.execute(
                "insert into m select unnest(?, recursive := true)",
                [pairs],
            )
            rows = engine.execute(body.replace("{{ merges }}", "m")).fetchall()
            return dict(rows)

        yield run


def test_long_chains_end_and_cycles_do_not_run_for_ever(survivors_of: Any) -> None:
    """F43: a chain of 2,000 links, a cycle of 1,000 members, an account that is its own parent."""
    chain = [(f"n{number}", f"n{number + 1}") for number in range(2000)]
    cycle = [(f"c{number}", f"c{(number + 1) % 1000}") for number in range(1000)]
    found = survivors_of([*chain, *cycle, ("self", "self"), ("hanging", "c0")])
    assert found == {f"n{number}": "n2000" for number in range(2000)}
