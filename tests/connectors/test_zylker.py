"""The demo CRM does what it says: equal bytes, and every planted truth found again.

The truths are computed here a second time, from the written tables and by other means (SQL over
Parquet, plain Python over CSV), never by the generator's own code.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from connectors.landing import land_module
from connectors.zylker import TABLES, DemoSummary, write_demo
from connectors.zylker.demo import EVENT_TABLES
from models.fields import module_named
from models.reading import read_with_cautions
from models.sources import Source

AS_OF = date(2026, 10, 31)
WON = "('Closed Won', 'Renewed')"


@dataclass(frozen=True)
class Demo:
    """A written demo with its tables open in DuckDB."""

    summary: DemoSummary
    database: duckdb.DuckDBPyConnection
    facts: dict[str, Any]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]


def open_demo(summary: DemoSummary) -> Demo:
    database = duckdb.connect()
    for path in sorted(summary.directory.glob("*.parquet")):
        database.execute(f"create view {path.stem.lower()} as from '{path}'")
    for path in sorted((summary.directory / "truths").glob("*.parquet")):
        database.execute(f"create view truth_{path.stem} as from '{path}'")
    database.execute(PURCHASES)
    facts = json.loads((summary.directory / "truths" / "truths.json").read_text("utf-8"))
    return Demo(summary, database, facts)


PURCHASES = f"""
create view scope as
select distinct on ("Account Id") "Account Id" as account_id from accounts
where "Billing Country" is not null and "Account Status" = 'Active'
  and not "Is Deleted" and "Merged Into Id" is null;

create view survivors as
with recursive chain as (
  select distinct "Account Id" as account_id, "Account Id" as survivor_id from accounts
  where "Merged Into Id" is null
  union all
  select distinct a."Account Id", chain.survivor_id
  from accounts a join chain on a."Merged Into Id" = chain.account_id
) select * from chain;

create view converted as
select distinct on (d."Deal Id")
  d."Deal Id" as deal_id, s.survivor_id as account_id, d."Closing Date" as closing_date,
  d."Amount" / coalesce(
    d."Exchange Rate", r."Exchange Rate", case when d."Currency" = 'USD' then 1 end
  ) as base_amount,
  d."Amount" as amount
from deals d join survivors s on s.account_id = d."Account Id"
left join currency_rates r on r."Currency" = d."Currency"
  and r."Valid From" = date_trunc('month', d."Closing Date")
where d."Stage" in {WON} and not d."Is Deleted" and d."Closing Date" <= date '{AS_OF}';

