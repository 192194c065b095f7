"""What commands read of the published copy: an account that is asked for, rows, what is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.options import CommandError, configured, home_of

if TYPE_CHECKING:
    import duckdb

    from assets.published import Publication
    from models.configuration import Configuration
    from orchestration.commands.published_accounts import Account, PublishedAccounts


@dataclass(frozen=True)
class AskedAccount:
    """An account of the published copy that a command was asked about, while the copy is open."""

    account: Account
    accounts: PublishedAccounts
    publication: Publication

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The copy, read-only."""
        return self.accounts.connection

    @property
    def configuration(self) -> Configuration:
        """The configuration of today; the copy may be of an earlier one."""
        return self.accounts.configuration

    @property
    def account_id(self) -> str:
        """Id of the account."""
        return self.account.account_id

    @property
    def head(self) -> str:
        """First line of what is told of it: name, id, business date of the copy."""
        return f"{self.account.title}, as of {self.publication.as_of}"

    @property
    def document(self) -> dict[str, Any]:
        """First keys of the same as a document: account_id, as_of."""
        return {"account_id": self.account_id, "as_of": self.publication.as_of}


@contextmanager
def asked_account(
    asked: str, config: Path, home: Path | None, *needed: tuple[str, str]
) -> Iterator[AskedAccount]:
    """Open the published copy and find the account that is asked for, by id or by name.

    Args:
        asked: Id of an account, else its name or a part of it.
        config: The configuration file.
        home: The home folder, where it is not beside the configuration.
        needed: Tables of schema `marts` that are read, each with what it tells (`require_table`).

    Raises:
        CommandError: the copy lacks a table, or no account or several fit; the nearest are listed.
    """
    from assets.published import current, open_published
    from orchestration.commands.published_accounts import PublishedAccounts

    configuration = configured(config)
    place = home_of(config, home)
    publication = current(place.published)
    for table, what in needed:
        require_table(publication, table, what)
    with open_published(place.published) as connection:
        accounts = PublishedAccounts(connection, configuration, publication.as_of)
        yield AskedAccount(accounts.find(asked), accounts, publication)


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
