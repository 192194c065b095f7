"""The bad rows of a load that was refused for having too many of them, kept for a person to read.

They lie in `<home>/refused/<module>/<load_id>/`, outside the landing, so nothing ever counts them;
the next good load of the module removes them. Never put rows of a complete load here.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_FOLDER: Final = "refused"


def keep_refused(quarantine: Path, home_directory: Path, module: str, load_id: str) -> Path:
    """Move the quarantine of a refused load to where it stays; returns the file there.

    A load that is refused again takes the place of its former self.
    """
    kept = home_directory / _FOLDER / module / load_id / quarantine.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(quarantine, kept)
    return kept


def forget_refused(home_directory: Path, module: str) -> None:
    """Remove what was kept of the refused loads of a module; nothing there is fine."""
    folder = home_directory / _FOLDER / module
    if folder.is_dir():
        shutil.rmtree(folder)