create view purchases as
select * from converted where coalesce(amount, 0) >= 0;
"""


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Demo]:
    known: dict[str, Demo] = {}

    def made(**parameters: Any) -> Demo:
        key = repr(sorted(parameters.items()))
        if key not in known:
            directory = tmp_path_factory.mktemp("zylker")
            known[key] = open_demo(
                write_demo(directory, as_of=AS_OF, shape="parquet", **parameters)
            )
        return known[key]

    return made


@pytest.fixture(scope="module")
def small(make: Callable[..., Demo]) -> Demo:
    return make(accounts=200)


@pytest.fixture(scope="module")
def large(make: Callable[..., Demo]) -> Demo:
    return make(accounts=20_000)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    return write_demo(tmp_path_factory.mktemp("export"), as_of=AS_OF)


def digests(directory: Path) -> dict[str, str]:
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


# ------------------------------------------------------------------ writing


@pytest.mark.parametrize("shape", ["csv", "parquet"])
def test_equal_parameters_give_equal_bytes(tmp_path: Path, shape: Any) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        write_demo(tmp_path / name, as_of=AS_OF, shape=shape, seed=seed)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one["Accounts." + shape] != other["Accounts." + shape]
    assert len(one) == len(TABLES) + 5


@pytest.mark.parametrize("module", ["accounts", "deals_products", "leads", "tickets"])
def test_a_module_alone_has_the_same_bytes(
    tmp_path: Path, exported: DemoSummary, module: str
) -> None:
    write_demo(tmp_path, as_of=AS_OF, modules=[module])
    alone, whole = digests(tmp_path), digests(exported.directory)
    written = {name for name in alone if not name.startswith("truths/")}
    assert {name.lower() for name in written} == {f"{module}.csv"}
    assert all(alone[name] == whole[name] for name in written)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"accounts": 199}, "accounts is 199; allowed are 200 to 5,000,000"),
        ({"accounts": 5_000_001}, "allowed are 200 to 5,000,000"),
        ({"deals_per_account": 31}, "deals_per_account is 31"),
        ({"lines_per_deal": 0.5}, "lines_per_deal is 0.5"),
        ({"modules": ["visitors"]}, "no module visitors; there are accounts"),
        ({"shape": "xlsx"}, "allowed are csv, parquet"),
    ],
)
def test_impossible_parameters_are_refused(
    tmp_path: Path, parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        write_demo(tmp_path / "demo", as_of=AS_OF, **parameters)
    assert not list(tmp_path.rglob("*.csv"))


def records_by_line(path: Path) -> dict[int, list[str]]:
    """Read a file with Python's own reader: records by the physical line they start on."""
    reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8", "replace"), newline=""))
    found, line = {}, 1
    for record in reader:
        found[line] = record
        line = reader.line_num + 1
    return found


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", TABLES)
def test_csv_is_parquet_plus_the_planted_bad_rows(
    exported: DemoSummary, small: Demo, name: str
) -> None:
    found = records_by_line(exported.directory / f"{name}.csv")
    header = found.pop(1)
    facts = json.loads((exported.directory / "truths" / "truths.json").read_text("utf-8"))
    planted = [row for row in facts["bad_rows"] if row["file"] == f"{name}.csv"]
    assert len(planted) == exported.bad_rows[name]
    order = sorted(found)
    for row in planted:
        assert order.index(row["line"]) + 1 == row["row"]
        record = found.pop(row["line"])
        if row["reason"] in ("too few cells", "too many cells"):
            assert (len(record) < len(header)) == (row["reason"] == "too few cells")
        elif row["reason"] == "not UTF-8":
            assert record[0].startswith("�")
        else:
            cell = record[header.index(row["column"])].strip()
            assert not re.fullmatch(r"[0-9]+(\.[0-9]+)?", cell)
            assert (cell == "") == (row["reason"] == "missing key")
    table = small.database.execute(f"from {name.lower()}")
    assert header == [column[0] for column in table.description]
    rows = table.fetchall()
    assert list(found.values()) == [[as_text(value) for value in row] for row in rows]
    assert exported.rows[name] == len(rows) == small.summary.rows[name]


def test_the_export_has_the_hazards_of_real_ones(exported: DemoSummary) -> None:
    records = list(records_by_line(exported.directory / "Accounts.csv").values())
    names = [record[1] for record in records]
    text = "".join(cell for record in records for cell in record)
    assert any(name.startswith("=") for name in names)
    assert any("," in name and '"' in name for name in names)
    assert "\n" in text and "医" in text and "ü" in text


EXAMPLE = Path(__file__).parents[2] / "examples" / "zylker" / "abm.yaml"


def test_landing_by_the_example_quarantines_exactly_the_planted_rows(
    exported: DemoSummary, tmp_path: Path
) -> None:
    reading = read_with_cautions(EXAMPLE)
    assert not reading.cautions
    configuration = reading.configuration
    facts = json.loads((exported.directory / "truths" / "truths.json").read_text("utf-8"))
    fed: dict[str, int] = dict.fromkeys(EVENT_TABLES, 0)
    for name, module in configuration.modules.mapped().items():
        result = land_module(
            module_named(name),
            module,
            Source(files=("*.csv",)),
            tmp_path / "landing",
            configuration.organization,
            base_directory=exported.directory,
            as_of=AS_OF,
        )
        (load,) = result.loads
        stem = {table.lower(): table for table in TABLES}[module.source_table]
        planted = [row for row in facts["bad_rows"] if row["file"] == f"{stem}.csv"]
        folder = tmp_path / "landing" / name / load.load_id
        refused = pq.read_table(folder / "quarantine.parquet").to_pylist()
        assert sorted((r["source_line"], r["source_row"]) for r in refused) == sorted(
            (row["line"], row["row"]) for row in planted
        )
        if name.startswith("events."):
            fed[stem] += load.rows_accepted + load.rows_duplicate
            continue
        twice = len(facts["repeated_records"].get(stem, ()))
        assert load.rows_duplicate == twice
        assert load.rows_accepted == exported.rows[stem] - twice
    # Where several feeds read one table, every row goes to one of them.
    assert fed == {table: exported.rows[table] for table in EVENT_TABLES}


