"""Which files of a source are new work: globs, table names, export dates, and files at rest.

A file is looked at only while it is at rest: its size and time stay the same while its bytes are
hashed, and again after it was read (F30). One still being written waits for the next run.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from connectors.errors import LandingError
from models.sources import Source

EXTENSIONS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xls": "excel",
}
_PACKED: Final = (".gz", ".zip")
_TRAILER: Final = re.compile(r"([ _.\-]+\(?\d+\)?|\(\d+\)|\d{6,})+([T_\-]?\d*Z?)?$")
_DATE_FORMATS: Final = ("%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y.%m.%d")


@dataclass(frozen=True)
class InputFile:
    """One file at rest: where it lies, its name for people, its SHA-256 and its export date."""

    path: Path
    name: str
    content_hash: str
    bytes: int
    exported_on: date | None

    @property
    def stem(self) -> str:
        """File name without its extensions."""
        return file_stem(self.path)


def file_stem(path: Path) -> str:
    """File name without packing and format extension: `Accounts.csv.gz` -> `Accounts`."""
    name = path.name
    for extensions in (_PACKED, tuple(EXTENSIONS)):
        suffix = Path(name).suffix
        if suffix.lower() in extensions:
            name = name[: -len(suffix)]
    return name


def table_name(path: Path) -> str:
    """The table a file holds: its stem in lower case without a trailing date or number."""
    stem = file_stem(path).lower()
    return (_TRAILER.sub("", stem) or stem).strip(" _-.")


def file_format(path: Path, declared: str | None) -> str:
    """Format of a file: the declared one, else by its extension."""
    if declared is not None:
        return declared
    name = path.name.lower()
    for packing in _PACKED:
        name = name.removesuffix(packing)
    found = EXTENSIONS.get(Path(name).suffix)
    if found is None:
        raise LandingError(
            f"the extension {Path(name).suffix!r} tells no format.",
            file=str(path),
            remedy=f"Declare the format of the source, or use one of {', '.join(EXTENSIONS)}.",
        )
    return found


def source_folder(
    source: Source,
    base_directory: Path,
    environment: Mapping[str, str],
    name: str | None = None,
) -> Path:
    """Folder in which the file patterns of a source begin: its own, else the configuration's.

    A relative path in the configuration begins at the configuration, one in a variable at the
    working directory, as it does in a shell. `name` is said in errors.

    Raises:
        LandingError: the variable is not set, or the folder does not exist.
    """
    if source.folder is None:
        return base_directory
    if source.folder.startswith("env:"):
        variable = source.folder.removeprefix("env:")
        value = environment.get(variable, "")
        if not value:
            raise LandingError(
                f"the variable {variable} is not set; the files of this source begin there.",
                source=name,
                field="folder",
                remedy=f"Set it to the folder of the files: export {variable}=/path/to/folder",
            )
        folder = Path(value).expanduser().absolute()
    else:
        variable = ""
        folder = base_directory / Path(source.folder).expanduser()
    if not folder.is_dir():
        raise LandingError(
            f"there is no folder {folder}" + (f" (from {variable})." if variable else "."),
            source=name,
            field="folder",
            remedy="Correct the folder of the source.",
        )
    return folder


def find_paths(source: Source, table: str, base_directory: Path) -> list[Path]:
    """All files of a table, by name; patterns begin at `base_directory` (see `source_folder`)."""
    if source.table_patterns:
        patterns = source.table_patterns.get(table, ())
        return _matching(patterns, base_directory)
    wanted = _plain(table)
    found = _matching(source.stem_patterns, base_directory)
    return [p for p in found if wanted in (_plain(table_name(p)), _plain(file_stem(p).lower()))]


def tables_of(source: Source, base_directory: Path) -> list[str]:
    """Names of all tables that a file source holds now, sorted."""
    if source.table_patterns:
        return sorted(source.table_patterns)
    return sorted({table_name(p) for p in _matching(source.stem_patterns, base_directory)})


def _plain(table: str) -> str:
    return re.sub(r"[ \-]+", "_", table)


def _matching(patterns: Sequence[str], base_directory: Path) -> list[Path]:
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_absolute():
            found.update(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        else:
            found.update(base_directory.glob(pattern))
    hidden = (".", "~$")
    return sorted(p for p in found if p.is_file() and not p.name.startswith(hidden))


def exported_on(name: str, pattern: str | None) -> date | None:
    """The export date in a file name, by the source's `exported_at`; None when it has none."""
    if pattern is None:
        return None
    match = re.search(pattern, name)
    if match is None:
        return None
    text = match.group(1)
    for date_format in _DATE_FORMATS:
        try:
            return datetime.strptime(text, date_format).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise LandingError(
        f"exported_at finds {text!r}, which is no date.",
        file=name,
        field="exported_at",
        remedy="Let its group match YYYY-MM-DD, YYYYMMDD, YYYY_MM_DD or YYYY.MM.DD.",
    )


def content_hash(path: Path) -> str:
    """SHA-256 over the bytes of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def input_at_rest(
    path: Path, base_directory: Path, exported_at: str | None, settle_seconds: float
) -> InputFile | None:
    """Describe a file; None when it is still being written."""
    before = _state(path)
    if settle_seconds:
        time.sleep(settle_seconds)
    digest = content_hash(path)
    if _state(path) != before:
        return None
    try:
        name = path.relative_to(base_directory).as_posix()
    except ValueError:
        name = path.name
    return InputFile(path, name, digest, before[0], exported_on(path.name, exported_at))


def is_unchanged(file: InputFile) -> bool:
    """The file still has the bytes it was described by."""
    return file.path.exists() and content_hash(file.path) == file.content_hash


def _state(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
