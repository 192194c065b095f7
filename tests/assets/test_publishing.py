"""Publishing: whole versions, one pointer, whatever happens in between (F04, F08, F10, F12)."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.durable_files import VolumeError
from assets.published import (
    POINTER_NAME,
    NothingPublishedError,
    PublishedColumn,
    PublishedCopyError,
    PublishedInput,
    current,
    open_published,
    read_pointer,
)
from assets.published_content import Source, described_table, landed_inputs
from assets.publishing import publish
from tests.assets.published_tables import AS_OF, INPUTS, NOW, make_warehouse, publish_it
from tests.assets.publishing_processes import ROOT, command

STEPS = [
    "swept", "hashed", "copied", "built", "placed", "manifest placed", "pointer written",
    "switched", "retired",
]  # fmt: skip


def run_process(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name, *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return make_warehouse(tmp_path / "warehouse.duckdb")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published"


def test_copy_holds_every_table_of_the_published_schemas(warehouse: Path, folder: Path) -> None:
    publication = publish_it(warehouse, folder)
    names = {(table.schema_name, table.table): table for table in publication.tables}
    with duckdb.connect(str(warehouse)) as source, open_published(folder) as copy:
        for schema, table in [
            ("marts", "dim_accounts"), ("marts", "seg_members"), ("marts", "rpt_counts"),
            ("history", "ledger"),
        ]:  # fmt: skip
            query = f"from {schema}.{table} order by all"
            expected = source.execute(query).fetchall()
            assert copy.execute(query).fetchall() == expected
            file = publication.parquet / f"{table}.parquet"
            assert source.execute(f"from '{file}' order by all").fetchall() == expected
            assert names[schema, table].rows == len(expected)
            stamps = dict(
                source.execute(f"select key, value from parquet_kv_metadata('{file}')").fetchall()
            )
            assert stamps[b"as_of"] == b"2026-03-01"
            assert stamps[b"inputs_as_of"] == b"2026-02-28"
        stamp = copy.execute("select * exclude (inputs) from publication").fetchall()
        assert stamp == [
            (publication.version, AS_OF, NOW.replace(tzinfo=None), "definition",
             date(2026, 2, 28), "USD")
        ]  # fmt: skip
        assert copy.execute(
            "select tier, seats, typeof(seats), industry, custom_industry from accounts "
            "where account_id in ('A001', 'A003') order by account_id"
        ).fetchall() == [
            (None, None, "BIGINT", "steel", None),
            ("gold", 3, "BIGINT", "steel", None),
        ]
    assert current(folder).model_dump() == publication.model_dump()


def test_file_is_in_the_storage_format_of_duckdb_1_5(warehouse: Path, folder: Path) -> None:
    header = publish_it(warehouse, folder).database.read_bytes()[:24]
    assert header[8:12] == b"DUCK"
    assert struct.unpack("<Q", header[12:20])[0] <= 68


def test_equal_content_is_not_written_again(warehouse: Path, folder: Path) -> None:
    first = publish_it(warehouse, folder)
    before = snapshot(folder)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create or replace table marts.dim_accounts as "
            "from marts.dim_accounts order by account_id desc"
        )
    again = publish_it(warehouse, folder, now=NOW + timedelta(days=1))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.version == first.version
    assert again.computed_at == NOW
    assert "equal content" in again.notes[0]
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": date(2026, 3, 2)},
        {"definition_hash": "other"},
        {"currency": "EUR"},
        {"inputs": {**INPUTS, "deals": PublishedInput(load_sequence=8)}},
        {"custom_fields": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_is_a_new_version(warehouse: Path, folder: Path, change: dict) -> None:
    first = publish_it(warehouse, folder)
    second = publish_it(warehouse, folder, **change)
    assert second.version != first.version
    assert second.is_new
    assert first.database.exists()


cells = st.none() | st.sampled_from(["", "a", "b", "ab", "NULL"]) | st.text(max_size=3)
rows = st.lists(st.tuples(cells, st.none() | st.integers(-2, 2)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows, rows, st.randoms(use_true_random=False))
def test_content_hash_is_equal_exactly_for_equal_rows(left: list, right: list, order) -> None:
    right = right if order.random() < 0.5 else order.sample(left, len(left))
    hashes = []
    for content in (left, right):
        with duckdb.connect() as connection:
            connection.execute("create table t (a varchar, b bigint)")
            if content:
                connection.executemany("insert into t values (?, ?)", content)
            columns = [
                PublishedColumn(name="a", type="VARCHAR"),
                PublishedColumn(name="b", type="BIGINT"),
            ]
            source = Source(connection, "memory")
            hashes.append(described_table(source, "main", "t", columns).content_hash)
    assert (hashes[0] == hashes[1]) == (Counter(left) == Counter(right))


def test_unfinished_tables_of_a_killed_dbt_are_left_out(tmp_path: Path, folder: Path) -> None:
    warehouse = make_warehouse(
        tmp_path / "w.duckdb", "create table marts.dim_accounts__dbt_tmp as select 1 as x"
    )
    names = {table.table for table in publish_it(warehouse, folder).tables}
    assert "dim_accounts" in names
    assert not any(name.endswith("__dbt_tmp") for name in names)


def test_open_connection_can_be_published_and_stays_open(warehouse: Path, folder: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        first = publish_it(connection, folder)
        connection.execute("delete from marts.seg_members")
        second = publish_it(connection, folder)
        assert first.version != second.version
        names = "select database_name from duckdb_databases() where not internal"
        assert connection.execute(names).fetchall() == [("warehouse",)]
    assert publish_it(warehouse, folder).version == second.version


def test_read_only_connection_can_be_published(warehouse: Path, folder: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert publish_it(connection, folder).is_new
        assert connection.execute("select count(*) from marts.dim_accounts").fetchone() == (6,)
    assert not publish_it(warehouse, folder).is_new


def test_nothing_to_publish_is_an_error_and_changes_nothing(tmp_path: Path, folder: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create table x as select 1")
    with pytest.raises(PublishedCopyError, match="nothing to publish"):
        publish_it(tmp_path / "w.duckdb", folder)
    with pytest.raises(NothingPublishedError):
        current(folder)


def test_reader_can_reach_nothing_but_its_version(warehouse: Path, folder: Path) -> None:
    publish_it(warehouse, folder)
    with open_published(folder) as connection:
        for statement in [
            "create table t as select 1",
            f"copy marts.dim_accounts to '{folder}/stolen.csv'",
            f"attach '{warehouse}'",
            "select * from read_csv('/etc/passwd')",
            "set enable_external_access = true",
            "set memory_limit = '100GB'",
            "install httpfs",
        ]:
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
        assert connection.execute("select count(*) from accounts").fetchone() == (6,)


@pytest.mark.parametrize("step", STEPS)
def test_killed_publish_leaves_the_old_or_the_new_version(
    warehouse: Path, folder: Path, step: str
) -> None:
    """F04: never neither; the next publish ends with equal content and no left-overs."""
    old = publish_it(warehouse, folder)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.seg_members where segment_id = 'big'")
    killed = run_process("publish_and_die", warehouse, folder, step)
    assert killed.returncode == -9, killed.stderr
    seen = current(folder)
    assert (seen.version == old.version) == (step not in ("switched", "retired"))
    with open_published(folder) as connection:
        members = connection.execute("select count(*) from marts.seg_members").fetchone()
        assert members == ((4,) if seen.version == old.version else (3,))
    after = publish_it(warehouse, folder, now=NOW + timedelta(hours=1))
    assert after.version == current(folder).version != old.version
    assert after.is_new == (step not in ("switched", "retired"))
    with open_published(folder) as connection:
        assert connection.execute("select count(*) from marts.seg_members").fetchone() == (3,)
    names = {path.name for path in folder.iterdir()}
    both = {f"{v}{s}" for v in (old.version, after.version) for s in ("", ".duckdb", ".json")}
    assert names == {*both, POINTER_NAME, ".publish.lock"}
    assert [one.version for one in read_pointer(folder).versions] == [old.version, after.version]


def test_readers_never_fail_and_never_go_back(tmp_path: Path, folder: Path) -> None:
    """F10: 200 publishes (nightly 1,000) beside four processes that open the copy all the time."""
    publishes = 1_000 if os.environ.get("QUINTILE_NIGHTLY") else 200
    stop = tmp_path / "stop"
    outs = [tmp_path / f"reader{number}.json" for number in range(4)]
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create schema marts")
        for number in range(publishes):
            for table in ("one", "two"):
                connection.execute(f"create or replace table marts.{table} as select {number} n")
            publish_it(
                connection, folder, definition_hash=str(number), keep_versions=2,
                minimum_age=timedelta(0), now=NOW + timedelta(seconds=number),
            )  # fmt: skip
            if number == 0:
                readers = [
                    subprocess.Popen(command("read_until", folder, stop, out), cwd=ROOT)
                    for out in outs
                ]
    stop.touch()
    for reader in readers:
        assert reader.wait(60) == 0
    found = [json.loads(out.read_text()) for out in outs]
    assert [one["errors"] for one in found] == [[]] * 4
    assert sum(one["reads"] for one in found) > publishes
    assert len(list(folder.glob("*.duckdb"))) == 2
    assert read_pointer(folder).sequence == publishes


def test_retention_spares_the_current_and_the_young(warehouse: Path, folder: Path) -> None:
    def publish_day(day: int) -> str:
        moment = NOW + timedelta(days=day)
        return publish_it(warehouse, folder, definition_hash=str(day), now=moment).version

    versions = [publish_day(day) for day in range(5)]
    assert [one.version for one in read_pointer(folder).versions] == versions[2:]
    assert {path.stem for path in folder.glob("*.duckdb")} == set(versions[2:])
    # Superseded minutes ago: kept, although more than `keep_versions` lie there. The last one of
    # the days was superseded by the first of the minutes.
    for minute in range(3):
        moment = NOW + timedelta(days=5, minutes=minute)
        publish_it(warehouse, folder, definition_hash=f"m{minute}", now=moment, keep_versions=1)
    assert len(read_pointer(folder).versions) == 4
    back = publish_it(warehouse, folder, definition_hash="m0", now=NOW + timedelta(days=6))
    assert read_pointer(folder).versions[-1].version == back.version == current(folder).version


def test_reader_follows_when_its_version_is_retired_meanwhile(
    warehouse: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_it(warehouse, folder)
    connect = duckdb.connect

    def late(path: str = ":memory:", *arguments, **settings_):
        monkeypatch.setattr(duckdb, "connect", connect)
        newer = publish_it(
            warehouse, folder, definition_hash="newer", keep_versions=1,
            minimum_age=timedelta(0), now=NOW + timedelta(hours=1),
        )  # fmt: skip
        assert newer.notes
        return connect(path, *arguments, **settings_)

    monkeypatch.setattr(duckdb, "connect", late)
    with open_published(folder) as connection:
        assert connection.execute("select definition_hash from publication").fetchone() == (
            "newer",
        )


def test_lost_pointer_is_said_and_the_next_publish_keeps_all_versions(
    warehouse: Path, folder: Path
) -> None:
    """F12: a missing or damaged state file."""
    first = publish_it(warehouse, folder, definition_hash="1")
    second = publish_it(warehouse, folder, definition_hash="2", now=NOW + timedelta(hours=1))
    (folder / POINTER_NAME).write_text("{")
    with pytest.raises(PublishedCopyError, match=POINTER_NAME):
        open_published(folder)
    (folder / POINTER_NAME).unlink()
    with pytest.raises(NothingPublishedError, match="nothing is published"):
        current(folder)
    third = publish_it(warehouse, folder, definition_hash="3", now=NOW + timedelta(hours=2))
    kept = [one.version for one in read_pointer(folder).versions]
    assert kept == [first.version, second.version, third.version]


def test_damaged_current_version_is_said_and_rebuilt(warehouse: Path, folder: Path) -> None:
    publication = publish_it(warehouse, folder)
    publication.database.unlink()
    with pytest.raises(PublishedCopyError, match=publication.version):
        open_published(folder)
    again = publish_it(warehouse, folder)
    assert again.is_new
    with open_published(folder) as connection:
        assert connection.execute("select count(*) from accounts").fetchone() == (6,)


def test_full_disk_names_volume_and_need_and_the_old_version_stays(
    tmp_path: Path, warehouse: Path, folder: Path
) -> None:
    """F08: first inside the DuckDB file, then as an error of the operating system."""
    old = publish_it(warehouse, folder)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.large as select hash(i) x from range(2000000) t(i)")
    failed = run_process("publish_within", warehouse, folder, 8_000_000)
    last = failed.stderr.strip().splitlines()[-1]
    assert failed.returncode == 1
    assert "VolumeError: publishing: no space left on the volume of" in last
    assert f"the published version {old.version} stays current" in last
    assert current(folder).version == old.version
    assert not [path for path in folder.iterdir() if path.name.startswith(".building")]
    assert publish_it(warehouse, folder).is_new


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")
def test_folder_that_cannot_be_written_is_named() -> None:
    """F12: the same folder, read by a user who may not write it."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        warehouse, folder = Path(place) / "warehouse.duckdb", Path(place) / "published"
        make_warehouse(warehouse)
        old = publish_it(warehouse, folder, definition_hash="old")
        before = snapshot(folder)
        failed = run_process("publish_as_nobody", warehouse, folder)
        last = failed.stderr.strip().splitlines()[-1]
        assert f"VolumeError: publishing: {folder} (volume" in last
        assert f"{old.version} stays current" in last
        assert snapshot(folder) == before


