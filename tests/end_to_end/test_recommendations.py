"""Recommendations end to end: what was planted in the demo CRM is found (REC)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

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
DORMANT = "dormant_after_days: 36500"
TYPES = {"first_purchase", "next_purchase", "repeat_purchase", "cross_sell", "bundle"}


@dataclass(frozen=True)
class Planted:
    """A demo CRM that is large enough to learn from, its run, and what was planted in it."""

    installation: Installation
    truths: Path
    said: str
    """What the run printed."""

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
        # Nobody is that long away: it changes no scope, and asks what accounts did until today.
        ("    inactive_statuses: [", f"    {DORMANT}\n    inactive_statuses: ["),
    ):
        assert before in text
        text = text.replace(before, after)
    exports = text.index("\nexports:")  # they name segments that are left out here
    (folder / "abm.yaml").write_text(text[:exports] + "\n", encoding="utf-8")
    installation = Installation(folder / "abm.yaml", folder / "home")
    said = installation.run()
    (truths,) = installation.home.glob("demo_crm/*/truths")
    return Planted(installation, truths, said)


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
    """REC-21, REC-22: hot are all where one reaches 70, cold all where none is above 30."""
    likely = dict(planted.rows(
        "select account_id, max(recommendation_probability) "
        "from marts.seg_recommendations group by account_id"
    ))  # fmt: skip
    labelled: dict[str, set[str]] = {}
    for account, label in planted.rows(
        "select account_id, label_id from marts.seg_account_labels "
        "where technique = 'recommendations' and label_id is not null"
    ):
        labelled.setdefault(label, set()).add(account)
    hot = {account for account, most in likely.items() if most >= 70}
    cold = {account for account, most in likely.items() if most <= 30}
    assert hot and cold
    assert labelled["recommendations.hot"] == hot
    assert labelled["recommendations.cold"] == cold


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
    assert "quintile recommend " in planted.said
    spoken = quintile("report-card", *place).out
    assert "MAP@10" in spoken and "surest tenth" in spoken
    assert "may flatter" in spoken


def test_a_scope_that_looks_back_from_today_is_warned_of(planted: Planted) -> None:
    """Decision 8: what was tested on accounts chosen by their future says so, and who chose."""
    told = "accounts are chosen by what they did until today (modules.accounts.dormant_after_days)"
    rows = planted.rows(
        "select distinct hindsight, tested_on is null from marts.rpt_recommendation_cards"
    )
    assert (told, False) in rows
    assert all(hindsight is None for hindsight, is_untested in rows if is_untested)
    assert "no_hindsight" in planted.said and told in planted.said
