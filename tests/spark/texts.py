"""Texts of all kinds, unread in a warehouse, and an engine that was taught to read them."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb

from assets.voice_tables import VOICE_TABLES, create_voice_tables
from assets.warehouse import warehouse
from ml.voice.engine import Engine
from ml.voice.teaching import teach
from tests.ml.voice.reading import lessons
from tests.ml.voice.test_teaching import SENTIMENTS, taught_words

CHINESE = {"咕噜": "positive", "哇啦": "negative"}
"""Words that nobody knows who was not taught."""
PIECES = [
    "Hello Deskwell,", "\n", "> ", "On Tue, X wrote:", "-- ", "Best regards", "<p>", "<!--",
    "&amp;", "@x", "😀", ":)", "!!!", "?", " but ", " not ", " excellent ", " terrible ", "很好",
    "不", "太差", "请问", "。", "Deskwell", " please buy ", "n't", "'", "\x00", "\u202e", "ﬁ", "İ",
    "ß", "'); drop table ml.heard_texts; --", " ", *SENTIMENTS, *CHINESE,
]  # fmt: skip


def taught() -> Engine:
    """An engine with learned weights of two languages, own words and names."""
    examples = taught_words(90, SENTIMENTS) + taught_words(60, CHINESE, "zh")
    lexicon = [
        {"phrase": "excellent", "weight": 0, "language": "en"},
        {"phrase": "太差", "weight": 2, "language": "zh"},
        {"kind": "intent", "phrase": "?", "label": "doubt", "language": "en"},
    ]
    aliases = [{"name": "Deskwell", "alias": "Deskwell"}]
    engine = teach(lessons(examples=examples, lexicon=lexicon, aliases=aliases)).engine
    assert set(engine.sentiments) == {"en", "zh"}
    return engine


def unread(file: Path, size: int) -> None:
    """A warehouse with so many texts, and some more that are nothing or very long."""
    draw = random.Random(size)
    texts: list[tuple[str | None, str | None]] = [
        (draw.choice([None, "Re: order", "请问"]), "".join(draw.choices(PIECES, k=n % 20)))
        for n in range(size)
    ]
    texts += [(None, None), ("", ""), ("Help", None), (None, "so snarfy " * 10_000)]
    with warehouse(file) as connection:
        connection.execute("create schema learning")
        connection.execute(
            "create table learning.int_texts__written (text_hash text, subject text, body text)"
        )
        rows = [(f"{draw.random():.16f}", *text) for text in texts]
        connection.executemany("insert into learning.int_texts__written values (?, ?, ?)", rows)
        create_voice_tables(connection)


def heard(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """All that was heard, sorted."""
    return {
        name: connection.execute(f"from ml.{name} order by all").fetchall() for name in VOICE_TABLES
    }
