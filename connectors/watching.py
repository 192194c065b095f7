"""What the drop folders hold now, without reading a byte: for the sensor that starts runs (F30)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.errors import LandingError
from connectors.inputs import find_paths, source_folder
from models.configuration import Configuration

Fingerprints = dict[str, str]
"""Size and time of change by file name."""


def source_files(
    configuration: Configuration, base_directory: Path, environment: Mapping[str, str]
) -> Fingerprints:
    """Size and time of change of every file that a mapped module reads.

    A source folder that cannot be found holds no files here; landing says what is wrong with it.
    """
    found: Fingerprints = {}
    for mapping in configuration.modules.mapped().values():
        source = configuration.sources[mapping.source]
        if source.files is None:
            continue
        try:
            folder = source_folder(source, base_directory, environment, mapping.source)
        except LandingError:
            continue
        for path in find_paths(source, mapping.source_table, folder):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found[str(path)] = f"{status.st_size}:{status.st_mtime_ns}"
    return found
