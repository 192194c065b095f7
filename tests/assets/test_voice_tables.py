"""Texts are read once by an engine, and again by another one; a killed run goes on (VOC-14)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from assets.voice_tables import (
    HEARD_COLUMNS,
    VOICE_TABLES,
    MissingTextsError,
    create_voice_tables,
    forget_other_versions,
    insert_heard,
    insert_heard_files,
    unread_count,
    unread_texts,
    write_unread_texts,
)
from ml.voice.engine import Engine
from ml.voice.heard import heard_in_partition
from ml.voice.names import Alias
from ml.voice.packing import packed

TEXTS = {
    "h1": "This is terrible, we switch to Deskwell.",
    "h2": "Great support, thank you!",
    "h3": "",
    "h4": "quote\x00 '); drop table ml.heard_texts; --",
    "h5": "Bitte helfen Sie uns sofort mit der Rechnung weiter",
}
SIGNALS = pa.list_(pa.struct([(name, pa.string()) for name in ("kind", "signal", "sentiment")]))
TYPES = {"string": pa.string(), "double": pa.float64()}
FILES = pa.schema(
    [(name, TYPES.get(kind, SIGNALS)) for name, kind in (c.split(" ", 1) for c in HEARD_COLUMNS)]
)


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


def stored(connection: duckdb.DuckDBPyConnection) -> list[list[tuple[object, ...]]]:
    return [connection.execute(f"from ml.{name} order by all").fetchall() for name in VOICE_TABLES]


def test_files_from_elsewhere_are_stored_as_what_is_read_here(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """All of a wave, or nothing of it."""
    read(warehouse, engine(), 9)
    wanted = stored(warehouse)
    for name in VOICE_TABLES:
        warehouse.execute(f"delete from ml.{name}")
    content, version = packed(engine()), engine().version
    counts = []
    while texts := write_unread_texts(warehouse, version, 3, tmp_path / "unread"):
        counts.append(texts)
        wave = tmp_path / f"heard-{len(counts)}"
        wave.mkdir()
        with pytest.raises(MissingTextsError, match="home folder"):
            insert_heard_files(warehouse, version, wave, texts)
        unread = pd.read_parquet(tmp_path / "unread" / "part.parquet")
        # Executors finish in any order.
        parts = (unread.iloc[[1]], unread.drop(index=unread.index[1]))
        for number, part in enumerate(heard_in_partition(content, iter(parts))):
            with pytest.raises(MissingTextsError):
                insert_heard_files(warehouse, version, wave, texts)
            found = pa.Table.from_pandas(part, FILES, preserve_index=False)
            parquet.write_table(found, wave / f"{number}.parquet")
        with pytest.raises(MissingTextsError):
            insert_heard_files(warehouse, "another version", wave, texts)
        insert_heard_files(warehouse, version, wave, texts)
    assert counts == [3, 2]
    assert stored(warehouse) == wanted
