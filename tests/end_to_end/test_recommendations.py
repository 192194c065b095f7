"""Recommendations end to end: what was planted is found, and too little data says so (REC)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.crm import run_command
from benchmarks.measuring import measure
from tests.end_to_end.conftest import ZYLKER
from tests.end_to_end.installation import Installation
from tests.orchestration.command_line import quintile

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("recommendations"),
    pytest.mark.timeout(900),  # the shared run is made inside the first test
]

ACCOUNTS = 2_000
TOP_RULES = 30
"""Of the 150 and more of products still sold, by confidence."""
TYPES = {"first_purchase", "next_purchase", "repeat_purchase", "cross_sell", "bundle"}


@dataclass(frozen=True)
class Planted:
    """A demo CRM that is large enough to learn from, its run, and what was planted in it."""

    installation: Installation
    truths: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.truths / "truths.json").read_text())
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published copy that may join the table `truths` of accounts."""
        with duckdb.connect(str(self.installation.publication.database), read_only=True) as copy:
            file = self.truths / "accounts.parquet"
            copy.execute(f"create temp view truths as from '{file}'")
            return copy.execute(query).fetchall()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("planted")
    text = (ZYLKER / "abm.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("demo: {accounts: 200, seed: 7}", f"demo: {{accounts: {ACCOUNTS}, seed: 11}}"),
        ("include: [segments/*.yaml]\n", ""),
    ):
        assert before in text
        text = text.replace(before, after)
    exports = text.index("\nexports:")  # they name segments that are left out here
    (folder / "abm.yaml").write_text(text[:exports] + "\n", encoding="utf-8")
    installation = Installation(folder / "abm.yaml", folder / "home")
    installation.run()
    (truths,) = installation.home.glob("demo_crm/*/truths")
    return Planted(installation, truths)


def test_planted_associations_are_among_the_top_rules(planted: Planted) -> None:
    """REC-7, REC-24: of products still sold, bundles, the owned together and every step."""
    products = planted.facts["products"]
    unsold = set(products["inactive"])
    rules = [
        (antecedent, consequent)
        for antecedent, consequent in planted.rows(
            "select antecedent_product_ids, consequent_product_id "
            "from marts.rpt_association_rules order by rule_number"
        )
        if not unsold & {antecedent, consequent}
    ]
    assert len(rules) > 5 * TOP_RULES
    rules = rules[:TOP_RULES]
    wanted = [*products["bundles"], products["owned_together"]]
    wanted += [ladder[at : at + 2] for ladder in products["ladders"] for at in (0, 1)]
    missing = [
        pair for pair in wanted if tuple(pair) not in rules and tuple(pair[::-1]) not in rules
    ]
    assert len(wanted) == 10
    assert not missing


def test_planted_chains_are_the_top_next_purchase(planted: Planted) -> None:
    """REC-5, REC-23: every account on a ladder gets its next step first, and never one back."""
    rows = planted.rows(
        """
        select truths.account_id, next_product_id, ladder_level, product_id
        from truths inner join marts.dim_accounts using (account_id)
        left join marts.seg_recommendations as told
            on told.account_id = truths.account_id and recommendation_type = 'next_purchase'
            and recommendation_rank = 1
        where next_product_id is not null
        """
    )
    first = sum(wanted == found for _, wanted, _, found in rows)
    assert len(rows) > 60
    assert first >= 0.97 * len(rows), f"{first} of {len(rows)}"
    owned_or_earlier = {
        ladder[level]: set(ladder[:level])
        for ladder in planted.facts["products"]["ladders"]
        for level in (1, 2)
    }
    back = planted.rows(
        "select next_product_id, product_id from truths "
        "inner join marts.seg_recommendations using (account_id) "
        "where recommendation_type = 'next_purchase' and next_product_id is not null"
    )
    assert not [pair for pair in back if pair[1] in owned_or_earlier[pair[0]]]


def test_planted_rhythms_give_due_dates_within_their_spread(planted: Planted) -> None:
    """REC-6: last purchase and median gap; the beats lie up to three days beside the rhythm."""
    spread = planted.facts["rhythm_spread_days"]
    rows = planted.rows(
        """
        select rhythm_due_on, due_on, recommendation_rank, gap_days, rhythm_gap_days, is_overdue
        from truths inner join marts.dim_accounts using (account_id)
        left join marts.seg_recommendations as told
            on told.account_id = truths.account_id and recommendation_type = 'repeat_purchase'
            and product_id = rhythm_product_id
        where rhythm_product_id is not null
        """
    )
    assert len(rows) > 150
    beside = [abs((found - planned).days) for planned, found, *_ in rows]
    assert sum(days <= spread for days in beside) >= 0.98 * len(rows)
    assert max(beside) <= 2 * spread
    assert {rank for _, _, rank, *_ in rows} == {1}
    as_of = planted.installation.publication.as_of
    assert all(is_overdue == (due < as_of) for _, due, *_, is_overdue in rows)
    assert max(abs(gap - planned) for *_, gap, planned, _ in rows) <= 2 * spread


