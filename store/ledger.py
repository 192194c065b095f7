"""The store: one database of what people and runs did, opened by URL.

Holds the doors to its ledgers. Add a ledger as a module of its own and name it here; never add a
query here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Engine

from store.exports import Exports
from store.handoffs import Handoffs
from store.opening import opened_engine
from store.records import ConfigurationRevision
from store.revisions import Revisions
from store.runs import Runs


class Store:
    """An open store.

    Attributes:
        revisions: Configuration changes (TEC-12).
        runs: Runs of the pipeline.
        exports: Export history (EXP-4).
        handoffs: Answers of sales to hand-offs (SRS-5).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.revisions = Revisions(engine)
        self.runs = Runs(engine)
        self.exports = Exports(engine)
        self.handoffs = Handoffs(engine)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open a store and bring its tables up to date; safe when several processes do so at once.

        Args:
            url: `sqlite:///path` or `postgresql://user@host/database`.

        Raises:
            StoreError: it cannot be opened; the message says why and what to do.
        """
        return cls(opened_engine(url))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def record_revision(
        self,
        configuration_document: Mapping[str, Any],
        who: str,
        now: datetime,
        definition_hash: str | None = None,
    ) -> tuple[ConfigurationRevision, ...]:
        """Record what changed since the last configuration; see `Revisions.record`."""
        return self.revisions.record(
            configuration_document, who=who, now=now, definition_hash=definition_hash
        )
