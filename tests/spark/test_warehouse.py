"""What Spark is handed and what it keeps, on one server: loads, history, findings, texts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pandas as pd
import pytest

from assets.home import Home
from assets.published_content import Source, described_tables
from assets.spark_findings import keep_offending_rows
from assets.spark_history import claim_catalogue, mark_history, restore_history
from assets.spark_server import connect_server
from assets.spark_session import spark_session
from assets.spark_settings import SparkUnavailableError
from assets.spark_voices import read_in_waves
from assets.spark_warehouse import SparkWarehouse, Storage, spark_warehouse
from assets.voice_tables import create_voice_tables, insert_heard, unread_texts
from assets.warehouse import warehouse
from ml.voice.batches import classified
from ml.voice.engine import Engine
from tests.assets.published_tables import publish_it
from tests.dbt_project.test_exact_numbers import EXACT, amounts_and_rates, quantized
from tests.end_to_end.installation import ROOT
from tests.spark.texts import heard, taught, unread

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.timeout(600)]

LOADS = 60
DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
COLUMNS = {"account_id": "VARCHAR", "seats": "BIGINT", "changed_at": "TIMESTAMP"}
MACROS = ROOT / "dbt_project" / "macros" / "engine"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home") / "a home")


@pytest.fixture(scope="module")
def spark(distribution: Path, home: Home) -> Iterator[SparkWarehouse]:
    with (
        connect_server("local[2]", home.spark) as address,
        spark_warehouse(address, Storage.of(home.root)) as spark,
    ):
        claim_catalogue(home, spark)
        yield spark


def landed(home: Home, number: int, query: str) -> Path:
    """A landed load: its rows, and a file of another kind beside them."""
    folder = home.landing / "deals" / f"load-{number:04}"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name, content in (("data", query), ("quarantine", "select 'refused' as raw")):
            rows = connection.sql(content)
            rows.write_parquet(f"{folder.parent}/written")
            (folder.parent / "written").rename(folder / f"{name}.parquet")
    return folder / "data.parquet"


def test_a_relation_of_many_loads_is_read_whole(spark: SparkWarehouse, home: Home) -> None:
    """Sixty loads of two sets of columns; the text of the view does not grow with them."""
    old = "select 'A{0}' as account_id, {0}::integer as seats"
    new = "select '2026-01-01'::timestamp as changed_at, 'A{0}' as account_id, {0}::bigint as seats"
    files = [landed(home, n, (old if n % 2 else new).format(n)) for n in range(LOADS)]
    spark.create_schema("landing")
    for _ in range(2):  # the next run replaces what this one made
        spark.drop_landed("landing")
        spark.replace_landed("landing", "deals", COLUMNS, files)
    found = spark.rows("select account_id, seats, year(changed_at) from landing.deals")
    assert sorted(found, key=lambda row: row[1]) == [
        (f"A{n}", n, None if n % 2 else 2026) for n in range(LOADS)
    ]
    assert spark.tables("landing") == {"deals", "deals__files_1", "deals__files_2"}
    (_, text), *_ = [row[:2] for row in spark.rows("describe extended landing.deals")
                     if row[0] == "View Text"]  # fmt: skip
    assert len(text) < 1000
    spark.drop_landed("landing")
    spark.replace_landed("landing", "deals", COLUMNS, ())
    assert spark.rows("select * from landing.deals") == []
    assert all(file.exists() for file in files)


def test_taken_files_stay_when_the_table_is_made_anew(
    spark: SparkWarehouse, home: Home, tmp_path: Path
) -> None:
    """Linked, not written again; a table in partitions is written."""
    spark.create_schema("taken")
    run = spark._session.sql
    for day in (1, 2):
        run(f"create table taken.accounts using parquet as select id * {day} as n from range(9)")
        assert not spark.link_files("taken", "accounts", 8, tmp_path / str(day)), "a file too many"
        assert spark.link_files("taken", "accounts", 9, tmp_path / str(day))
        assert spark.link_files("taken", "accounts", 9, tmp_path / str(day)), "once more"
        spark.drop_table("taken", "accounts")
    for day in (1, 2):
        found = duckdb.sql(f"select n from '{tmp_path}/{day}/*.parquet' order by n").fetchall()
        assert found == [(n * day,) for n in range(9)]
    run("create table taken.parts using parquet partitioned by (day) as select 1 as n, 2 as day")
    run("create view taken.some as select 1 as n")
    elsewhere = tmp_path / "elsewhere"
    run(f"create table taken.afar using parquet location '{elsewhere}' as select 1 as n")
    assert list(elsewhere.glob("*.parquet")), "this machine sees them; whose they are it cannot say"
    for table in ("parts", "some", "afar"):
        assert not spark.link_files("taken", table, 1, tmp_path / table)
        assert not (tmp_path / table).exists()


def test_another_installations_catalogue_is_refused(spark: SparkWarehouse, tmp_path: Path) -> None:
    with pytest.raises(
        SparkUnavailableError, match=r"another installation.*QUINTILE_SPARK_CATALOG"
    ):
        claim_catalogue(Home(tmp_path), spark)


HISTORY = "create schema if not exists {0}history; create or replace table {0}history."


def publish_history(home: Home, day: date, *rows: str) -> None:
    """Publish, as DuckDB makes it, a history of completed runs and of an empty table."""
    home.root.mkdir(exist_ok=True)
    values = ", ".join(f"({row})" for row in rows) or "(null, null)"
    with warehouse(home.warehouse) as connection:
        connection.execute("create schema if not exists history")
        connection.execute(
            "create or replace table history.run_history as select as_of::date as as_of, made_by "
            f"from (values {values}) t(as_of, made_by) where as_of is not null"
        )
        connection.execute(
            "create or replace table history.moves as from history.run_history limit 0"
        )
    publish_it(home.warehouse, home.published, as_of=day)


def runs(spark: SparkWarehouse) -> set[tuple[Any, ...]]:
    return set(spark.rows("select as_of, made_by from history.run_history"))


def run_on_spark(spark: SparkWarehouse, home: Home, day: date, made_by: str) -> None:
    """What a run on Spark leaves: its own history, the same in the DuckDB file, and the mark."""
    restore_history(home.published, spark)
    spark.rows(f"insert into history.run_history values ('{made_by}', date '{day}')")
    rows = [f"'{found}', '{name}'" for found, name in runs(spark)]
    with warehouse(home.warehouse) as connection:
        connection.execute(
            "create or replace table history.run_history as select as_of::date as as_of, made_by "
            f"from (values {', '.join(f'({row})' for row in rows)}) t(as_of, made_by)"
        )
        mark_history(connection, home.warehouse.stem, spark)


def test_only_the_published_history_is_gone_on_with(spark: SparkWarehouse, home: Home) -> None:
    publish_history(home, DAY, f"'{DAY}', 'duckdb'")
    assert restore_history(home.published, spark) == {"moves": 0, "run_history": 1}
    run_on_spark(spark, home, NEXT, "spark")
    assert runs(spark) == {(DAY, "duckdb"), (NEXT, "spark")}
    publish_it(home.warehouse, home.published, as_of=NEXT)
    assert restore_history(home.published, spark) == {}, "it is what was published"
    assert restore_history(home.published, spark) != {}, "a killed run left it without its mark"
    run_on_spark(spark, home, NEXT, "spark")
    # DuckDB goes back to the first day: fewer runs, each of which Spark knows as well.
    publish_history(home, DAY, f"'{DAY}', 'duckdb'")
    assert restore_history(home.published, spark)["run_history"] == 1
    assert runs(spark) == {(DAY, "duckdb")}
    # DuckDB forgets all of them: an empty history is a history.
    run_on_spark(spark, home, NEXT, "spark")
    with warehouse(home.warehouse) as connection:
        connection.execute("delete from history.run_history")
        tables = described_tables(Source(connection, home.warehouse.stem), ["history"])
        assert [t.rows for t in tables] == [0, 0]
        connection.execute("alter table history.run_history rename to completed")
    publish_it(home.warehouse, home.published, as_of=NEXT)
    assert restore_history(home.published, spark) == {"completed": 0, "moves": 0}


def rendered(file: str, call: str) -> str:
    """SQL that the Spark half of a macro gives."""
    text = (MACROS / file).read_text(encoding="utf-8")
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        text + "{{ spark__" + call + " }}"
    ).render(run_query=lambda query: asked.append(query))  # fmt: skip


asked: list[str] = []


def test_folders_that_the_catalogue_does_not_know_are_forgotten(spark: SparkWarehouse) -> None:
    """A kill between a date's files and its entry: what the rerun appends must not join them."""
    spark.create_schema("crm")
    spark.rows(
        "create or replace temporary view days as select 1 as number, date '2026-03-01' as as_of"
    )
    spark.rows("create table crm.remembered using parquet partitioned by (as_of) as from days")
    repair = re.search(
        r'run_query\("(msck[^"]*)" ~ relation\)', (MACROS / "history.sql").read_text()
    )
    assert repair is not None
    described = spark.rows("describe extended crm.remembered")
    folder = next(Path(row[1].removeprefix("file:")) for row in described if row[0] == "Location")
    lost = folder / "as_of=2026-03-02"
    (folder / "as_of=2026-03-01").rename(lost)
    (folder / "as_of=2026-03-01").mkdir()
    assert spark.rows("select number from crm.remembered where as_of = '2026-03-02'") == []
    spark.rows(repair[1] + "crm.remembered")
    spark.rows("alter table crm.remembered drop partition (as_of = '2026-03-02')")
    assert not lost.exists()


