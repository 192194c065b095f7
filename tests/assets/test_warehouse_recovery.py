"""Damaged warehouse files are put aside and said; history comes back from the published copy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from assets.warehouse_recovery import put_aside_if_damaged, restore_history
from tests.assets.published_tables import NOW, make_warehouse, publish_it

KILLED_WRITER = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table big as select i, hash(i) h from range(200000) t(i)")
connection.execute("checkpoint")
for number in range(20):
    connection.execute(f"create table t{number} as select range i from range(500)")
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse whose writer was killed: a database of several blocks and a log beside it."""
    path = tmp_path / "warehouse.duckdb"
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)], check=False)
    assert path.with_name("warehouse.duckdb.wal").stat().st_size > 10_000
    return path


def overwrite(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 512)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "header": lambda path: overwrite(path, 0),
    "root block": lambda path: overwrite(path, 4096),
    "table block": lambda path: overwrite(path, 12288 + 4096),
    "cut tail": lambda path: os.truncate(path, path.stat().st_size - 300_000),
    "empty": lambda path: os.truncate(path, 0),
    "log middle": lambda path: overwrite(path.with_name(f"{path.name}.wal"), 6_000),
    "lost database": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_put_aside_not_deleted(warehouse: Path, damage: str) -> None:
    DAMAGES[damage](warehouse)
    before = {path.read_bytes() for path in warehouse.parent.iterdir()}
    said = put_aside_if_damaged(warehouse, NOW)
    assert said
    assert all("put aside as" in line and "rebuilds" in line for line in said)
    after = list(warehouse.parent.iterdir())
    assert {path.read_bytes() for path in after} == before
    assert all(".damaged-20260302T060000Z" in path.name for path in after)
    # The next start finds nothing to do: no restart loop.
    make_warehouse(warehouse)
    assert put_aside_if_damaged(warehouse, NOW) == []


def test_sound_warehouse_with_a_log_is_left_alone(warehouse: Path) -> None:
    assert put_aside_if_damaged(warehouse, NOW) == []
    assert put_aside_if_damaged(warehouse.with_name("none.duckdb"), NOW) == []
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select count(*) from t19").fetchone() == (500,)


def test_lock_of_another_process_is_no_damage(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "warehouse.duckdb")
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(duckdb.IOException, match="lock"):
            put_aside_if_damaged(path, NOW)
        holder.communicate(b"\n")
    assert path.exists()


def test_history_of_a_lost_warehouse_comes_back(tmp_path: Path) -> None:
    warehouse, folder = make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "published"
    assert restore_history(folder, warehouse) == {}
    publish_it(warehouse, folder)
    with duckdb.connect(str(warehouse)) as connection:
        expected = connection.execute("from history.ledger").fetchall()
    fresh = tmp_path / "fresh" / "warehouse.duckdb"
    assert restore_history(folder, fresh, ["no such table"]) == {}
    assert restore_history(folder, fresh) == {"ledger": 1}
    with duckdb.connect(str(fresh)) as connection:
        assert connection.execute("from history.ledger").fetchall() == expected
        connection.execute("update history.ledger set account_id = 'newer'")
    assert restore_history(folder, fresh) == {}
    with duckdb.connect(str(fresh)) as connection:
        assert connection.execute("select account_id from history.ledger").fetchall() == [
            ("newer",)
        ]
        connection.execute("delete from history.ledger")
    assert restore_history(folder, fresh) == {"ledger": 1}


def test_history_that_the_other_engine_left_as_views_becomes_tables(tmp_path: Path) -> None:
    """DuckDB deletes from them at once, empty ones too; one whose files are gone comes back."""
    warehouse, folder = make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "published"
    publish_it(warehouse, folder)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"copy (select 'newer' as account_id) to '{tmp_path}/ledger.parquet'")
        connection.execute(f"copy (select 1 as score limit 0) to '{tmp_path}/scores.parquet'")
        for table in ("ledger", "scores"):
            connection.execute(f"drop table if exists history.{table}")
            connection.execute(
                f"create view history.{table} as from read_parquet('{tmp_path}/{table}.parquet')"
            )
    assert restore_history(folder, warehouse) == {}
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("from history.ledger").fetchall() == [("newer",)]
        connection.execute("delete from history.scores")
        connection.execute("drop table history.ledger")
        connection.execute(
            f"create view history.ledger as from read_parquet('{tmp_path}/ledger.parquet')"
        )
    (tmp_path / "ledger.parquet").unlink()
    assert restore_history(folder, warehouse) == {"ledger": 1}
