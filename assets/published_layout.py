"""Which layout the pointer and the manifests of the published copy have, and how one is refused.

Holds the version mark and the errors of readers. Never put here what the files say; that is
`published`.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

LAYOUT = 1
"""Layout of pointer and manifests that this version reads and writes.

Raise it with every field that a reader of today would not understand. `layout_version` is written
from layout 2 on; a file without it has layout 1, so that readers of the first version still open
what this one publishes.
"""


class NothingPublishedError(LookupError):
    """The folder holds no published copy yet."""


class PublishedCopyError(RuntimeError):
    """The pointer or the version it names is damaged or missing."""


class NewerPublicationError(PublishedCopyError):
    """The pointer or a manifest has a layout that only a newer version of Quintile knows."""

    def __init__(self, path: Path, layout: object) -> None:
        super().__init__(
            f"{path} was written by a newer version of Quintile (its layout is {layout}, this "
            f"version knows {LAYOUT}). Update Quintile, or use another home folder; nothing was "
            "changed."
        )


def content_of_known_layout(path: Path) -> bytes:
    """Content of a pointer or manifest, once its layout is one that this version knows."""
    content = path.read_bytes()
    try:
        layout = json.loads(content).get("layout_version", 1)
    except (ValueError, AttributeError):
        return content  # damaged, which whoever validates it says better
    if layout != LAYOUT:
        raise NewerPublicationError(path, layout)
    return content


def cause_of(error: Exception) -> str:
    """What is wrong, in one line and without the address of somebody's documentation."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else first["msg"]
    return str(error)
