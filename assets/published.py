"""The published copy as its readers see it: the pointer, the manifest, a locked-down connection.

A version is a DuckDB file, a folder of Parquet and a manifest that share one name; it never changes
once it exists. `current.json` names the version that counts and is the only file that is ever
replaced (BEY-19). Add here what a reader needs; never anything that writes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

import duckdb
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assets.published_layout import NothingPublishedError as NothingPublishedError
from assets.published_layout import PublishedCopyError as PublishedCopyError
from assets.published_layout import cause_of, content_of_known_layout

POINTER_NAME = "current.json"
VERSION_PATTERN = r"^\d{4}-\d{2}-\d{2}-[0-9a-f]{12}$"

_ATTEMPTS = 5
"""A reader is sent on at most so often; each time the pointer must have moved meanwhile."""

Version = Annotated[str, StringConstraints(pattern=VERSION_PATTERN)]
Found = TypeVar("Found")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedInput(_Record):
    """Newest load of a module that went into the copy (BEY-4).

    Attributes:
        load_sequence: Number of the load in landing order.
        exported_on: Day the source exported it; None when the source does not say.
    """

    load_sequence: int | None = None
    exported_on: date | None = None


class PublishedColumn(_Record):
    """Name and DuckDB type of one column."""

    name: str
    type: str


class PublishedTable(_Record):
    """One table of the copy.

    Attributes:
        schema_name: Schema of the table in the DuckDB file.
        table: Name of the table.
        rows: Number of rows.
        columns: Columns in order.
        content_hash: Equal for equal rows in whatever order; hexadecimal.
    """

    schema_name: str
    table: str
    rows: int
    columns: tuple[PublishedColumn, ...]
    content_hash: str


class _Manifest(_Record):
    version: Version
    as_of: date
    computed_at: AwareDatetime
    definition_hash: str
    inputs: Mapping[str, PublishedInput]
    currency: str | None
    content_hash: str
    tables: tuple[PublishedTable, ...]


class Publication(_Manifest):
    """One published version: what its manifest says, and the folder it lies in.

    Attributes:
        directory: Folder of all versions; not part of the manifest.
        version: `<as_of>-<first twelve digits of the content hash>`.
        as_of: Business date of the content (EDG-1).
        computed_at: UTC instant at which this content was first published.
        definition_hash: Hash of the configuration it was computed with.
        inputs: Newest load per module.
        currency: Base currency of every `_amount` column; None when not said.
        content_hash: Hash over tables, definition, inputs and as_of.
        tables: Every table, ordered by schema and name.
        is_new: Whether the call that returned this changed the pointer; not part of the manifest.
        notes: What that call swept, kept or retired, for the log; not part of the manifest.
    """

    directory: Path = Field(exclude=True)
    is_new: bool = Field(default=False, exclude=True)
    notes: tuple[str, ...] = Field(default=(), exclude=True)

    @property
    def inputs_as_of(self) -> date | None:
        """Day up to which every module is known: the oldest of the newest exports (BEY-4)."""
        days = [one.exported_on for one in self.inputs.values() if one.exported_on is not None]
        return min(days, default=None)

    @property
    def database(self) -> Path:
        """DuckDB file of this version, in the storage format of DuckDB 1.5."""
        return database_path(self.directory, self.version)

    @property
    def parquet(self) -> Path:
        """Folder with one Parquet file per table."""
        return parquet_path(self.directory, self.version)

    @property
    def manifest(self) -> Path:
        """Manifest file; a version exists once this file does."""
        return manifest_path(self.directory, self.version)


class PublishedVersion(_Record):
    """A version and when it became the current one."""

    version: Version
    published_at: AwareDatetime


class Pointer(_Record):
    """Content of `current.json`.

    Attributes:
        version: The version that counts.
        database: File name of its DuckDB file.
        parquet: Folder name of its Parquet files.
        manifest: File name of its manifest.
        sequence: Rises by one with every switch.
        versions: All versions kept, oldest first; the last one is the current one.
    """

    version: Version
    database: str
    parquet: str
    manifest: str
    sequence: int
    versions: tuple[PublishedVersion, ...]


def database_path(directory: Path, version: str) -> Path:
    """DuckDB file of a version."""
    return directory / f"{version}.duckdb"


def parquet_path(directory: Path, version: str) -> Path:
    """Parquet folder of a version."""
    return directory / version


def manifest_path(directory: Path, version: str) -> Path:
    """Manifest of a version."""
    return directory / f"{version}.json"


def read_pointer(directory: Path) -> Pointer:
    """Read `current.json`.

    Raises:
        NothingPublishedError: there is no pointer.
        NewerPublicationError: a newer version of Quintile wrote it.
        PublishedCopyError: the pointer cannot be read.
    """
    path = directory / POINTER_NAME
    try:
        return Pointer.model_validate_json(content_of_known_layout(path))
    except FileNotFoundError:
        raise NothingPublishedError(
            f"{directory}: nothing is published yet ({POINTER_NAME} is missing). "
            "Run the pipeline once; a run publishes after its checks have passed."
        ) from None
    except (OSError, ValidationError) as error:
        raise PublishedCopyError(
            f"{path} cannot be read: {cause_of(error)}. Every version beside it is kept: move "
            "this file away and run `quintile run`, which publishes again."
        ) from error


def current(directory: Path) -> Publication:
    """The published version that counts now, as its manifest describes it.

    Raises:
        NothingPublishedError: nothing is published.
        PublishedCopyError: the pointer, or the manifest it names, is damaged or missing.
    """
    return _following(directory, lambda version: read_manifest(directory, version))


def open_published(
    directory: Path, *, memory_limit: str = "1GB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """Open the current version for reading; the connection can reach nothing else (BEY-19).

    The connection is read-only, reaches no file outside the version, loads no extension and cannot
    change its own settings. It keeps its version for as long as it lives, even after that version
    was retired. One process must always use the same settings for one version.

    Raises:
        NothingPublishedError: nothing is published.
        PublishedCopyError: the version cannot be opened.
    """
    spill = Path(tempfile.gettempdir()) / f"quintile-reader-{os.getuid()}-{os.getpid()}"
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "memory_limit": memory_limit,
        "threads": threads,
        # The default would spill beside the published file, in a folder readers may not write.
        "temp_directory": str(spill),
        "max_temp_directory_size": "10GB",
    }

    def opened(version: str) -> duckdb.DuckDBPyConnection:
        path = database_path(directory, version)
        connection = duckdb.connect(str(path), read_only=True, config=config)
        locked = connection.execute("select current_setting('lock_configuration')").fetchone()
        if locked != (True,):  # connections of one process to one version share their settings
            connection.execute("set enable_progress_bar = false")  # it writes to standard output
            connection.execute("set lock_configuration = true")
        return connection

    return _following(directory, opened)


def read_manifest(directory: Path, version: str) -> Publication:
    """Read the manifest of one version.

    Raises:
        FileNotFoundError: the version does not exist.
        NewerPublicationError: a newer version of Quintile wrote it.
        ValidationError: it is damaged.
    """
    content = content_of_known_layout(manifest_path(directory, version))
    described = _Manifest.model_validate_json(content)
    return Publication(directory=directory, **dict(described))


def _following(directory: Path, read: Callable[[str], Found]) -> Found:
    """Read from the current version; if it was retired meanwhile, from the one after it."""
    pointer = read_pointer(directory)
    for _ in range(_ATTEMPTS):
        try:
            return read(pointer.version)
        except (OSError, duckdb.IOException, ValidationError) as error:
            failed, pointer = pointer, read_pointer(directory)
            if pointer.version == failed.version:
                raise PublishedCopyError(
                    f"{directory}: the published version {failed.version} cannot be read: "
                    f"{cause_of(error)}. Move {POINTER_NAME} away and run `quintile run`, which "
                    "publishes again; older versions beside it are kept."
                ) from error
    raise PublishedCopyError(
        f"{directory}: {_ATTEMPTS} versions were retired while this reader tried to open them. "
        "Publish less often or keep more versions."
    )