# ------------------------------------------------------------------ RFM

SCORES = """
with people as (
  select account_id, max(closing_date) as recency, count(*) as frequency
  from purchases semi join scope using (account_id) group by all
), measured as (
  select people.*, sum(coalesce(base_amount, 0)) as monetary
  from people join converted using (account_id) group by all
), ranked as (
  select account_id, count(*) over () as n,
    rank() over (order by recency) - 1 as worse_r, recency = max(recency) over () as best_r,
    rank() over (order by frequency) - 1 as worse_f, frequency = max(frequency) over () as best_f,
    rank() over (order by monetary) - 1 as worse_m, monetary = max(monetary) over () as best_m
  from measured
)
select account_id,
  case when best_r then 5 else worse_r * 5 // n + 1 end as r,
  case when best_f then 5 else worse_f * 5 // n + 1 end as f,
  case when best_m then 5 else worse_m * 5 // n + 1 end as m
from ranked
"""


@pytest.mark.parametrize(
    "parameters",
    [
        {"accounts": 200},
        {"accounts": 200, "seed": 1},
        {"accounts": 777, "seed": 2, "deals_per_account": 1.0, "lines_per_deal": 1.0},
        {"accounts": 500, "seed": 3, "deals_per_account": 10.0, "lines_per_deal": 2.0},
        {"accounts": 233, "seed": 9, "deals_per_account": 30.0, "lines_per_deal": 5.0},
        {"accounts": 20_000},
    ],
)
def test_certain_scores_are_the_computed_ones(
    make: Callable[..., Demo], parameters: dict[str, Any]
) -> None:
    demo = make(**parameters)
    wrong = demo.rows(
        f"""
        select account_id, cohort, r, f, m from truth_accounts t left join ({SCORES}) s
        using (account_id)
        where coalesce(t.recency_score, t.frequency_score, t.monetary_score) is not null and (
          s.r is null or t.recency_score <> s.r or t.frequency_score <> s.f
          or t.monetary_score <> s.m)
        """
    )
    assert not wrong
    assert demo.value("select count(*) from truth_accounts where rfm_label is not null") >= 34


PATTERNS = {
    "most_important": ((4, 5), (4, 5), (4, 5)),
    "important": ((2, 3), (4, 5), (4, 5)),
    "new": ((4, 5), (1, 1), (1, 1)),
    "promising": ((3, 3), (1, 2), (1, 1)),
    "needs_attention": ((2, 3), (2, 3), (2, 3)),
    "about_to_sleep": ((2, 3), (1, 1), (2, 3)),
    "cannot_lose": ((1, 1), (4, 5), (4, 5)),
    "lost": ((1, 1), (1, 1), (1, 1)),
}


@pytest.mark.parametrize("seed", [7, 11])
def test_every_score_and_every_default_label_appears(make: Callable[..., Demo], seed: int) -> None:
    scored = make(accounts=200, seed=seed).rows(f"select r, f, m from ({SCORES})")
    for metric in range(3):
        shares = Counter(row[metric] for row in scored)
        assert set(shares) == {1, 2, 3, 4, 5}
        assert min(shares.values()) >= 5
    labels = Counter(
        name
        for row in scored
        for name, pattern in PATTERNS.items()
        if all(low <= score <= high for score, (low, high) in zip(row, pattern, strict=True))
    )
    assert set(labels) == set(PATTERNS)


def test_churned_accounts_stopped_buying_and_nobody_else_did(large: Demo) -> None:
    found = large.rows(
        f"""
        select t.is_churned, count(*) from truth_accounts t join
          (select account_id, max(closing_date) as last from purchases group by all) p
          using (account_id)
        where t.is_churned <> (p.last < date '{AS_OF}' - interval 542 day) group by all
        """
    )
    assert not found
    assert large.value("select count(*) from truth_accounts where is_churned") == 1500


# ------------------------------------------------------------------ revenue and money


