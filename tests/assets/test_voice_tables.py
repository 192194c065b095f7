"""Texts are read once by an engine, and again by another one; a killed run goes on (VOC-14)."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd
import pytest

from assets.voice_tables import (
    create_voice_tables,
    forget_other_versions,
    insert_heard,
    unread_count,
    unread_texts,
)
from ml.voice.engine import Engine
from ml.voice.names import Alias

TEXTS = {
    "h1": "This is terrible, we switch to Deskwell.",
    "h2": "Great support, thank you!",
    "h3": "",
    "h4": "quote\x00 '); drop table ml.heard_texts; --",
    "h5": "Bitte helfen Sie uns sofort mit der Rechnung weiter",
}


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema learning")
        connection.execute(
            "create table learning.int_texts__written (text_hash text, subject text, body text)"
        )
        for text_hash, body in TEXTS.items():
            connection.execute(
                "insert into learning.int_texts__written values (?, null, ?)", [text_hash, body]
            )
        create_voice_tables(connection)
        yield connection


def engine() -> Engine:
    return Engine().with_names((Alias("Deskwell", "Deskwell"),))


def read(connection: duckdb.DuckDBPyConnection, reader: Engine, batches: int) -> list[str]:
    """Read some batches of two, as a run that is killed after them; return what was read."""
    found: list[str] = []
    for batch, _ in zip(unread_texts(connection, reader.version, 2), range(batches), strict=False):
        insert_heard(connection, reader.classify(batch))
        found += batch.index.tolist()
    return found


def test_a_run_goes_on_where_another_was_killed(warehouse: duckdb.DuckDBPyConnection) -> None:
    first = read(warehouse, engine(), 1)
    create_voice_tables(warehouse)  # the next run begins so, and must lose nothing
    assert unread_count(warehouse, engine().version) == (5, 3)
    rest = read(warehouse, engine(), 9)
    assert sorted(first + rest) == sorted(TEXTS)
    assert read(warehouse, engine(), 9) == []
    assert unread_count(warehouse, engine().version) == (5, 0)
    rows = warehouse.execute(
        "select text_hash, count(*) from ml.heard_texts group by all"
    ).fetchall()
    assert dict(rows) == dict.fromkeys(TEXTS, 1)


def test_signals_are_those_the_engine_says(warehouse: duckdb.DuckDBPyConnection) -> None:
    read(warehouse, engine(), 9)
    said = engine().classify(pd.DataFrame({"body": list(TEXTS.values())}))
    said.index = pd.Index(TEXTS)
    stored = warehouse.execute("select text_hash, sentiment from ml.heard_texts").fetchall()
    assert dict(stored) == {
        h: None if pd.isna(s) else s for h, s in said["sentiment"].to_dict().items()
    }
    names = warehouse.execute(
        "select text_hash, signal, sentiment from ml.heard_signals where kind = 'competitor'"
    ).fetchall()
    assert names == [("h1", *said["competitors"]["h1"][0])]
    assert names[0][1:] == ("Deskwell", said["competitors"]["h1"][0][1])


def test_another_version_reads_everything_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    read(warehouse, engine(), 9)
    other = Engine()
    assert other.version != engine().version
    assert unread_count(warehouse, other.version) == (5, 5)
    read(warehouse, other, 9)
    forget_other_versions(warehouse, other.version)
    versions = warehouse.execute("select distinct engine_version from ml.heard_texts").fetchall()
    assert versions == [(other.version,)]
    assert warehouse.execute(
        "select count(*) from ml.heard_signals where kind = 'competitor'"
    ).fetchone() == (0,)