def test_folders_of_unknown_tables_are_removed(spark: SparkWarehouse) -> None:
    spark.create_schema("crm")
    place = dict(spark.rows("describe schema crm"))["Location"]
    left = Path(place.removeprefix("file:")) / "half_made"
    left.mkdir(parents=True)
    assert spark.drop_leftovers(["crm"]) == ["crm.half_made"]
    assert not left.exists()


def test_examples_are_the_smallest_and_bounded(spark: SparkWarehouse) -> None:
    values = ", ".join(f"('doubt', cast(null as string), 'D{n:03}')" for n in range(300, 0, -1))
    spark.rows(
        f"create or replace temporary view doubted as select * from values {values}, "
        "('doubt', null, 'D001'), ('nameless', 'field', null) as t (check_name, field, record_id)"
    )
    query = rendered(
        "collections.sql", "counted_with_examples('doubted', ['check_name', 'field'], 'record_id')"
    )
    assert set(spark.rows(query)) == {
        ("doubt", None, 301, "D001, D002, D003, D004, D005"),
        ("nameless", "field", 1, None),
    }
    ((plan,),) = spark.rows(f"explain {query}")
    assert "WindowGroupLimit" in plan, "every task keeps five, before anything is moved"


def test_rows_of_a_failed_test_are_kept_beside_its_query(
    spark: SparkWarehouse, tmp_path: Path
) -> None:
    good, bad = tmp_path / "unique_id.sql", tmp_path / "gone.sql"
    good.write_text("select id as deal_id, date '2026-01-01' as day from range(9) order by id")
    bad.write_text("select * from nowhere")
    told = "\n".join(f"test: Got 9\n  9 rows; the query: {file}" for file in (good, bad))
    kept = [json.loads(file.read_text()) for file in keep_offending_rows(spark, told)]
    assert kept == [
        {"header": ["deal_id", "day"], "rows": [[n, "2026-01-01"] for n in range(5)]},
        {"header": [], "rows": []},
    ]


