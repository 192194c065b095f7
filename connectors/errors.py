"""What goes wrong between a source and its landing, as one family of exceptions.

Every message names the place (source, file, line, record, field), what was found, what is allowed,
the nearest valid name and what to do next. Never put a value of a secret here: database addresses
are named by their environment variable only.
"""

from __future__ import annotations

from typing import Final

import duckdb


class LandingError(Exception):
    """A source could not be landed; nothing of that load exists.

    Attributes hold the parts of the message, so that a caller can show them apart.
    """

    remedy = "Correct the source or its mapping and run again."

    def __init__(
        self,
        reason: str,
        *,
        source: str | None = None,
        file: str | None = None,
        line: int | None = None,
        row: int | None = None,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.reason = reason
        self.source = source
        self.file = file
        self.line = line
        self.row = row
        self.field = field
        self.remedy = remedy or type(self).remedy
        super().__init__(self._message())

    def _message(self) -> str:
        places = (
            ("source", self.source),
            ("file", self.file),
            ("line", self.line),
            ("record", self.row),
            ("field", self.field),
        )
        place = ", ".join(f"{name} {value}" for name, value in places if value is not None)
        return f"{place}: {self.reason} {self.remedy}" if place else f"{self.reason} {self.remedy}"


class SchemaDriftError(LandingError):
    """A mapped column is missing, renamed, doubled or of another type (F24, F35, F38)."""

    remedy = "Map the field to its new column, or declare it {unknown: true}."


class DamagedFileError(LandingError):
    """A file is cut short or unreadable; it is refused whole (F29)."""

    remedy = "Export the file again; nothing of it was landed."


class RefusedArchiveError(LandingError):
    """An archive is unsafe to open (F39)."""

    remedy = "Unpack it by hand in a safe place and point the source at the files."


class QuarantineLimitError(LandingError):
    """More rows are bad than the limit allows; the format is probably declared wrongly."""

    remedy = "Check the declared formats of the source, or raise sources.<name>.quarantine_limit."


class SourceUnreachableError(LandingError):
    """A source cannot be reached or is not declared in the environment."""

    remedy = "Check that the source exists and that its environment variable is set."


UNREADABLE: Final = (
    duckdb.Error,
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.SerializationException,
)
"""What DuckDB raises, by exact type, over bytes that are not what the header of a file promises.

A damaged page of Parquet comes as the bare base class; a full disk has a class of its own.
"""