def test_revenue_grows_and_follows_the_season(large: Demo) -> None:
    """Yearly sums rise; months against their centred yearly mean have the planted factors."""
    monthly = large.rows(
        """
        select date_trunc('month', closing_date)::date as month, sum(base_amount)::double
        from converted where closing_date between date '2021-11-01' and date '2026-09-30'
        group by all order by all
        """
    )
    revenue = [value for _, value in monthly]
    years = [sum(v for m, v in monthly if m.year == year) for year in range(2022, 2026)]
    assert all(1.1 < later / earlier < 1.6 for earlier, later in itertools.pairwise(years))
    shares: dict[int, list[float]] = defaultdict(list)
    for here in range(6, len(revenue) - 6):
        around = revenue[here - 6 : here + 7]
        level = (sum(around) - (around[0] + around[-1]) / 2) / 12
        shares[monthly[here][0].month].append(revenue[here] / level)
    planted = large.facts["revenue"]["seasonal_factors"]
    for month, factor in enumerate(planted, start=1):
        wanted = pytest.approx(factor / statistics.mean(planted), rel=0.15)
        assert statistics.mean(shares[month]) == wanted


def test_sizes_are_as_asked(make: Callable[..., Demo]) -> None:
    for parameters in (
        {"accounts": 20_000, "deals_per_account": 4.0, "lines_per_deal": 1.8},
        {"accounts": 2_000, "deals_per_account": 10.0, "lines_per_deal": 2.0},
    ):
        demo = make(modules=None, **parameters)
        rows = demo.summary.rows
        deals, lines = rows["Deals"], rows["Deals_Products"]
        assert deals / parameters["accounts"] == pytest.approx(
            parameters["deals_per_account"], rel=0.04
        )
        assert lines / deals == pytest.approx(parameters["lines_per_deal"], rel=0.04)


def test_lines_add_up_to_their_deal_and_link_to_products(small: Demo) -> None:
    assert not small.rows(
        """
        select "Deal Id" from (select distinct * from deals) d
        join (select "Deal Id", sum("Line Amount") as total, bool_or(p."Product Id" is null) as lost
              from deals_products l left join products p using ("Product Id") group by all)
        using ("Deal Id") where lost or total <> "Amount"
        """
    )
    twice = """select "Deal Id" from deals_products group by "Deal Id", "Product Id"
               having count(*) > 1"""
    assert {row[0] for row in small.rows(twice)} <= set(small.facts["odd_deals"]["product_twice"])
    retired = """
        select count(*) from deals_products l join deals d using ("Deal Id")
        join products p using ("Product Id")
        where not p."Product Active" and d."Closing Date" > date '2024-06-01'"""
    assert small.value(retired) == 0


def test_stored_rates_are_those_of_the_rate_table(large: Demo) -> None:
    late = large.facts["odd_deals"]["won_in_future"]
    assert not large.rows(
        f"""
        select d."Deal Id" from deals d join currency_rates r using ("Currency")
        where r."Valid From" = date_trunc('month', least(d."Closing Date", date '{AS_OF}'))
          and d."Closing Date" is not null and d."Exchange Rate" <> r."Exchange Rate"
          and not list_contains({late}, d."Deal Id")
        """
    )
    exotic = large.facts["currency_without_rate"]
    known = large.value(f"select count(*) from currency_rates where \"Currency\" = '{exotic}'")
    assert known == 0
    assert {
        row[0] for row in large.rows(f'select "Deal Id" from deals where "Currency" = \'{exotic}\'')
    } == set(large.facts["odd_deals"]["currency_without_rate"])
    share = large.value(
        """select avg(("Exchange Rate" is null)::int) from deals where "Currency" <> 'USD'"""
    )
    assert 0.03 < share < 0.08


def odd(kind: str, condition: str) -> Any:
    return pytest.param(kind, condition, id=kind)


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        odd("amount_missing", '"Amount" is null'),
        odd("amount_zero", '"Amount" = 0'),
        odd("won_in_future", f'"Stage" in {WON} and "Closing Date" > date \'{AS_OF}\''),
        odd("won_without_closing_date", '"Closing Date" is null'),
        odd("created_after_closing", '"Created Time"::date > "Closing Date"'),
        odd("deleted", '"Is Deleted"'),
        odd("unknown_account", '"Account Id" not in (select "Account Id" from accounts)'),
        odd(
            "contact_of_other_account",
            """("Contact Id", "Account Id") not in
               (select "Contact Id", coalesce("Account Id", '') from contacts)
               and "Account Id" in (select "Account Id" from accounts) and "Contact Id" not in
               (select "Contact Id" from contacts where "Account Id" is null
                or "Account Id" like '%999999999')""",
        ),
    ],
)
def test_odd_deals_are_exactly_the_planted_ones(small: Demo, kind: str, condition: str) -> None:
    planted = small.facts["odd_deals"][kind]
    assert planted
    found = small.rows(f'select distinct "Deal Id" from deals where {condition}')
    assert {row[0] for row in found} == set(planted)