def test_a_killed_runs_statements_are_stopped(spark: SparkWarehouse, tmp_path: Path) -> None:
    """On somebody else's server they would go on, and disturb the next run."""
    noted = tmp_path / "session"
    working = (
        "import sys; from pathlib import Path; from assets.spark_session import spark_session\n"
        "with spark_session(sys.argv[1], Path(sys.argv[2])) as session:\n"
        "    print('at work', flush=True)\n"
        "    session.sql('select sum(hash(id)) from range(0, 1000000000000, 1, 2)').collect()\n"
    )
    address = os.environ["SPARK_REMOTE"]
    run = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", working, address, str(noted)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "at work\n"
    # Once both cores are taken, anything that is asked waits until that statement is stopped; so
    # nothing is asked before the kill.
    while not noted.exists():
        time.sleep(0.1)
    time.sleep(3)
    assert run.poll() is None, "the statement should last for hours"
    run.kill()
    run.wait()
    with spark_session(address, noted) as session:
        assert session.sql("select count(*) from range(10)").collect()[0][0] == 10
    assert not noted.exists()


ALMOST_TIES = [("4993.74", "0.812296"), ("1990.33", "0.839912"), ("385.9", "0.928505")]
"""Quotients a little below a tie; the nearest numbers of 14 decimals are ties."""


def test_products_and_quotients_are_rounded_once(spark: SparkWarehouse, home: Home) -> None:
    """EDG-4: to the last digit what Python's decimals give, at ties and right below them."""
    pairs = [(Decimal(amount), Decimal(rate)) for amount, rate in ALMOST_TIES]
    for units in range(1, 2_000_001, 20_010):  # products that end in 4,997 units of 10^-14
        unit = 4_997 * pow(units, -1, 10_000) % 10_000
        pairs.append((Decimal(10_000_000 + unit).scaleb(-4), Decimal(units).scaleb(-10)))
    pairs += amounts_and_rates()
    pairs += [(-amount, rate) for amount, rate in pairs]
    folder = home.root / "pairs"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("create table pairs (n bigint, a decimal(18, 4), r decimal(20, 10))")
        rows = [(n, str(amount), str(rate)) for n, (amount, rate) in enumerate(pairs)]
        connection.executemany("insert into pairs values (?, ?, ?)", rows)
        connection.sql("from pairs").write_parquet(str(folder / "data.parquet"))
    spark.create_schema("numbers")
    columns = {"n": "BIGINT", "a": "DECIMAL(18, 4)", "r": "DECIMAL(20, 10)"}
    spark.replace_external_table("numbers", "pairs", columns, folder)
    quotient = rendered("numbers.sql", "exact_quotient('a', 'r')")
    product = rendered("numbers.sql", "exact_product('a', 'r')")
    fits = "r < 1e8 and abs(a) < 1e9"
    found = spark.rows(
        f"select {quotient}, case when {fits} then {product} end from numbers.pairs order by n"
    )
    for (amount, rate), (divided, multiplied) in zip(pairs, found, strict=True):
        assert divided == quantized(EXACT.divide(amount, rate), 10), (amount, rate)
        if rate < 10**8 and abs(amount) < 10**9:
            assert multiplied == quantized(EXACT.multiply(amount, rate), 10), (amount, rate)


