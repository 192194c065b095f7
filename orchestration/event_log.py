"""Dagster's event log in a home folder, over connections that are kept.

Dagster's own storage opens, prepares and closes a connection for every event, of which a run stores
some thousand. Here each database keeps its connection, and SQLAlchemy the statements it compiled.
Files, tables and queries are Dagster's: a home folder may be opened by either. Never put here what
is stored; that is Dagster's.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagster import StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

if TYPE_CHECKING:
    from dagster._serdes import ConfigurableClassData

FOLDER: Final = ("history", "runs")
"""Where Dagster puts the event log in its home, when it is not told otherwise."""
MOST_KEPT: Final = 4
"""Databases that stay open: the index, the run at work, and some that are looked at."""
PATIENT: Final = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
"""How long a writer waits for another process, in seconds."""


class EventLog(SqliteEventLogStorage):
    """One SQLite database per run and one index of them, each opened once by a process.

    A commit survives the death of the process. After a loss of power the last ones may be missing,
    but no database is damaged (write-ahead log, `synchronous = normal`).
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept: OrderedDict[str, Engine] = OrderedDict()
        self._inherited: list[OrderedDict[str, Engine]] = []
        self._process = os.getpid()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Settings in `dagster.yaml`: `home`, the folder that Dagster calls its home."""
        return {"home": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> EventLog:
        """The event log that the settings mean."""
        return cls(str(Path(config_value["home"], *FOLDER)), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # One at a time, as Dagster has it: a kept connection serves all threads in turn.
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        if self._process != os.getpid():
            # SQLite forbids the use of a parent's connection, closing it included.
            self._inherited.append(self._kept)
            self._kept, self._process = OrderedDict(), os.getpid()
        engine = self._kept.pop(shard, None)
        if engine is None:
            address = self.conn_string_for_shard(shard)
            if shard not in self._initialized_dbs:
                # Dagster makes the tables over two connections at once, which one cannot be.
                self._initdb(create_engine(address, poolclass=NullPool, connect_args=PATIENT))
                self._initialized_dbs.add(shard)
            engine = _engine_of(address)
        self._kept[shard] = engine
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)[1].dispose()
        return engine

    def _close(self) -> None:
        with self._db_lock:
            if self._process == os.getpid():
                for engine in self._kept.values():
                    engine.dispose()
                self._kept.clear()

    def wipe(self) -> None:
        """Delete every event; nothing may be kept open of a file that goes."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close every database."""
        self._close()
        super().dispose()


def _engine_of(address: str) -> Engine:
    """Engine with one connection, which threads may take turns on."""
    engine = create_engine(
        address,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={**PATIENT, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    mode = connection.execute("pragma journal_mode").fetchone()[0]
    if mode == "wal":
        # Without a log it would not be safe.
        connection.execute("pragma synchronous = normal")
