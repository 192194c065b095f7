"""Text columns that are proven plain or clean from end to end, and so land as they stand.

Plain is printable ASCII without blanks at either end: what landing cleans and reads of it is the
text itself, and there is nothing to tell. Clean is whatever normalizing and trimming leave as it
is; that is enough for texts that are no keys. One pass proves the first for whole columns, a
second one looks at the others; what is neither keeps the exact way of `connectors.parsing`. Only
for extracts that are cheap to read twice.

Measured on 500,000 deals and a million lines (11 and 3 text columns): 0.3 and 0.2 CPU seconds to
prove, 2.4 saved on typing them twice.
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import duckdb

from connectors.direct import CLEAN_TEXT, PLAIN_TEXT
from connectors.extracts import Extract
from connectors.parsing import LONGEST_TEXT, is_clean

_PLAIN: Final = (
    # Bytes are shown as they are only where they are printable ASCII but quotes and backslash; of
    # these only the blank lies below `!`.
    "coalesce(bool_and(cast(encode({0}) as varchar) = {0} and {0} >= '!' and not suffix({0}, ' '))"
    f" and max(strlen({{0}})) <= {LONGEST_TEXT}, true)"
)


def with_proven_texts(connection: duckdb.DuckDBPyConnection, extract: Extract) -> Extract:
    """The extract, with the kinds PLAIN_TEXT and CLEAN_TEXT for text columns proven to be so.

    Raises:
        duckdb.Error: the engine stumbles over the relation.
    """
    texts = {name: own for name, (own, kind) in extract.typed.items() if kind == "VARCHAR"}
    plain = _proven(connection, extract, texts, _PLAIN.format)
    others = {name: own for name, own in texts.items() if name not in plain}
    clean = _proven(connection, extract, others, lambda own: f"bool_and({is_clean(own)})")
    kinds = {
        **{name: (own, PLAIN_TEXT) for name, own in plain.items()},
        **{name: (own, CLEAN_TEXT) for name, own in clean.items()},
    }
    return replace(extract, typed={**extract.typed, **kinds})


def _proven(
    connection: duckdb.DuckDBPyConnection,
    extract: Extract,
    texts: Mapping[str, str],
    proof: Callable[[str], str],
) -> dict[str, str]:
    """Those of the text columns of which an aggregate proves something."""
    if not texts:
        return {}
    asked = ", ".join(proof(own) for own in texts.values())
    (found,) = connection.execute(f"select {asked} from ({extract.relation})").fetchall()
    return {name: own for (name, own), holds in zip(texts.items(), found, strict=True) if holds}