def test_expected_amounts_keep_all_their_decimals(spark: SparkWarehouse) -> None:
    """EDG-4: 14 of them, as on DuckDB, where amount and probability have all that theirs allow."""
    pairs = [("0.0000000001", "12.34"), ("98765432101.5678901234", "33.0001"), ("-1.2", "99.99")]
    rows = " union all ".join(
        f"select cast('{amount}' as decimal(28, 10)) as amount, cast('{percent}' as decimal(18, 4))"
        f" as percent"
        for amount, percent in pairs
    )
    rule = (MACROS.parent / "rules" / "expected_sum.sql").read_text(encoding="utf-8")
    expected = jinja2.Environment().from_string(
        rule + "{{ expected_sum('amount', 'percent') }}"
    ).render()  # fmt: skip
    query = f"select {expected} from ({rows}) as deals"
    total = Decimal(0)
    for amount, percent in pairs:
        total = EXACT.add(total, EXACT.multiply(Decimal(amount), Decimal(percent)))
    exact = EXACT.divide(quantized(total, 12), Decimal(100))
    assert exact.as_tuple().exponent == -14, "all decimals are used"
    with duckdb.connect() as connection:
        assert connection.sql(query).fetchall() == [(exact,)]
    assert spark.rows(query) == [(exact,)]


@pytest.fixture
def voices(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in which no text is read yet."""
    file = home.root / "voices.duckdb"
    file.unlink(missing_ok=True)
    unread(file, 400)
    with warehouse(file) as connection:
        yield connection


def test_executors_hear_what_is_heard_here(
    spark: SparkWarehouse, home: Home, voices: duckdb.DuckDBPyConnection
) -> None:
    """VOC-14: row by row, whatever a text is, by a taught engine."""
    engine, told = taught(), list[int]()
    folder = home.root / "texts"
    found = read_in_waves(
        spark._session, Storage.of(home.root), voices, engine, folder, told.append,
        texts_per_core=100,
    )  # fmt: skip
    assert (found.fault, found.texts, told) == ("", 404, [200, 400, 404])
    assert sys.executable in found.reader
    assert not folder.exists(), "what customers wrote does not stay"
    with duckdb.connect() as here:
        here.execute("create schema learning")
        texts = voices.execute("from learning.int_texts__written").df()
        here.register("texts", texts)
        here.execute("create table learning.int_texts__written as from texts")
        create_voice_tables(here)
        for said in classified(engine, unread_texts(here, engine.version, 50)):
            insert_heard(here, said)
        assert heard(voices) == heard(here)
    for row in ("engine = 'trained' and language = 'en'", "engine = 'trained' and language = 'zh'",
                "sentiment is null", "moved_by is null", "language = 'zxx'"):  # fmt: skip
        counted = voices.execute(f"select count(*) from ml.heard_texts where {row}").fetchone()
        assert counted != (0,), row


def test_a_python_without_the_packages_reads_nothing_and_says_what_it_lacks(
    spark: SparkWarehouse,
    home: Home,
    voices: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    for python, lack in (
        (tmp_path / "bare" / "bin" / "python", r"numpy is missing.*vaderSentiment is missing"),
        (tmp_path / "gone" / "python", "cannot be started"),
    ):
        monkeypatch.setenv("QUINTILE_SPARK_PYTHON", str(python))
        found = read_in_waves(
            spark._session, Storage.of(home.root), voices, Engine(), home.root / "texts", print
        )
        assert found.texts == 0
        assert re.search(lack, found.fault) and f"{python}: " in found.fault
        assert f"pandas=={pd.__version__}" in found.fault
        assert "QUINTILE_SPARK_PYTHON=/path/to/python" in found.fault
    assert heard(voices) == {"heard_texts": [], "heard_signals": []}
