"""What an engine heard, as rows that are kept: one per text, and one per signal (VOC-4).

The rows are the same wherever texts are read: in this process, in several, or on a cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from ml.voice.packing import unpacked

SIGNAL: Final = ("kind", "signal", "sentiment")
"""Columns of a signal beside the text's own."""


def heard_texts(said: pd.DataFrame) -> pd.DataFrame:
    """Return one row per text.

    Args:
        said: What `Engine.classify` returns, by text_hash.

    Returns:
        text_hash, the columns of `said`, and moved_by as text: words with their values, such as
        `great +3.10, slow -1.80`; missing where no word moved anything.
    """
    moved_by = [
        ", ".join(f"{word} {value:+.2f}" for word, value in row) or None for row in said["moved_by"]
    ]
    return said.assign(moved_by=pd.Series(moved_by, said.index, object)).reset_index(
        names="text_hash"
    )


def heard_signals(said: pd.DataFrame) -> pd.DataFrame:
    """Return one row per text and signal: text_hash, kind, signal, sentiment, engine_version.

    Args:
        said: What `Engine.classify` returns, by text_hash.
    """
    rows = [
        (text, *signal, version)
        for text, version, signals in zip(
            said.index, said["engine_version"], _signals(said), strict=True
        )
        for signal in signals
    ]
    return pd.DataFrame(rows, columns=["text_hash", *SIGNAL, "engine_version"])


def heard_in_partition(engine: bytes, parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Read the texts of one partition, part by part, as a cluster hands them over.

    Args:
        engine: What `packing.packed` returns.
        parts: text_hash, subject, body.

    Yields:
        The rows of `heard_texts`, with the text's signals in their order as one list (`signals`) of
        kind, signal and sentiment.
    """
    for part in parts:
        said = unpacked(engine).classify(part.set_index("text_hash"))
        signals = [[dict(zip(SIGNAL, s, strict=True)) for s in found] for found in _signals(said)]
        yield heard_texts(said).assign(signals=pd.Series(signals, dtype=object))


def _signals(said: pd.DataFrame) -> Iterator[list[tuple[Any, ...]]]:
    """The signals of each text: its intents, keywords and competitors, with what is said."""
    found: Any
    for found in said.itertuples():
        signals = [("intent", name, found.sentiment) for name in found.intents]
        signals += [("keyword", word, feeling) for word, feeling in found.keywords]
        signals += [("competitor", name, feeling) for name, feeling in found.competitors]
        yield signals