def test_folder_that_is_a_file_is_named(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "published").write_text("no folder")
    with pytest.raises(VolumeError, match="is not there or is no folder"):
        publish_it(warehouse, tmp_path / "published")


def test_inputs_are_the_newest_active_loads() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema landing; create table landing.loads as select * from (values "
            "('accounts', 1, date '2026-01-01', true), ('accounts', 2, date '2026-02-01', true), "
            "('accounts', 3, date '2026-03-01', false), ('deals', 4, null, true)"
            ") t(module, load_sequence, exported_on, is_active)"
        )
        assert landed_inputs(connection) == {
            "accounts": PublishedInput(load_sequence=2, exported_on=date(2026, 2, 1)),
            "deals": PublishedInput(load_sequence=4, exported_on=None),
        }


def test_two_publishes_at_once_do_not_sweep_each_other(warehouse: Path, folder: Path) -> None:
    """The second waits for the folder; both versions are whole in the end."""
    inner: list[str] = []

    def on_step(name: str) -> None:
        if name == "built" and not inner:
            inner.append("started")
            process = subprocess.Popen(
                command("publish_and_die", warehouse, folder, "never"), cwd=ROOT,
                stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            processes.append(process)

    processes: list[subprocess.Popen[str]] = []
    mine = publish(
        warehouse, folder, as_of=AS_OF, definition_hash="mine", inputs={}, now=NOW, on_step=on_step
    )
    _, errors = processes[0].communicate(timeout=60)
    assert processes[0].returncode == 0, errors
    assert mine.database.exists()
    assert current(folder).definition_hash == "definition"
    assert len(read_pointer(folder).versions) == 2
