"""Archives as input: checked before a byte is unpacked, never extracted by name (F39).

Excel workbooks are archives too and pass the same check.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

from connectors.errors import DamagedFileError, RefusedArchiveError

MOST_MEMBERS: Final = 10_000
MOST_BYTES: Final = 64 << 30
HIGHEST_RATIO: Final = 200
_SMALL: Final = 1 << 20  # what a highest ratio is not worth asking of
_NESTED: Final = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz")


def check_archive(path: Path) -> list[zipfile.ZipInfo]:
    """The file members of a zip archive, all of them safe.

    Raises RefusedArchiveError naming the member: a path out of the archive, a link, a nested
    archive, encryption, a name twice, too many members, too much or too dense content.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise DamagedFileError(f"the archive is damaged: {error}.", file=str(path)) from None
    if len(members) > MOST_MEMBERS:
        _refuse(path, f"it has {len(members)} members, at most {MOST_MEMBERS} are read")
    seen: set[str] = set()
    for member in members:
        _check_member(path, member, seen)
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES:
        _refuse(path, f"it unpacks to {total} bytes, at most {MOST_BYTES} are read")
    return [member for member in members if not member.is_dir()]


def _check_member(path: Path, member: zipfile.ZipInfo, seen: set[str]) -> None:
    name = member.orig_filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in name.split("/")[0]:
        _refuse(path, f"member {name!r} points out of the archive")
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        _refuse(path, f"member {name!r} is a link")
    if member.flag_bits & 0x1:
        _refuse(path, f"member {name!r} is encrypted")
    if name.casefold() in seen:
        _refuse(path, f"member {name!r} is there twice")
    if name.lower().endswith(_NESTED):
        _refuse(path, f"member {name!r} is an archive itself")
    dense = member.file_size > HIGHEST_RATIO * max(member.compress_size, 1)
    if dense and member.file_size > _SMALL:
        _refuse(path, f"member {name!r} unpacks to more than {HIGHEST_RATIO} times its size")
    seen.add(name.casefold())


@contextmanager
def open_member(path: Path) -> Iterator[IO[bytes]]:
    """The one file of a zip archive, as a stream that stops at the size the archive declares."""
    members = check_archive(path)
    if len(members) != 1:
        names = ", ".join(repr(member.filename) for member in members[:5])
        _refuse(path, f"it holds {len(members)} files ({names}), exactly one is read")
    with zipfile.ZipFile(path) as archive, archive.open(members[0]) as stream:
        yield stream


def _refuse(path: Path, why: str) -> None:
    raise RefusedArchiveError(f"the archive is refused: {why}.", file=str(path))
