"""Taught engines of voice of customer in the home folder: whole versions, one of them in use.

A version is a folder of Parquet tables named by their content, with a manifest written last; the
same lessons give the same name. `current.json` names the version that is used and is the only file
that is ever replaced. Never put here what an engine is; that is `ml.voice`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assets.durable_files import naming_the_volume, sync_directory, write_durably

if TYPE_CHECKING:
    import pandas as pd

    from ml.voice.engine import Engine
    from ml.voice.teaching import Taught
    from models.voice_of_customer import VoiceOfCustomer

LAYOUT: Final = 1
"""Layout of folder and manifest; raise it with what an older reader would not understand."""
_POINTER: Final = "current.json"
_MANIFEST: Final = "engine.json"
_TABLES: Final = ("lexicon", "aliases", "learned")
"""What makes an engine; its report card lies beside them."""


class TaughtEngineError(RuntimeError):
    """The taught engine in use cannot be read; the message says which file and what to do."""


@dataclass(frozen=True)
class TaughtEngine:
    """A version in a home folder.

    Attributes:
        version: Twelve digits of its content.
        folder: Where it lies.
        engine_version: What its predictions carry.
        needs_vectors: Whether it was taught with sentence vectors.
    """

    version: str
    folder: Path
    engine_version: str
    needs_vectors: bool


def write_engine(folder: Path, taught: Taught) -> TaughtEngine:
    """Write a taught engine as a version and use it from now on.

    Args:
        folder: Folder of all versions (`Home.voice`).
        taught: The engine and its report.

    Raises:
        VolumeError: the volume is full or cannot be written; the version in use stays.
    """
    from ml.voice.engine_tables import digest_of, tables_of

    tables = {**tables_of(taught.engine), "report": taught.report}
    version = digest_of(tables)
    place = folder / version
    manifest = {
        "layout_version": LAYOUT,
        "version": version,
        "engine_version": taught.engine.version,
        "needs_vectors": taught.engine.vectors is not None,
    }
    with naming_the_volume(folder, f"writing the taught engine {version}", 0,
                           "the engine in use before stays"):  # fmt: skip
        place.mkdir(parents=True, exist_ok=True)
        if not (place / _MANIFEST).exists():
            for name, frame in tables.items():
                write_durably(place / f"{name}.parquet", _parquet(frame))
            _replace(place, _MANIFEST, manifest)
        _replace(folder, _POINTER, {"layout_version": LAYOUT, "version": version})
    return TaughtEngine(version, place, taught.engine.version,
                        taught.engine.vectors is not None)  # fmt: skip


def engine_in_use(folder: Path) -> TaughtEngine | None:
    """Return the version in use, or None where nothing was taught yet.

    Raises:
        TaughtEngineError: the pointer or the manifest is damaged or of a newer layout.
    """
    pointer = folder / _POINTER
    if not pointer.exists():
        return None
    place = folder / str(_content(pointer)["version"])
    manifest = _content(place / _MANIFEST)
    return TaughtEngine(
        str(manifest["version"]), place, str(manifest["engine_version"]),
        bool(manifest["needs_vectors"]),
    )  # fmt: skip


def read_engine(found: TaughtEngine) -> Engine:
    """Return the engine of a version, with sentence vectors where it was taught with them.

    Raises:
        TaughtEngineError: a table is missing or damaged, vectors are not installed, or it says
            something else than when it was written.
    """
    from ml.voice.engine_tables import engine_from
    from ml.voice.vectors import installed

    vectors = installed() if found.needs_vectors else None
    if found.needs_vectors and vectors is None:
        raise TaughtEngineError(
            f"{found.folder} was taught with sentence vectors, which are not installed: run `make "
            "vectors`, or `quintile voice teach` without them"
        )
    try:
        tables = {name: _table(found.folder / f"{name}.parquet") for name in _TABLES}
        engine = engine_from(tables, vectors)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _damaged(found.folder, error) from error
    if engine.version != found.engine_version:
        raise TaughtEngineError(
            f"{found.folder} was written by another version of Quintile ({found.engine_version}, "
            f"this one would say {engine.version}): run `quintile voice teach` again"
        )
    return engine


def default_engine() -> Engine:
    """Return the engine that was taught nothing, with sentence vectors where they are installed."""
    from ml.voice.engine import Engine
    from ml.voice.vectors import installed

    return Engine(vectors=installed())


def configured_engine(technique: VoiceOfCustomer, folder: Path) -> Engine:
    """Return the engine that a configuration asks for (VOC-14).

    Args:
        technique: The configuration of the technique.
        folder: Folder of the taught engines (`Home.voice`).

    Raises:
        TaughtEngineError: a taught engine is asked for, and there is none that can be read.
    """
    if technique.engine == "untrained":
        return knowing(default_engine(), technique)
    found = engine_in_use(folder)
    if found is None:
        raise TaughtEngineError(
            f"techniques.voice_of_customer.engine is {technique.engine!r}, and no engine was "
            "taught yet: run `quintile voice teach`, or write `engine: untrained`"
        )
    taught = read_engine(found)
    if technique.engine == "lexicon":
        taught = default_engine().with_lessons(taught.lessons)
    return knowing(taught, technique)


def knowing(engine: Engine, technique: VoiceOfCustomer) -> Engine:
    """Return an engine that knows the competitors and lists the keywords of a configuration."""
    from ml.voice.names import aliases_of
    from models.voice_patterns import wanted_keywords

    return engine.with_keywords(wanted_keywords(technique)).with_names(
        aliases_of(technique.competitors)
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    import io

    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)


def _replace(folder: Path, name: str, content: dict[str, Any]) -> None:
    fresh = folder / f".{name}.new"
    write_durably(fresh, (json.dumps(content, indent=1) + "\n").encode())
    fresh.replace(folder / name)
    sync_directory(folder)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
        layout = content["layout_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error
    if layout != LAYOUT:
        raise TaughtEngineError(
            f"{path} has layout {layout}, this version of Quintile knows {LAYOUT}: update Quintile"
        )
    return dict(content)


def _damaged(path: Path, error: Exception) -> TaughtEngineError:
    return TaughtEngineError(
        f"{path} is damaged ({type(error).__name__}: {error}): run `quintile voice teach` again"
    )
