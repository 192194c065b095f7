"""Where tables come from: files, a database, or the built-in demo CRM."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.definition import Definition, PlainText, TextList
from models.formats import FormatDeclaration, ValueFormats

FileFormat = Literal["csv", "jsonl", "parquet", "excel"]
Encoding = Literal["utf-8", "utf-16", "gb18030", "latin-1", "detect"]
Delimiter = Literal["comma", "tab", "semicolon", "pipe", "whitespace", "sniff"]
_Share = Annotated[float, Field(ge=0, le=1)]

QUARANTINE_LIMIT: Final = 0.05
LARGEST_LOSS: Final = 0.5
LOAD_LIMITS: Final = frozenset({"quarantine_limit", "largest_loss"})
"""Keys of a source that judge a load as a whole; how its values are read is not theirs."""

_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


def _without_password(url: str) -> str:
    """Refuse a password in the file: a configuration is shared, a secret is not (F55)."""
    if _VARIABLE.fullmatch(url):
        return url
    if re.match(r"[a-z0-9+]+://[^/@\s]*:[^/@\s]*@", url):
        raise ValueError("the address holds a password; put it in a variable, write env:NAME")
    if "://" not in url:
        raise ValueError("expected env:NAME or a database address such as sqlite:///crm.db")
    return url


def _folder(path: str) -> str:
    if path.startswith("env:") and not _VARIABLE.fullmatch(path):
        raise ValueError("expected env:NAME of a variable that holds the folder, or its path")
    if not path:
        raise ValueError("is empty; leave it out for the folder of the configuration")
    return path


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"needs exactly one group, the date, in brackets; found {groups}")
    return pattern


class Database(Definition):
    """A SQL database reached through SQLAlchemy; its tables and views are the tables."""

    url: Annotated[str, AfterValidator(_without_password)]
    """`env:NAME` of a variable holding the address, or an address without password."""


class DemoCustomers(Definition):
    """The built-in demo CRM, Zylker: deterministic for its numbers."""

    accounts: Annotated[int, Field(ge=1, le=5_000_000)] = 200
    """Number of accounts."""
    seed: int = 7
    """Seed of the generator."""


class Source(FormatDeclaration):
    """One way to reach tables, and how values are written there."""

    files: TextList | dict[str, TextList] | None = None
    """Glob(s) whose file stems name the tables, or table -> glob(s)."""
    folder: Annotated[PlainText, AfterValidator(_folder)] | None = None
    """Where `files` begin: a path, or `env:NAME` of a variable that holds it; default the folder
    of the configuration. Nothing else of a path is ever read from the environment."""
    database: Database | None = None
    """A SQL database."""
    demo: DemoCustomers | None = None
    """The built-in demo CRM."""
    format: FileFormat | None = None
    """File format; default by extension."""
    encoding: Encoding = "utf-8"
    """Text encoding; utf-8 accepts a byte order mark."""
    delimiter: Delimiter | None = None
    """Column delimiter; default comma, tab for .tsv; sniff chooses among the listed ones."""
    columns: tuple[PlainText, ...] | None = None
    """Column names of files that have no header line."""
    sheet: PlainText | None = None
    """Excel sheet; default the first."""
    loads: Literal["incremental", "snapshot"] = "incremental"
    """snapshot: a record absent from the newest load is deleted (EDG-11)."""
    exported_at: Annotated[
        str | None,
        StringConstraints(max_length=200),
        AfterValidator(lambda p: None if p is None else _one_group(p)),
    ] = None
    """Regular expression with one group on the file name giving the export date (BEY-16)."""
    quarantine_limit: _Share = QUARANTINE_LIMIT
    """Share of bad rows above which a load is refused."""
    largest_loss: _Share = LARGEST_LOSS
    """Share of rows a snapshot may lose against the one before; 1 allows anything but none left."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [k for k in ("files", "database", "demo") if getattr(self, k) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"a source has exactly one of files, database, demo; found {found}")
        if self.files is not None and not self.files:
            raise ValueError("files is empty")
        if self.folder is not None and self.files is None:
            raise ValueError(f"folder says where files begin; a {given[0]} source has none")
        if self.columns is not None and len({c.lower() for c in self.columns}) < len(self.columns):
            raise ValueError("columns names a column twice")
        return self

    @property
    def stem_patterns(self) -> tuple[str, ...]:
        """Globs whose file stems name the tables; empty when tables are listed by name."""
        return () if self.files is None or isinstance(self.files, dict) else self.files

    @property
    def table_patterns(self) -> dict[str, tuple[str, ...]]:
        """Globs by table name; empty when the file stems name the tables."""
        return dict(self.files) if isinstance(self.files, dict) else {}

    def value_formats(self, organization_time_zone: str) -> ValueFormats:
        """Return the formats of this source, the defaults filled in."""
        return self.over(ValueFormats(time_zone=organization_time_zone))