def test_repeated_records_and_refunds_are_planted(small: Demo) -> None:
    for table, key in (
        ("Accounts", "Account Id"),
        ("Contacts", "Contact Id"),
        ("Deals", "Deal Id"),
    ):
        twice = f'select "{key}" from {table} group by all having count(*) > 1'
        assert {r[0] for r in small.rows(twice)} == set(small.facts["repeated_records"][table])
    refunds = """select count(*), count(*) filter ("Type" = 'Refund') from deals
                 where "Amount" < 0"""
    assert small.rows(refunds)[0] == (n := small.value(refunds), n) and n > 0
    only = """select count(*) from truth_accounts anti join purchases using (account_id)
              where cohort = 'refund_only'"""
    assert small.value(only) == 1


def test_renewals_of_next_month_are_known(small: Demo) -> None:
    found = small.rows(
        """select distinct "Account Id" from accounts
           where "Contract End Date" between date '2026-11-01' and date '2026-11-30'"""
    )
    planted = small.rows("select account_id from truth_accounts where is_renewal_next_month")
    assert set(found) == set(planted) and len(planted) >= 5


# ------------------------------------------------------------------ products


def baskets(demo: Demo) -> dict[str, list[set[str]]]:
    """Distinct products per purchase, in order, by account (REC-9)."""
    found = demo.rows(
        """
        select account_id, list(distinct "Product Id") from purchases
        join deals_products on deal_id = "Deal Id"
        group by account_id, closing_date, deal_id order by account_id, closing_date, deal_id
        """
    )
    by_account: dict[str, list[set[str]]] = defaultdict(list)
    for account, products in found:
        by_account[account].append(set(products))
    return by_account


def test_bundles_are_the_strongest_pairs_inside_a_deal(small: Demo, large: Demo) -> None:
    for demo in (small, large):
        single: Counter[str] = Counter()
        pairs: Counter[tuple[str, str]] = Counter()
        every = [basket for ordered in baskets(demo).values() for basket in ordered]
        for basket in every:
            single.update(basket)
            pairs.update((a, b) for a in basket for b in basket if a < b)
        lift = {
            pair: count * len(every) / (single[pair[0]] * single[pair[1]])
            for pair, count in pairs.items()
            if count >= 0.015 * len(every)
        }
        best = sorted(lift, key=lambda pair: -lift[pair])[:3]
        planted = demo.facts["products"]["bundles"]
        assert {frozenset(pair) for pair in best} == {frozenset(pair) for pair in planted}
        assert all(pairs[tuple(sorted(p))] / single[p[1]] > 0.5 for p in planted)


def test_ladders_are_climbed_in_order_and_the_next_step_is_known(small: Demo, large: Demo) -> None:
    for demo in (small, large):
        ordered = baskets(demo)
        merged = {row[0] for row in demo.rows("select survivor_id from survivors group by all "
                                              "having count(*) > 1")}  # fmt: skip
        following: dict[str, Counter[str]] = defaultdict(Counter)
        for account, bought in ordered.items():
            if account not in merged:
                for now, then in itertools.pairwise(bought):
                    for product in now:
                        following[product].update(then)
        for basic, core, advanced in demo.facts["products"]["ladders"]:
            assert following[core].keys()
            assert following[basic].most_common(1)[0][0] == core
            assert following[core].most_common(1)[0][0] == advanced
            assert basic not in following[core]
        waiting = demo.rows(
            """select account_id, next_product_id from truth_accounts
               where next_product_id is not null"""
        )
        steps = {core: advanced for _, core, advanced in demo.facts["products"]["ladders"]}
        assert len(waiting) >= 5
        for account, product in waiting:
            last = ordered[account][-1]
            assert product in {steps.get(owned) for owned in last}
            assert not any(product in basket for basket in ordered[account])


def test_owned_together_is_an_association_over_accounts(large: Demo) -> None:
    first, second = large.facts["products"]["owned_together"]
    owned = [set().union(*bought) for bought in baskets(large).values()]
    holders = [products for products in owned if first in products]
    base = sum(second in products for products in owned) / len(owned)
    assert sum(second in products for products in holders) / len(holders) > 2 * base


