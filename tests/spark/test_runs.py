"""Equal marts on DuckDB, Spark local and a standalone cluster, over two business dates.

One home folder goes from engine to engine: the first day on Spark in one process, the next on a
master with two workers, and then again on DuckDB. Every published table must be what DuckDB alone
makes of the same files.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.spark_settings import TOKEN_VARIABLE
from benchmarks.cluster import standalone_cluster
from tests.end_to_end.conftest import FIRST_DAY, NEXT_DAY, NextDay
from tests.end_to_end.installation import Installation
from tests.spark.foreign_server import foreign_server
from tests.spark.small_data import SETTINGS

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("spark"),
    pytest.mark.timeout(1500),  # shared runs are made inside the first test
]

OF_THE_ENGINE = {
    "account_state_history": {
        "attributes_fingerprint", "related_fingerprint", "events_fingerprint", "state_fingerprint",
    },
    "run_history": {"engine"},
}  # fmt: skip
"""Columns that say how, not what: fingerprints are compared between runs of one engine only."""


@dataclass(frozen=True)
class Engines:
    """The same two days by DuckDB alone, and by one engine after the other."""

    alone: Installation
    moving: Installation
    printed: dict[str, str]


@pytest.fixture(scope="module")
def engines(
    distribution: Path, next_day: NextDay, tmp_path_factory: pytest.TempPathFactory
) -> Engines:
    alone = next_day.copy("alone")
    alone.run("--as-of", str(NEXT_DAY))
    home = tmp_path_factory.mktemp("moving")
    moving = Installation(
        next_day.before.configuration,
        home,
        variables={"QUINTILE_SPARK_SETTINGS": SETTINGS, "QUINTILE_SPARK_TEXTS": "0"},
        longest_run_seconds=900,
    )
    printed = {"local": moving.run("--engine", "spark", "--master", "local[2]")}
    moving = replace(moving, configuration=next_day.configuration)
    with standalone_cluster(distribution, tmp_path_factory.mktemp("cluster")) as master:
        arguments = ("--engine", "spark", "--master", master, "--as-of", str(NEXT_DAY))
        printed["cluster"] = moving.run(*arguments)
    return Engines(alone, moving, printed)


@pytest.mark.skipif(
    os.environ.get("QUINTILE_NIGHTLY") != "1", reason="two more runs on Spark: QUINTILE_NIGHTLY=1"
)
def test_a_server_that_somebody_else_runs_makes_the_same(
    next_day: NextDay, distribution: Path, tmp_path: Path
) -> None:
    """Through `sc://`, with a key, twice: the second run finds its own tables there."""
    key = secrets.token_urlsafe(32)
    elsewhere = Installation(
        next_day.before.configuration,
        tmp_path / "home",
        variables={"QUINTILE_SPARK_SETTINGS": SETTINGS, TOKEN_VARIABLE: key},
        longest_run_seconds=900,
    )
    with foreign_server(distribution, tmp_path, key) as address:
        elsewhere.run("--engine", "spark", "--master", address)
        again = elsewhere.run("--engine", "spark", "--master", address)
    assert "is current already" in again
    database = elsewhere.publication.database
    assert differences(version(next_day.before, FIRST_DAY), database) == {}
    written = [path.read_bytes() for path in elsewhere.home.rglob("*") if path.is_file()]
    assert written and not [content for content in written if key.encode() in content]


def version(installation: Installation, day: date) -> Path:
    """DuckDB file that was published for a day."""
    (file,) = installation.published.glob(f"{day}-*.duckdb")
    return file


def differences(one: Path, other: Path) -> dict[str, int]:
    """Rows that only one of two published copies has, by table; tables without any are left out."""
    found: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        listing = (
            "select schema_name, table_name, list(column_name order by column_index), "
            "list(data_type order by column_index) from duckdb_columns() "
            "where database_name = ? and schema_name in ('marts', 'history') "
            "group by all order by all"
        )
        tables = connection.execute(listing, ["one"]).fetchall()
        assert tables == connection.execute(listing, ["other"]).fetchall()
        assert len(tables) > 20
        for schema, table, columns, _ in tables:
            kept = [c for c in columns if c not in OF_THE_ENGINE.get(table, set())]
            chosen = ", ".join(f'"{column}"' for column in kept)
            name = f"{schema}.{table}"
            for left, right in (("one", "other"), ("other", "one")):
                count = connection.execute(
                    f"select count(*) from (select {chosen} from {left}.{name} "
                    f"except all select {chosen} from {right}.{name})"
                ).fetchone()
                if count and count[0]:
                    found[name] = found.get(name, 0) + count[0]
    return found


@pytest.mark.parametrize("day", [FIRST_DAY, NEXT_DAY], ids=["local", "standalone_cluster"])
def test_every_mart_equals_duckdbs(engines: Engines, day: date) -> None:
    assert differences(version(engines.alone, day), version(engines.moving, day)) == {}


def test_executors_read_the_texts(engines: Engines) -> None:
    """VOC-14: once; what they heard is in the marts, which are equal."""
    assert f"read on Spark by {sys.executable}, 2 at a time" in engines.printed["local"]
    assert " 0 of them not read by engine" in engines.printed["cluster"]


def test_the_next_day_moved_something(engines: Engines) -> None:
    """Guards the test above: a ledger that stood still would prove nothing about history."""
    events = engines.moving.one(
        f"select count(*) from marts.seg_membership_ledger where as_of = '{NEXT_DAY}'"
    )
    assert events > 0


def test_exports_are_equal_to_the_byte(engines: Engines) -> None:
    assert engines.moving.export_files() == engines.alone.export_files()


def test_the_run_history_says_which_engine(engines: Engines) -> None:
    assert engines.moving.pairs("select as_of, engine from history.run_history") == {
        FIRST_DAY: "spark",
        NEXT_DAY: "spark",
    }


def test_duckdb_goes_on_where_spark_stopped(engines: Engines) -> None:
    engines.moving.run("--as-of", str(NEXT_DAY))
    alone, moving = engines.alone.publication.database, engines.moving.publication.database
    # A change of engine cannot be told from a change of data, and nothing else may differ.
    assert set(differences(alone, moving)) <= {
        "history.segment_event_history", "marts.seg_membership_ledger", "marts.seg_memberships",
    }  # fmt: skip
    events = (
        "select segment_id, account_id, event, nullif(cause, 'data_changed') "
        f"from marts.seg_membership_ledger where as_of = '{NEXT_DAY}'"
    )
    assert set(engines.moving.rows(events)) <= {
        (*event, cause) for *event, known in engines.alone.rows(events) for cause in (known, None)
    }
    assert engines.moving.pairs("select as_of, engine from history.run_history") == {
        FIRST_DAY: "spark",
        NEXT_DAY: "duckdb",
    }
