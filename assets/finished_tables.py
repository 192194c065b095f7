"""What must hold of the finished tables before they are published, whichever engine made them.

Holds refusals only: marts and history are built together, and a version is one business date. Never
put here how a version is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from assets.published import PublishedCopyError, PublishedTable
from assets.published_content import Source
from assets.warehouse import quoted

DATED: Final = {
    ("marts", "rpt_run"): "the marts were built for",
    ("history", "run_history"): "the newest completed run is that of",
}
"""Tables that say which business date the others are of."""


def refuse_another_day(source: Source, tables: Iterable[PublishedTable], as_of: date) -> None:
    """Refuse tables of another business date than the one they would be published for.

    So it is when a build was cut short, or only one of the two engines has built that day.

    Raises:
        PublishedCopyError: says which tables are of which day, and what to run.
    """
    present = {(table.schema_name, table.table) for table in tables}
    for (schema, table), said in DATED.items():
        if (schema, table) not in present:
            continue
        name = f"{quoted(source.catalogue)}.{quoted(schema)}.{quoted(table)}"
        found = source.connection.execute(f"select max(as_of) from {name}").fetchone()  # noqa: S608
        newest = found[0] if found else None
        if newest != as_of:
            raise PublishedCopyError(
                f"nothing was published for {as_of}: {said} {newest or 'no day'}. Build that day "
                "first (job transform_modules, or refresh_segments) on the engine that publishes."
            )