def test_rhythms_beat_as_planted(small: Demo, large: Demo) -> None:
    for demo in (small, large):
        spread = demo.facts["rhythm_spread_days"]
        planted = demo.rows(
            """
            select rhythm_gap_days, rhythm_due_on, days from truth_accounts join (
              select account_id, "Product Id" as rhythm_product_id,
                list(closing_date order by closing_date) as days
              from purchases join deals_products on deal_id = "Deal Id" group by all
            ) using (account_id, rhythm_product_id)
            """
        )
        wanted = "select count(*) from truth_accounts where rhythm_gap_days is not null"
        assert len(planted) == demo.value(wanted) >= 10
        for gap, due, days in planted:
            assert len(days) >= 3
            gaps = [(b - a).days for a, b in itertools.pairwise(days)]
            assert all(abs(found - gap) <= 2 * spread for found in gaps)
            assert abs(statistics.median(gaps) - gap) <= 2 * spread
            assert due == days[-1] + timedelta(days=gap)


# ------------------------------------------------------------------ events


@pytest.mark.parametrize("channel", ["calls", "emails"])
def test_engaged_accounts_answer_at_their_best_hour_and_silent_ones_never(
    large: Demo, channel: str
) -> None:
    attempts = {
        "calls": """select distinct "Event Id" as id, "Contact Id" as contact,
                      "Occurred At" as moment, "Event" = 'answered' as answered from calls""",
        "emails": """select "Message Id" as id, any_value("Contact Id") as contact,
                       min("Occurred At") filter ("Event" = 'sent') as moment,
                       bool_or("Event" in ('clicked', 'replied') or ("Event" = 'opened' and not
                         ("Is Machine" or delivered + interval 2 second >= "Occurred At")))
                       as answered
                     from emails join (select "Message Id", min("Occurred At") as delivered
                       from emails where "Event" = 'delivered' group by all) using ("Message Id")
                     where "Direction" = 'outgoing' or "Event" = 'replied' group by all""",
    }[channel]
    found = large.rows(
        f"""
        select engagement,
          isodow(moment) - 1 = best_weekday
            and hour(moment) between best_hour and best_hour + 2 as is_best,
          avg(answered::int), count(*)
        from ({attempts}) a
        join (select distinct "Contact Id" as contact, "Account Id" as account_id
              from contacts) using (contact)
        join truth_accounts using (account_id)
        group by all order by all
        """
    )
    rates = {(row[0], row[1]): row[2] for row in found}
    assert rates["silent", None] == 0
    assert 0.3 < rates["ordinary", None] < 0.6
    assert rates["engaged", True] == 1
    assert rates["engaged", False] < 0.25
    assert sum(row[3] for row in found) > 20_000


ALL_TEXTS = """
create or replace temp view texts as
select distinct on ("Event Id") * from (
  select "Event Id", "Occurred At" as moment, "Subject" || ' ' || "Body" as text from emails
  where "Body" is not null
  union all select "Event Id", "Occurred At", "Subject" || ' ' || "Description" from tickets
  where "Description" is not null
  union all select "Event Id", "Occurred At", "Comment" from surveys where "Comment" is not null
  union all select "Event Id", "Occurred At", "Visitor Text" from chats
  where "Visitor Text" is not null)
"""


def test_every_text_has_its_truth(small: Demo) -> None:
    small.database.execute(ALL_TEXTS)
    found = small.rows(
        """select text, keyword, competitor, language, sentiment, intent from texts
           full join truth_texts on "Event Id" = event_id"""
    )
    spellings = small.facts["competitors"]
    assert len(found) > 500
    assert {row[4] for row in found} == {"positive", "negative", "neutral"}
    assert {row[5] for row in found} == {None, "Request", "Query", "Complaint", "Purchase"}
    for text, keyword, competitor, language, _, _ in found:
        body = text.split("\n\nOn Tue,")[0].split("\nCertified partner")[0]
        assert keyword in body
        assert bool(re.search(r"[一-鿿]{4}", body.replace("王医生", ""))) == (language == "zh")
        named = {name for name, alias in spellings.items() if name in body or alias[0] in body}
        assert named == ({competitor} if competitor else set())
    noise = [text for text, *_ in found if "On Tue," in text or "Certified partner" in text]
    assert noise


