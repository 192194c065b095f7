"""Tables of schema `ml` that hold what engines heard in texts, and how frames get into them.

A text is read once by an engine: its row stays until another version of the engine has read
everything (VOC-14). Never read a text or decide here.
"""

# ruff: noqa: S608 (names of tables and columns are this module's own)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import duckdb
import pandas as pd

from assets.learned_tables import SCHEMA, Tables, defined, insert_frame

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

WRITTEN: Final = "int_texts__written"
"""dbt model of schema `learning` that holds the texts to be read."""
_TEXTS: Final = f"learning.{WRITTEN}"


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
    found = reader.sql(
        f"select texts.* from {_TEXTS} as texts anti join {SCHEMA}.heard_texts as heard "
        "on texts.text_hash = heard.text_hash and heard.engine_version = $version "
        "order by text_hash",
        params={"version": engine_version},
    )
    for batch in found.to_arrow_reader(size):
        yield batch.to_pandas().set_index("text_hash")
    reader.close()


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


def forget_other_versions(connection: duckdb.DuckDBPyConnection, engine_version: str) -> None:
    """Remove what other versions heard, when this one has read everything."""
    connection.execute("begin transaction")
    for name in VOICE_TABLES:
        connection.execute(
            f"delete from {SCHEMA}.{name} where engine_version <> ?", [engine_version]
        )
    connection.execute("commit")
