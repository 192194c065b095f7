"""Tables of schema `ml` that hold what engines heard in texts, and how frames get into them.

A text is read once by an engine: its row stays until another version of the engine has read
everything (VOC-14). Never read a text or decide here.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from assets.learned_tables import SCHEMA, Tables, cast_to, defined, insert_frame
from assets.warehouse import literal, pattern_literal

VOICE_TABLES: Final[Tables] = {
    "heard_texts": (
        "What an engine heard in a text: language, sentiment, emotion, and what moved it (VOC-4). "
        "One row per text.",
        {
            "text_hash": "VARCHAR", "engine_version": "VARCHAR", "engine": "VARCHAR",
            "language": "VARCHAR", "unsupported_reason": "VARCHAR", "sentiment": "VARCHAR",
            "sentiment_score": "DECIMAL(6,4)", "emotion": "VARCHAR", "margin": "DECIMAL(5,4)",
            "moved_by": "VARCHAR",
        },
    ),
    "heard_signals": (
        "Intents, keywords and competitors heard in a text, with what is said of them (VOC-6, "
        "VOC-8, VOC-10). One row per text, kind and signal.",
        {
            "text_hash": "VARCHAR", "kind": "VARCHAR", "signal": "VARCHAR",
            "sentiment": "VARCHAR", "engine_version": "VARCHAR",
        },
    ),
}  # fmt: skip
"""Description and columns by table."""

HEARD_COLUMNS: Final = (
    *(
        f"{name} {'double' if kind.startswith('DECIMAL') else 'string'}"
        for name, kind in VOICE_TABLES["heard_texts"][1].items()
    ),
    "signals array<struct<kind string, signal string, sentiment string>>",
)
"""Columns of the files that `insert_heard_files` takes, as Spark declares them."""

WRITTEN: Final = "int_texts__written"
"""dbt model of schema `learning` that holds the texts to be read."""
_TEXTS: Final = f"learning.{WRITTEN}"
_UNREAD: Final = (
    f"select texts.* from {_TEXTS} as texts anti join {SCHEMA}.heard_texts as heard "
    "on texts.text_hash = heard.text_hash and heard.engine_version = $version order by text_hash"
)


class MissingTextsError(RuntimeError):
    """Files do not hold what was heard in every text; the message says what they hold."""


def create_voice_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables where they are missing; what was heard before stays."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name, (_, columns) in VOICE_TABLES.items():
        connection.execute(f"create table if not exists {SCHEMA}.{name} ({defined(columns)})")


def unread_count(connection: duckdb.DuckDBPyConnection, engine_version: str) -> tuple[int, int]:
    """Number of texts, and of those this version of the engine has not read."""
    found = connection.execute(
        f"select count(*), count(*) filter (heard.text_hash is null) from {_TEXTS} as texts "
        f"left join {SCHEMA}.heard_texts as heard on texts.text_hash = heard.text_hash "
        "and heard.engine_version = ?",
        [engine_version],
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def unread_texts(
    connection: duckdb.DuckDBPyConnection, engine_version: str, size: int
) -> Iterator[pd.DataFrame]:
    """Yield the texts that this version has not read, in batches: subject, body, by text_hash."""
    # A cursor of its own: rows are written while these are read.
    reader = connection.cursor()
    found = reader.sql(_UNREAD, params={"version": engine_version})
    for batch in found.to_arrow_reader(size):
        yield batch.to_pandas().set_index("text_hash")
    reader.close()


def write_unread_texts(
    connection: duckdb.DuckDBPyConnection, engine_version: str, most: int, folder: Path
) -> int:
    """Write the first texts that this version has not read into a folder as Parquet.

    Returns:
        Their number; 0, with nothing written, when all are read.
    """
    folder.mkdir(exist_ok=True)
    target = folder / "part.parquet"
    written = connection.execute(
        f"copy ({_UNREAD} limit $most) to {literal(str(target))} (format parquet)",
        {"version": engine_version, "most": most},
    ).fetchone()
    return int(written[0]) if written else 0


def insert_heard(connection: duckdb.DuckDBPyConnection, said: pd.DataFrame) -> None:
    """Insert what was heard in some texts, all of it or nothing.

    `said` is what `ml.voice.engine.Engine.classify` returns, by text_hash.
    """
    from ml.voice.heard import heard_signals, heard_texts

    frames = {"heard_texts": heard_texts(said), "heard_signals": heard_signals(said)}
    connection.execute("begin transaction")
    for name, frame in frames.items():
        insert_frame(connection, name, VOICE_TABLES[name][1], frame)
    connection.execute("commit")


def insert_heard_files(
    connection: duckdb.DuckDBPyConnection, engine_version: str, folder: Path, texts: int
) -> None:
    """Insert what was heard elsewhere, all of it or nothing.

    Args:
        connection: The warehouse.
        engine_version: Who was to read.
        folder: Parquet files of `HEARD_COLUMNS`.
        texts: How many texts were to be read.

    Raises:
        MissingTextsError: the files hold more or fewer texts, or another version read them.
    """
    files = pattern_literal(folder, "*.parquet")
    if not any(folder.glob("*.parquet")):
        raise MissingTextsError(
            f"nothing came back in {folder}: every worker must see the home folder (docs/spark.md)"
        )
    found = connection.execute(
        "select count(*), count(distinct text_hash), count(*) filter (engine_version = $version) "
        f"from read_parquet({files})",
        {"version": engine_version},
    ).fetchone()
    if found != (texts, texts, texts):
        rows, known, alike = found or (0, 0, 0)
        raise MissingTextsError(
            f"{texts:,} texts were to be read by engine {engine_version}; what came back in "
            f"{folder} are {rows:,} rows of {known:,} texts, {alike:,} of them by that engine"
        )
    chosen = {name: cast_to(columns) for name, (_, columns) in VOICE_TABLES.items()}
    connection.execute("begin transaction")
    connection.execute(
        f"insert into {SCHEMA}.heard_texts select {chosen['heard_texts']} "
        f"from read_parquet({files})"
    )
    connection.execute(
        f"insert into {SCHEMA}.heard_signals select {chosen['heard_signals']} from ("
        "select text_hash, engine_version, unnest(signals, recursive := true) "
        f"from read_parquet({files}))"
    )
    connection.execute("commit")


def forget_other_versions(connection: duckdb.DuckDBPyConnection, engine_version: str) -> None:
    """Remove what other versions heard, when this one has read everything."""
    connection.execute("begin transaction")
    for name in VOICE_TABLES:
        connection.execute(
            f"delete from {SCHEMA}.{name} where engine_version <> ?", [engine_version]
        )
    connection.execute("commit")
