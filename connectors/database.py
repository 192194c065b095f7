"""Tables and views of a SQL database, through SQLAlchemy: one reading is one load.

The whole table is read in one transaction that sees one state of the database, streamed in chunks,
with the exact types of the driver. The address comes from the environment and appears in no
message, log or manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from connectors.drift import resolved_plan
from connectors.errors import LandingError, SourceUnreachableError
from connectors.extracts import Extract, Record, located_in, spool
from connectors.loads import writing_folder
from connectors.parsing import NATIVE
from connectors.request import Landing
from connectors.sources import Input
from connectors.typed import wanted_columns
from models.problems import choose_from

if TYPE_CHECKING:
    import sqlalchemy as sa

_CHUNK_ROWS: Final = 10_000
_HASH_BYTES: Final = 16


def database_input(landing: Landing) -> Input:
    """Read a table once, and describe what was read by the digest of its rows.

    Raises SourceUnreachableError when the variable is not set or the server does not answer,
    LandingError when there is no such table, SchemaDriftError when its columns do not fit.
    """
    assert landing.source.database is not None
    url = _address(landing.source.database.url, landing)
    # The reading lies beside the loads, so that the next run sweeps it should this one be killed.
    folder = writing_folder(landing.landing_directory, landing.module.name, "database")
    try:
        table = _read(landing, url, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    name = landing.mapping.source_table
    return Input(
        name=landing.mapping.table,
        content_hash=table.content_hash,
        exported_on=None,
        files=(),
        file_names=(name,),
        open=lambda _: [table],
        close=lambda: shutil.rmtree(folder, ignore_errors=True),
    )


@dataclass(frozen=True)
class TableReading:
    """One table as it was read: its header and the spooled rows."""

    name: str
    header: tuple[str, ...]
    relation: str = ""
    columns: Mapping[str, str] | None = None
    content_hash: str = ""
    bytes: int = 0

    @property
    def stem(self) -> str:
        """Name of the table, for row-number keys."""
        return self.name

    @property
    def families(self) -> dict[str, str]:
        """Databases differ too much in their types: the values themselves decide."""
        return {}

    def extract(self, wanted: Sequence[str]) -> Extract:
        """The rows that were read; `wanted` was known when they were."""
        columns = {column: (self.columns or {})[column] for column in wanted}
        return Extract(
            relation=self.relation,
            columns=columns,
            header=self.header,
            locate=located_in(self.relation, columns),
            is_marked=True,
        )


def _address(declared: str, landing: Landing) -> str:
    if not declared.startswith("env:"):
        return declared
    variable = declared.removeprefix("env:")
    url = landing.environment.get(variable)
    if not url:
        raise SourceUnreachableError(
            f"the variable {variable} is not set; it holds the address of the database.",
            source=landing.mapping.table,
            remedy=f"Set it: export {variable}=postgresql+psycopg://user@host/database",
        )
    return url


@contextlib.contextmanager
def _reported(landing: Landing, url: str) -> Iterator[None]:
    """Turn errors of the driver into ours, without the address and without the chain to it."""
    import sqlalchemy as sa

    told: str | None = None
    try:
        yield
    except LandingError:
        raise
    except sa.exc.ArgumentError:
        told = "the address of the database cannot be read"
    except sa.exc.SQLAlchemyError as error:
        original = getattr(error, "orig", None)
        told = _without_secrets(str(original or type(error).__name__).splitlines()[0], url)
    except ModuleNotFoundError as error:
        told = f"no driver for this database is installed ({error.name})"
    if told is not None:
        raise SourceUnreachableError(
            f"the database cannot be read: {told}.", source=landing.mapping.table
        ) from None


def _without_secrets(text: str, url: str) -> str:
    """A message without the parts of the address that open or place the database."""
    import sqlalchemy as sa

    parsed = sa.make_url(url)
    for secret in (url, parsed.password, parsed.username, parsed.host, parsed.database):
        if secret and len(str(secret)) > 1:
            text = text.replace(str(secret), "***")
    return text


def _read(landing: Landing, url: str, folder: Path) -> TableReading:
    import sqlalchemy as sa

    with _reported(landing, url):
        engine = sa.create_engine(url)
        try:
            with engine.connect() as plain:
                connection = _snapshot(plain)
                return _read_table(landing, connection, folder)
        finally:
            engine.dispose()


def _snapshot(connection: sa.Connection) -> sa.Connection:
    """A transaction that sees one state of the database and writes nothing."""
    kind = connection.dialect.name
    if kind == "postgresql":
        connection = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        connection.exec_driver_sql("set local time zone 'UTC'")
        connection.exec_driver_sql("set local datestyle to 'ISO'")
    elif kind in ("mysql", "mariadb"):
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    elif kind == "sqlite":
        connection.exec_driver_sql("begin")  # sees one state until the end, also with a writer
    return connection


def _read_table(landing: Landing, connection: sa.Connection, folder: Path) -> TableReading:
    import sqlalchemy as sa

    name = landing.mapping.source_table
    schema, _, table = name.rpartition(".")
    inspector = sa.inspect(connection)
    try:
        described = inspector.get_columns(table, schema=schema or None)
    except sa.exc.NoSuchTableError:
        known = [*inspector.get_table_names(schema or None)]
        known += inspector.get_view_names(schema or None)
        raise LandingError(
            f"the database has no table or view {name!r}{choose_from(table, sorted(known))}.",
            source=landing.mapping.table,
            remedy="Correct `from` of the module; a schema is written schema.table.",
        ) from None
    header = tuple(str(column["name"]) for column in described)
    wanted = wanted_columns(resolved_plan(landing, TableReading(name, header)))
    kinds = {str(column["name"]): column["type"] for column in described}
    selected = [_selected(connection, column, kinds[column]) for column in wanted]
    statement = sa.select(*selected) if selected else sa.select(sa.literal_column("1"))
    statement = statement.select_from(sa.table(table, schema=schema or None))
    digest = _Digest()
    result = connection.execution_options(stream_results=True, yield_per=_CHUNK_ROWS).execute(
        statement
    )
    path = folder / "records.parquet"
    relation = spool(_records(result, len(wanted), digest), len(wanted), path)
    return TableReading(
        name=name,
        header=header,
        relation=relation,
        columns={column: f"c{n}" for n, column in enumerate(wanted)},
        content_hash=digest.text,
        bytes=digest.bytes,
    )


def _selected(connection: sa.Connection, name: str, kind: Any) -> Any:
    """A column without SQLAlchemy's own conversions.

    PostgreSQL gives dates as text, because years beyond Python's would end the reading.
    """
    import sqlalchemy as sa

    column: Any = sa.column(name)
    is_date = isinstance(kind, sa.Date | sa.DateTime)
    if connection.dialect.name == "postgresql" and is_date:
        return (sa.literal(NATIVE) + sa.cast(column, sa.Text)).label(name)
    return column


def _records(result: Any, width: int, digest: _Digest) -> Iterator[Record]:
    for row, values in enumerate(result, start=1):
        texts = [_text(value) for value in values[:width]]
        digest.add(texts)
        yield row, None, texts


class _Digest:
    """Digest of a set of rows: the same rows in another order are the same content."""

    def __init__(self) -> None:
        self._sum = 0
        self._count = 0
        self.bytes = 0

    def add(self, texts: Sequence[str | None]) -> None:
        """Count one row."""
        data = "\x00".join("\x01" if t is None else t for t in texts).encode("utf-8", "replace")
        self._sum += int.from_bytes(hashlib.blake2b(data, digest_size=_HASH_BYTES).digest())
        self._count += 1
        self.bytes += len(data)

    @property
    def text(self) -> str:
        """The digest in hexadecimal digits."""
        total = self._sum % (1 << (8 * _HASH_BYTES))
        return hashlib.sha256(f"{self._count}:{total}".encode()).hexdigest()


def _text(value: Any) -> str | None:
    """A value of the driver in plain spelling; what has a type stands behind its mark."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return NATIVE + str(value).lower()
    if isinstance(value, int):
        return f"{NATIVE}{value}"
    if isinstance(value, float):
        return f"{NATIVE}{value:.15g}"
    if isinstance(value, Decimal):
        return NATIVE + (f"{value:f}" if value.is_finite() else str(value))
    if isinstance(value, datetime):
        return NATIVE + value.isoformat(sep=" ")
    if isinstance(value, date):
        return NATIVE + value.isoformat()
    return _other_text(value)


def _other_text(value: Any) -> str:
    """Values without a type of the contract: bytes in hexadecimal, documents as JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)