def test_accounts_without_purchase_begin_with_what_their_industry_begins_with(
    planted: Planted,
) -> None:
    """REC-4, REC-12: the best of the list is the planted product of the industry."""
    entry = planted.facts["products"]["entry"]
    rows = planted.rows(
        "select industry, product_id from marts.dim_accounts "
        "inner join marts.seg_recommendations using (account_id) "
        "where recommendation_type = 'first_purchase' and recommendation_rank = 1 "
        "and industry is not null"
    )
    assert len(rows) > 150
    assert sum(entry[industry] == product for industry, product in rows) >= 0.8 * len(rows)


def test_lists_probabilities_and_evidence_keep_their_bounds(planted: Planted) -> None:
    """REC-11, REC-13, REC-20; everybody in scope who can be offered something is."""
    assert {name for (name,) in planted.rows(
        "select distinct recommendation_type from marts.seg_recommendations"
    )} == TYPES  # fmt: skip
    ((most, least, outside, unsold, uncounted, silent),) = planted.rows(
        """
        select max(recommendation_rank), min(recommendation_rank),
            count(*) filter (recommendation_probability not between 0 and 100),
            count(*) filter (product_id in (
                select product_id from marts.dim_products where not is_active)),
            count(*) filter (evidence_count > evidence_base_count),
            (select count(*) from marts.dim_accounts
             where account_id not in (select account_id from marts.seg_recommendations))
        from marts.seg_recommendations
        """
    )
    assert (most, least, outside, unsold, uncounted, silent) == (10, 1, 0, 0, 0, 0)


def test_labels_are_those_of_the_probabilities(planted: Planted) -> None:
    """REC-21, REC-22: hot where one reaches 70, cold where none is above 30."""
    rows = planted.rows(
        """
        select labels.label_id, likely.most
        from marts.dim_accounts
        inner join marts.seg_account_labels as labels using (account_id)
        left join (
            select account_id, max(recommendation_probability) as most
            from marts.seg_recommendations group by account_id
        ) as likely using (account_id)
        where labels.technique = 'recommendations'
        """
    )
    wanted = {"recommendations.hot": lambda p: p >= 70, "recommendations.cold": lambda p: p <= 30}
    assert all(wanted[label](most or 0) for label, most in rows if label in wanted)
    assert {label for label, _ in rows} >= set(wanted)


def test_one_account_is_told_what_comes_next_and_why(planted: Planted) -> None:
    place = ["-c", planted.installation.configuration, "--home", planted.installation.home]
    ((account, wanted),) = planted.rows(
        "select truths.account_id, product_name from truths "
        "inner join marts.seg_recommendations as told using (account_id) "
        "where next_product_id = product_id and recommendation_type = 'next_purchase' "
        "and recommendation_rank = 1 order by 1 limit 1"
    )
    told = quintile("recommend", account, *place)
    assert told.code == 0
    assert "buys anything within 90 days" in told.out
    assert wanted in told.out
    assert "accounts bought it right after that" in told.out
    document = quintile("recommend", account, "--json", *place).json
    assert document["account_id"] == account
    assert all(row["reason"] for row in document["recommendations"])
    assert quintile("recommend", "nobody at all", *place).code == 2


def test_the_report_card_stands_beside_its_baselines(planted: Planted) -> None:
    """BEY-10: no type ranks worse than most popular; what is said comes true."""
    place = ["-c", planted.installation.configuration, "--home", planted.installation.home]
    document = quintile("report-card", "--json", *place).json
    cards = {card["recommendation_type"]: card for card in document["cards"]}
    assert cards.keys() == TYPES | {"purchase_again", "purchase_first"}
    for type_ in TYPES:
        by_role = {}
        for method in document["methods"]:
            if method["recommendation_type"] == type_:
                by_role[method["method"]] = method["map_at_10"]
        assert {"popularity", "same_again", "cosine", "recommendations"} <= by_role.keys()
        assert None not in by_role.values()
        if cards[type_]["account_count"] >= 100:  # a bundle of 2,000 accounts is luck
            assert by_role["recommendations"] >= by_role["popularity"]
            assert by_role["recommendations"] >= by_role["cosine"]
        tenths = [t for t in document["reliability"] if t["recommendation_type"] == type_]
        assert [t["tenth"] for t in tenths] == list(range(1, 11))
        assert sum(t["pair_count"] for t in tenths) == cards[type_]["pair_count"]
        true = sum(t["true_share"] * t["pair_count"] for t in tenths)
        assert true == pytest.approx(cards[type_]["purchase_count"])
    spoken = quintile("report-card", *place).out
    assert "MAP@10" in spoken and "surest tenth" in spoken


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
