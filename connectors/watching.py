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
    for table in _tables(configuration):
        name, source_table = table.split(".", 1)
        source = configuration.sources[name]
        if source.files is None:
            continue
        try:
            folder = source_folder(source, base_directory, environment, name)
        except LandingError:
            continue
        for path in find_paths(source, source_table, folder):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found[str(path)] = f"{status.st_size}:{status.st_mtime_ns}"
    return found


def _tables(configuration: Configuration) -> dict[str, None]:
    """Tables that modules, feeds and their lookups read, each once."""
    mapped = configuration.modules.mapped().values()
    looked_up = [form.lookup for mapping in mapped for form in mapping.lookups]
    return dict.fromkeys([*(mapping.table for mapping in mapped), *looked_up])
