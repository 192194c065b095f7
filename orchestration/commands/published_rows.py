"""Rows of the published copy as commands tell them, and what a copy of an older release lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.options import CommandError

if TYPE_CHECKING:
    import duckdb

    from assets.published import Publication


def require_table(publication: Publication, table: str, what: str) -> None:
    """Refuse a copy that was published before there was a table.

    Args:
        publication: The copy that is read.
        table: Table of schema `marts`.
        what: What the table tells, in the plural or as a name.

    Raises:
        CommandError: the copy has no such table.
    """
    if not any(found.table == table for found in publication.tables):
        raise CommandError(f"the published copy is older than {what}: run `quintile run`.")


def rows_of(connection: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[Any]:
    """Return the rows of a query as dictionaries by column."""
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
