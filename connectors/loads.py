"""Load folders: immutable, complete or absent, and listed by their manifests.

A load is `<landing>/<module>/<load_id>/` with data, quarantine, warnings and set-aside Parquet and
a manifest. It is prepared in a hidden folder beside it, flushed to the disk and renamed into
place, so a killed run leaves nothing but a hidden folder, which `sweep` removes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from connectors.errors import LandingError
from models.fields import LANDED_MODULES, contract_of

MANIFEST: Final = "manifest.json"
DATA: Final = "data.parquet"
QUARANTINE: Final = "quarantine.parquet"
WARNINGS: Final = "warnings.parquet"
SET_ASIDE: Final = "set_aside.parquet"
_WRITING: Final = ".writing-"

LAYOUT: Final = 1
"""Layout of load folders and manifests that this version reads and writes.

Raise it with every field or file that a reader of today would not understand. `layout_version` is
written from layout 2 on; a manifest without it has layout 1, so that the first version still reads
what this one lands.
"""


class UnknownLoadError(LandingError):
    """A manifest is damaged, or of a layout that this version does not know."""

    remedy = (
        "Update Quintile to the version that landed it, or use another home folder; nothing was "
        "changed."
    )


@dataclass(frozen=True)
class LoadedFile:
    """One input of a load: its name, size and SHA-256, the encoding read, the records counted."""

    name: str
    content_hash: str
    bytes: int
    encoding: str | None
    rows_read: int


@dataclass(frozen=True)
class Load:
    """The manifest of one load.

    `exported_on` is an ISO date. Counts obey the row balance:
    rows_read = rows_accepted + rows_quarantined + rows_duplicate + rows_filtered.
    `mapped_columns` tells the source column by field, for those that have one; `families` the
    type family of that column, where the format has types.
    """

    module: str
    load_id: str
    load_sequence: int
    source: str
    is_snapshot: bool
    exported_on: str | None
    content_hash: str
    mapping_hash: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_duplicate: int
    rows_filtered: int
    warning_count: int
    files: tuple[LoadedFile, ...]
    columns: Mapping[str, str]
    mapped_columns: Mapping[str, str]
    notes: tuple[str, ...]
    landed_at: str | None
    occurrence: int = 0
    is_active: bool = True
    families: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_balanced(self) -> bool:
        """The row balance holds exactly."""
        kept = self.rows_accepted + self.rows_quarantined
        return self.rows_read == kept + self.rows_duplicate + self.rows_filtered

    @property
    def identity(self) -> tuple[str, str, str | None, int]:
        """What makes two loads the same content, whatever mapping read them."""
        return (self.source, self.content_hash, self.exported_on, self.occurrence)

    def folder(self, landing_directory: Path) -> Path:
        """Where the load lies."""
        return landing_directory / self.module / self.load_id


def load_id_of(
    module: str,
    source: str,
    content_hash: str,
    mapping_hash: str,
    exported_on: date | None,
    occurrence: int,
    readings: int = 0,
) -> str:
    """The id of a load, derived from what it holds and nothing else.

    `readings` says how often this mapping has read this very content before, with another mapping
    between.
    """
    parts = [module, source, content_hash, mapping_hash, str(exported_on), str(occurrence)]
    if readings:
        parts.append(str(readings))
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:20]


def loads(landing_directory: Path, module: str) -> list[Load]:
    """All complete loads of a module by load_sequence, each with `is_active`.

    A load is inactive when a later load holds the same content under another mapping.
    """
    found = []
    folder = landing_directory / module
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")) if folder.is_dir() else []:
        if not manifest.parent.name.startswith("."):
            found.append(_read(manifest))
    found.sort(key=lambda load: load.load_sequence)
    newest = {load.identity: load.load_id for load in found}
    return [
        dataclasses.replace(load, is_active=newest[load.identity] == load.load_id) for load in found
    ]


def landed_names(landing_directory: Path) -> list[str]:
    """Names of all modules and feeds that ever landed, in landing order."""
    found = sorted(p.name for p in landing_directory.glob("*") if p.is_dir())
    order = list(LANDED_MODULES)
    known = [name for name in found if contract_of(name) in order]
    return sorted(known, key=lambda name: order.index(contract_of(name)))


def current_loads(active: Sequence[Load]) -> list[Load]:
    """Those of the active loads of a module that no newer snapshot has replaced."""
    ordered = sorted(active, key=lambda load: (load.exported_on or "", load.load_sequence))
    snapshots = [place for place, load in enumerate(ordered) if load.is_snapshot]
    return ordered[snapshots[-1] :] if snapshots else ordered


def _read(manifest: Path) -> Load:
    """Read one manifest; UnknownLoadError when it is not one of this version's."""
    try:
        content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        layout = content.pop("layout_version", 1)
        if layout != LAYOUT:
            raise UnknownLoadError(
                f"the load was written by a newer version of Quintile (its layout is {layout}, "
                f"this version knows {LAYOUT}).",
                file=str(manifest),
            )
        content["files"] = tuple(LoadedFile(**file) for file in content["files"])
        content["notes"] = tuple(content["notes"])
        return Load(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnknownLoadError(
            f"the manifest cannot be read: {error}.",
            file=str(manifest),
            remedy="Restore the folder from a backup; or move it away, if its source file is still "
            "there, and the next run lands it anew.",
        ) from error


def sweep(landing_directory: Path, module: str) -> int:
    """Remove what killed runs left behind; returns how many folders went."""
    left = sorted((landing_directory / module).glob(f"{_WRITING}*"))
    for folder in left:
        shutil.rmtree(folder)
    return len(left)


def writing_folder(landing_directory: Path, module: str, name: str) -> Path:
    """Make a hidden folder for work in progress, on the same disk as the loads."""
    folder = landing_directory / module / f"{_WRITING}{name}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def finish(folder: Path, load: Load, landing_directory: Path) -> None:
    """Write the manifest last, flush everything to the disk and rename the load into place."""
    content = dataclasses.asdict(load)
    del content["is_active"]
    if LAYOUT > 1:
        content["layout_version"] = LAYOUT
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    for path in sorted(folder.iterdir()):
        if path.name not in (DATA, QUARANTINE, WARNINGS, SET_ASIDE):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        else:
            _flush(path)
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _flush(folder)
    target = load.folder(landing_directory)
    if target.exists():  # without a manifest, or `loads` would have known it
        shutil.rmtree(target)
    folder.rename(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def verify(landing_directory: Path, load: Load) -> list[str]:
    """Re-count a load from its files; returns what does not agree with the manifest."""
    import pyarrow.parquet as parquet

    folder = load.folder(landing_directory)
    counted = {
        "rows_accepted": parquet.read_metadata(folder / DATA).num_rows,
        "rows_quarantined": parquet.read_metadata(folder / QUARANTINE).num_rows,
    }
    reasons = parquet.read_table(folder / SET_ASIDE, columns=["reason"])["reason"].value_counts()
    aside = {item["values"].as_py(): item["counts"].as_py() for item in reasons}
    counted["rows_duplicate"] = aside.get("duplicate", 0)
    counted["rows_filtered"] = aside.get("filtered", 0)
    counted["rows_read"] = sum(file.rows_read for file in load.files)
    faults = [
        f"{name}: the manifest says {getattr(load, name)}, the files hold {count}"
        for name, count in counted.items()
        if getattr(load, name) != count
    ]
    if not load.is_balanced:
        faults.append("rows read are not accepted + quarantined + duplicate + filtered")
    return faults
