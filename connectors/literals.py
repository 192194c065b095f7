"""Text and names inside generated SQL: the two ways in, so that no value is ever SQL."""

from __future__ import annotations


def literal(text: str) -> str:
    """A SQL string literal of any text."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL identifier of any name."""
    return '"' + name.replace('"', '""') + '"'
