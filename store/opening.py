"""Open the store's database: engine, write transactions, migrations.

Holds what differs between SQLite and PostgreSQL. Writers take turns on both: SQLite by an immediate
transaction, PostgreSQL by an advisory lock, so that two processes can neither migrate at once nor
pass a limit together (F53). Never put a query of the ledger here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from store.tables import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

_BUSY_SECONDS = 30
_TURN = 0x5175696E74696C65
"""Key of PostgreSQL's advisory lock: "Quintile" in ASCII."""

_WRITING = "store_writing"
_LOOKING = {"mode": "ro", "uri": "true"}
"""Query of an SQLite address that only looks."""


class StoreError(RuntimeError):
    """The store cannot be opened; the message names the database, without password, and a cure."""


def opened_engine(url: str) -> Engine:
    """Engine of a migrated database.

    Args:
        url: `sqlite:///path` or `postgresql://…` (the psycopg driver is used).

    Raises:
        StoreError: unknown kind of database, not reachable, not writable, or made by a newer
            version of Quintile.
    """
    address = _address(url)
    is_remote = address.get_backend_name() == "postgresql"
    # Parameters may be personal or secret: an error shows the statement only (F55).
    engine = create_engine(address, pool_pre_ping=is_remote, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        if address.get_backend_name() == "sqlite" and address.database not in (
            None,
            "",
            ":memory:",
        ):
            Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
        if _revision(engine) != REVISION:
            _migrate(engine, address)
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _unreachable(address, error) from error
    return engine


def _unreachable(address: URL, error: Exception) -> StoreError:
    cause = str(getattr(error, "orig", None) or error).strip()
    return StoreError(
        f"the store {address.render_as_string(hide_password=True)} cannot be opened: {cause}. "
        "Check that the database can be reached and written, or set another store URL."
    )


def _newer(address: URL, revision: str) -> StoreError:
    return StoreError(
        f"the store {address.render_as_string(hide_password=True)} was written by a newer "
        f"version of Quintile (its schema is {revision}, this version knows {REVISION}). "
        "Update Quintile, or use another store URL."
    )


def store_fault(url: str) -> str | None:
    """Why `opened_engine` would refuse a database; None when it would not. Nothing is written.

    A database that is not there yet is none to refuse, and neither is one that waits for migration.
    """
    try:
        address = _address(url)
        if address.get_backend_name() == "sqlite":
            path = Path(address.database or "")
            if not path.is_file():
                return None
            # Without a log to read, not even SQLite's own index of the log is made.
            log = path.with_name(f"{path.name}-wal")
            is_still = not log.exists() or not log.stat().st_size
            query = {**_LOOKING, "immutable": "1"} if is_still else _LOOKING
            address = address.set(database=f"file:{quote(str(path))}", query=query)
        engine = create_engine(address, hide_parameters=True)
        try:
            revision = _revision(engine)
        finally:
            engine.dispose()
        if revision is not None and revision not in _known_revisions():
            return str(_newer(_address(url), revision))
    except StoreError as refused:
        return str(refused)
    except (SQLAlchemyError, OSError) as error:
        return str(_unreachable(_address(url), error))
    return None


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One write transaction that no other writer overlaps; committed when the block ends well."""
    with _turn(engine) as connection, Session(connection) as session:
        yield session
        session.flush()


@contextmanager
def _turn(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        yield connection


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError(
            "the store URL cannot be read; it looks like sqlite:///folder/store.sqlite or "
            "postgresql://user@host/database"
        ) from None
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"the store does not run on {address.get_backend_name()!r}; "
            "allowed are sqlite and postgresql"
        )
    return address


def _prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, patience with other writers, and transactions begun by us."""

    def connected(connection: sqlite3.Connection, _: Any) -> None:
        # The driver's own idea of when to begin would let two readers deadlock as writers.
        connection.isolation_level = None
        connection.execute(f"pragma busy_timeout = {_BUSY_SECONDS * 1000}")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    def begun(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get(_WRITING)
        connection.exec_driver_sql("begin immediate" if is_writing else "begin")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("select version_num from alembic_version")).scalar()
    return str(found) if found is not None else None


def _migrations() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {found.revision for found in ScriptDirectory.from_config(_migrations()).walk_revisions()}


def _migrate(engine: Engine, address: URL) -> None:
    """Bring the database to REVISION; whoever comes second finds the work done."""
    from alembic import command

    config = _migrations()
    known = _known_revisions()
    with _turn(engine) as connection:
        revision = _revision_in(connection)
        if revision == REVISION:
            return
        if revision is not None and revision not in known:
            raise _newer(address, revision)
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
