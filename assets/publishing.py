"""Publish: one immutable copy of the finished tables, switched for all readers in one step.

Order is everything here: the new version is written under a hidden name, forced to the disk, moved
into place with its manifest last, and only then the pointer is replaced (F04, F10, BEY-19). Equal
content has an equal version, so publishing it again writes nothing. Add here what decides which
version counts and how long others are kept; what is copied is `published_content`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import ValidationError

from assets.durable_files import (
    naming_the_volume,
    remove,
    sync_directory,
    sync_file,
    write_durably,
)
from assets.finished_tables import refuse_another_day
from assets.published import (
    POINTER_NAME,
    VERSION_PATTERN,
    NothingPublishedError,
    Pointer,
    Publication,
    PublishedCopyError,
    PublishedInput,
    PublishedVersion,
    current,
    database_path,
    manifest_path,
    open_published,
    parquet_path,
    read_manifest,
    read_pointer,
)
from assets.published_content import (
    Source,
    content_hash,
    copied_tables,
    described_tables,
    landed_inputs,
    opened_source,
    source_path,
    write_parquet,
)
from assets.warehouse_lease import exclusive_lock
from models.fields import FieldType

__all__ = ["Publication", "current", "landed_inputs", "open_published", "publish"]

SCHEMAS = ("marts", "history")
"""What is published. History too, so that losing the warehouse loses nothing."""

_BUILDING = ".building-"
_NEW_POINTER = ".current.json.new"
_LOCK_NAME = ".publish.lock"
_LOCK_SECONDS = 60

OnStep = Callable[[str], None]


def publish(
    warehouse: Path | duckdb.DuckDBPyConnection,
    directory: Path,
    *,
    as_of: date,
    definition_hash: str,
    inputs: Mapping[str, PublishedInput],
    now: datetime,
    currency: str | None = None,
    custom_fields: Mapping[str, FieldType] | None = None,
    schemas: Sequence[str] = SCHEMAS,
    keep_versions: int = 3,
    minimum_age: timedelta = timedelta(hours=1),
    on_step: OnStep = lambda _: None,
) -> Publication:
    """Publish the finished tables of the warehouse and make them the current version.

    Args:
        warehouse: The warehouse file, or an open connection to it.
        directory: Folder of the published versions; made when missing.
        as_of: Business date of the content.
        definition_hash: Hash of the configuration that made it.
        inputs: Newest load per module (`landed_inputs`).
        now: Aware time; the `computed_at` of a new version.
        currency: Base currency of the amounts.
        custom_fields: Type of each custom field of accounts, for the typed table `accounts`.
        schemas: Schemas whose tables and views are published.
        keep_versions: Versions kept, the current one included.
        minimum_age: A version that counted until less than this ago is kept in any case.
        on_step: Told the name of each step when it is done; tests stop the process there.

    Returns:
        The current version. `is_new` is False when the content was current already; `notes` says
        what was swept and retired.

    Raises:
        VolumeError: the disk is full or the folder cannot be written; the old version stays.
        PublishedCopyError: the schemas are empty or of another day, or another publish holds the
            folder.
    """
    fields = dict(custom_fields or {})
    request = {
        "as_of": str(as_of),
        "currency": currency,
        "schemas": sorted(schemas),
        "custom_fields": {name: kind.value for name, kind in fields.items()},
    }
    with naming_the_volume(directory, "publishing", _need(warehouse), _stays(directory)):
        directory.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(directory / _LOCK_NAME, _LOCK_SECONDS) as lock:
            if lock is None:
                raise PublishedCopyError(f"{directory}: another publish holds this folder.")
            kept, notes = _swept(directory)
            on_step("swept")
            with opened_source(warehouse, directory / f"{_BUILDING}spill") as source:
                tables = described_tables(source, schemas)
                if not tables:
                    raise PublishedCopyError(
                        f"nothing to publish: no table in {', '.join(schemas)}. Run dbt first."
                    )
                refuse_another_day(source, tables, as_of)
                on_step("hashed")
                whole = content_hash(tables, definition_hash, inputs, request)
                wanted = Publication(
                    directory=directory,
                    version=f"{as_of.isoformat()}-{whole[:12]}",
                    as_of=as_of,
                    computed_at=now.astimezone(UTC),
                    definition_hash=definition_hash,
                    inputs=inputs,
                    currency=currency,
                    content_hash=whole,
                    tables=tables,
                )
                publication = _existing_or_built(wanted, source, fields, on_step)
            retention = (keep_versions, minimum_age)
            is_new, retired = _switched(publication, kept, retention, now, on_step)
            notes += tuple(f"retired {version}" for version in retired)
            on_step("retired")
    if not is_new:
        equal = f"{publication.version} is current already: equal content, nothing written"
        notes = (equal, *notes)
    return publication.model_copy(update={"is_new": is_new, "notes": notes})


def _existing_or_built(
    publication: Publication,
    source: Source,
    custom_fields: Mapping[str, FieldType],
    on_step: OnStep,
) -> Publication:
    directory, version = publication.directory, publication.version
    if _is_whole(directory, version):
        return read_manifest(directory, version)
    _remove_version(directory, version)  # a damaged one, or nothing
    building = directory / f"{_BUILDING}{version}"
    try:
        database = building / publication.database.name
        folder = building / publication.parquet.name
        folder.mkdir(parents=True)
        tables = copied_tables(source, publication, custom_fields, database)
        publication = publication.model_copy(update={"tables": tables, "is_new": True})
        on_step("copied")
        for file in write_parquet(source.connection, publication, database, folder):
            sync_file(file)
        sync_file(database)
        sync_directory(folder)
        on_step("built")
        manifest = building / publication.manifest.name
        write_durably(manifest, publication.model_dump_json(indent=2).encode())
        # The manifest comes last: what has none does not exist and is swept at the next start.
        folder.rename(publication.parquet)
        database.rename(publication.database)
        on_step("placed")
        manifest.rename(publication.manifest)
        sync_directory(directory)
        on_step("manifest placed")
    finally:
        remove(building)
        remove(directory / f"{_BUILDING}spill")
    return publication


def _switched(
    publication: Publication,
    kept: Sequence[PublishedVersion],
    retention: tuple[int, timedelta],
    now: datetime,
    on_step: OnStep,
) -> tuple[bool, list[str]]:
    """Make a version the current one and retire old ones.

    Returns:
        False when it was current already and nothing had to be built; the versions retired.
    """
    directory, version = publication.directory, publication.version
    pointer = _pointer_or_none(directory)
    is_current = pointer is not None and pointer.version == version
    versions = [one for one in kept if one.version != version or is_current]
    if version not in {one.version for one in versions}:  # new, or damaged and built again
        versions.append(PublishedVersion(version=version, published_at=now))
    retired = _over(versions, *retention, now)
    left = tuple(one for one in versions if one.version not in retired)
    sequence = pointer.sequence if pointer else len(kept)
    # First out of the list, then off the disk: a reader never finds a listed version missing.
    if pointer is None or pointer.versions != left:
        _write_pointer(directory, sequence + (not is_current), left, on_step)
    for one in retired:
        _remove_version(directory, one)
    return publication.is_new or not is_current, retired


def _over(
    versions: Sequence[PublishedVersion], keep_versions: int, minimum_age: timedelta, now: datetime
) -> list[str]:
    """Versions that are neither current, nor among the last ones, nor superseded only just now."""
    candidates = versions[: max(0, len(versions) - max(1, keep_versions))]
    return [
        one.version
        for one, successor in zip(candidates, versions[1:], strict=False)
        if now - successor.published_at >= minimum_age
    ]


def _write_pointer(
    directory: Path, sequence: int, versions: Sequence[PublishedVersion], on_step: OnStep
) -> None:
    version = versions[-1].version
    pointer = Pointer(
        version=version,
        database=database_path(directory, version).name,
        parquet=parquet_path(directory, version).name,
        manifest=manifest_path(directory, version).name,
        sequence=sequence,
        versions=tuple(versions),
    )
    new = directory / _NEW_POINTER
    write_durably(new, pointer.model_dump_json(indent=2).encode())
    on_step("pointer written")
    new.replace(directory / POINTER_NAME)
    on_step("switched")
    sync_directory(directory)


def _swept(directory: Path) -> tuple[list[PublishedVersion], tuple[str, ...]]:
    """Remove what killed publishes left; return the whole versions, oldest first, and notes."""
    notes = []
    versions = set()
    for path in sorted(directory.iterdir()):
        name = path.name.removesuffix(".duckdb").removesuffix(".json")
        if path.name.startswith(_BUILDING) or path.name == _NEW_POINTER:
            remove(path)
            notes.append(f"swept {path.name}, left by a publish that was killed")
        elif re.fullmatch(VERSION_PATTERN, name):
            versions.add(name)
    pointer = _pointer_or_none(directory)
    known = {one.version: one for one in pointer.versions} if pointer else {}
    whole = {version for version in versions if _is_whole(directory, version)}
    for version in sorted(versions - whole):
        if pointer is None or version != pointer.version:
            _remove_version(directory, version)
            notes.append(f"swept {version}, left incomplete by a publish that was killed")
    found = [known.get(version) or _rediscovered(directory, version) for version in whole]
    # The current version is last, whatever the clocks of earlier publishes said.
    order = {version: place for place, version in enumerate(known)}
    found.sort(key=lambda one: (order.get(one.version, -1), one.published_at, one.version))
    return found, tuple(notes)


def _rediscovered(directory: Path, version: str) -> PublishedVersion:
    """A whole version the pointer does not know: its publish was killed, or the pointer is lost."""
    manifest = read_manifest(directory, version)
    return PublishedVersion(version=version, published_at=manifest.computed_at)


def _remove_version(directory: Path, version: str) -> None:
    remove(manifest_path(directory, version))
    remove(database_path(directory, version))
    remove(parquet_path(directory, version))


def _is_whole(directory: Path, version: str) -> bool:
    try:
        read_manifest(directory, version)
    except (OSError, ValidationError):
        return False
    database = database_path(directory, version)
    return database.is_file() and parquet_path(directory, version).is_dir()


def _pointer_or_none(directory: Path) -> Pointer | None:
    try:
        return read_pointer(directory)
    except (NothingPublishedError, PublishedCopyError):
        return None


def _stays(directory: Path) -> str:
    pointer = _pointer_or_none(directory)
    if pointer is None:
        return "nothing was published"
    return f"the published version {pointer.version} stays current and readable"


def _need(warehouse: Path | duckdb.DuckDBPyConnection) -> int:
    """Bytes a version takes at most: the tables once as DuckDB file and once as Parquet."""
    path = source_path(warehouse)
    return int(path.stat().st_size * 1.5) if path and path.is_file() else 0
