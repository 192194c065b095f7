"""Learned tables take the place of the old ones when all are filled, and not before."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd

from assets.identity_tables import IDENTITY_TABLES
from assets.learned_tables import TABLES, UNFINISHED, create_tables, finish_tables, insert_frame

FILL = """
import os, sys, duckdb
from assets.learned_tables import create_tables, finish_tables, insert_rows

connection = duckdb.connect(sys.argv[1])
create_tables(connection)
insert_rows(connection, "recommendation_cards", [{"recommendation_type": sys.argv[2]}])
if sys.argv[3] == "killed":
    os.kill(os.getpid(), 9)
finish_tables(connection)
"""


def fill(file: Path, type_: str, ending: str) -> int:
    return subprocess.run([sys.executable, "-c", FILL, str(file), type_, ending]).returncode


def types(file: Path) -> list[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute("select recommendation_type from ml.recommendation_cards")
        return [type_ for (type_,) in rows.fetchall()]


def tables(file: Path) -> set[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'ml'"
        ).fetchall()
        return {name for (name,) in rows}


def test_a_killed_learning_leaves_the_tables_of_the_run_before(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    assert fill(file, "first", "finished") == 0
    assert fill(file, "second", "killed") == -signal.SIGKILL
    assert types(file) == ["first"]
    assert fill(file, "third", "finished") == 0
    assert types(file) == ["third"]
    assert tables(file) == set(TABLES), "nothing unfinished is left"


def test_tables_of_one_asset_leave_those_of_the_other(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    assert fill(file, "first", "finished") == 0
    with duckdb.connect(str(file)) as connection:
        create_tables(connection, IDENTITY_TABLES)
        rows = pd.DataFrame({"contact_id": ["c", "d"], "is_email_valid": [None, False]})
        columns = IDENTITY_TABLES["contact_identities"][1]
        rows = rows.reindex(columns=list(columns))
        insert_frame(connection, f"contact_identities{UNFINISHED}", columns, rows)
        finish_tables(connection, IDENTITY_TABLES)
        found = connection.execute(
            "select contact_id, is_email_valid, email_reason from ml.contact_identities order by 1"
        ).fetchall()
    assert found == [("c", None, None), ("d", False, None)]
    assert types(file) == ["first"]
    assert tables(file) == {*TABLES, *IDENTITY_TABLES}