def test_voices_of_accounts_come_out(large: Demo) -> None:
    large.database.execute(ALL_TEXTS)
    shares = large.rows(
        f"""
        select voice, account_id, count(*) as n,
          avg((sentiment = 'negative')::int), avg((sentiment = 'positive')::int),
          avg((intent is not distinct from 'Purchase')::int), count(competitor),
          count(*) filter (sentiment = 'negative' and moment > date '{AS_OF}' - interval 6 day),
          count(*) filter (sentiment <> 'negative' and moment < date '{AS_OF}' - interval 6 day)
        from texts join truth_texts t on t.event_id = "Event Id"
        join truth_accounts using (account_id)
        where moment > date '{AS_OF}' - interval 183 day group by voice, account_id
        """
    )
    voices = Counter(row[0] for row in shares)
    assert all(voices[v] > 300 for v in ("unhappy", "happy", "buyer", "competitor", "alarm"))
    for voice, _, count, negative, positive, purchase, mentions, recent, calm in shares:
        assert voice == "ordinary" or count >= 9
        assert voice != "unhappy" or negative > 0.85
        assert voice != "happy" or positive > 0.85
        assert voice != "buyer" or purchase > 0.9
        assert voice != "competitor" or mentions == 6
        assert voice != "alarm" or (recent == 5 and calm >= 5)


def test_late_and_repeated_events_and_machine_opens_exist(large: Demo) -> None:
    late = """select avg(("Ingested At" > "Occurred At" + interval 12 hour)::int) from emails"""
    assert 0.01 < large.value(late) < 0.03
    repeated = """select count(*) - count(distinct "Event Id") from emails"""
    assert large.value(repeated) > 500
    machine = """
        select count(*) filter ("Is Machine"), count(*) filter (not "Is Machine") from emails
        where "Event" = 'opened' and "Message Id" in (select e."Message Id" from emails e
          join emails d on e."Message Id" = d."Message Id" and d."Event" = 'delivered'
          where e."Event" = 'opened' and e."Occurred At" <= d."Occurred At" + interval 2 second
          and e."Event Id" = emails."Event Id")"""
    flagged, unflagged = large.rows(machine)[0]
    assert flagged > 500 and unflagged > 500
    assert large.value('select max("Occurred At") from emails').date() <= AS_OF


# ------------------------------------------------------------------ identity


def test_planted_duplicates_are_the_only_ones(small: Demo, large: Demo) -> None:
    """Equal website domain, or equal normalised name and country (ACC-9), and nothing else."""
    for demo in (small, large):
        by_key: dict[tuple[str, ...], set[str]] = defaultdict(set)
        found = demo.rows(
            'select "Account Id", "Account Name", "Website", "Billing Country" from accounts'
        )
        for account, name, website, country in found:
            if website:
                by_key["domain", re.sub(r"^https?://(www\.)?|/$", "", website)].add(account)
            bare = re.sub(r"[^\w ]", "", name.casefold())
            bare = re.sub(r" (inc|llc|group|ltd|trust|plc|gmbh|ag|ggmbh|sa|sarl|sl|pvt ltd|kk|gk"
                          r"|co ltd|co|corp|pty ltd)$", "", bare)  # fmt: skip
            if country:
                by_key["name", bare, country].add(account)
        pairs = {frozenset(accounts) for accounts in by_key.values() if len(accounts) > 1}
        planted = demo.rows(
            """select record_id, same_as_id from truth_duplicates
               where "table" = 'accounts' and kind = 'duplicate'"""
        )
        odd_names = {row[0] for row in found[:3]}
        expected = {frozenset(pair) for pair in planted if not odd_names & set(pair)}
        assert {p for p in pairs if not odd_names & p} == expected and len(planted) >= 3


def test_duplicate_contacts_share_mail_or_phone_and_name(large: Demo) -> None:
    planted = large.rows(
        """
        select lower(a."Email") = lower(b."Email") as mail,
          a."Phone" = b."Phone" and a."Last Name" = b."Last Name" as phone,
          a."Account Id" = b."Account Id" as together
        from truth_duplicates d join (select distinct * from contacts) a
          on a."Contact Id" = d.record_id
        join (select distinct * from contacts) b on b."Contact Id" = d.same_as_id
        where d."table" = 'contacts'
        """
    )
    assert len(planted) > 300
    assert all((mail or phone) and together in (True, None) for mail, phone, together in planted)
    assert sum(bool(mail) for mail, _, _ in planted) > 100
