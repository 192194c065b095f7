"""Reads `abm.yaml` and its includes: the one module of the language that opens files.

Everything wrong is reported together, each with file, line and path. Where a part is not
well-formed, the rest is still checked: the part is left out and what merely refers to it is not
reported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from models.checking import configuration_cautions
from models.configuration import Configuration
from models.dated_cautions import dated_cautions
from models.documents import DocumentError, Located, parse_document
from models.problems import (
    ConfigurationError,
    LocatedProblem,
    choose_from,
    dotted,
    shorten,
)
from models.problems import Path as Place
from models.validation import validated

__all__ = ["ConfigurationError", "Reading", "read_configuration", "read_with_cautions"]

MOST_FILES: Final = 1_000
"""Files one configuration may consist of."""


@dataclass(frozen=True)
class Reading:
    """A configuration with what was noticed while reading it.

    `cautions` are doubtful but harmless things with their place; `files` are the files read, the
    main one first.
    """

    configuration: Configuration
    cautions: tuple[LocatedProblem, ...]
    files: tuple[Path, ...]


def read_configuration(path: Path) -> Configuration:
    """Return the configuration of a file. Raises ConfigurationError with every problem."""
    return read_with_cautions(path).configuration


def read_with_cautions(path: Path, now: datetime | None = None) -> Reading:
    """Return the configuration of a file with its cautions (RFM-11, ENG-10).

    Given a time, with what the business date makes doubtful as well (LBL-4, LBL-6).
    Raises ConfigurationError with every problem.
    """
    files = _Files(path)
    root = files.read_all()
    if root is None:
        raise ConfigurationError(files.problems)
    root.value.pop("include", None)
    configuration, problems = validated(root)
    if configuration is None or problems or files.problems:
        raise ConfigurationError(_ordered([*files.problems, *problems]))
    cautions = configuration_cautions(configuration)
    if now is not None:
        as_of = configuration.organization.business_date(now)
        cautions += dated_cautions(configuration, as_of)
    located = tuple(
        LocatedProblem(*root.place(caution.path), dotted(caution.path), caution.message)
        for caution in cautions
    )
    return Reading(configuration, located, tuple(files.read))


class _Files:
    """Reads the main file and its includes and merges them into one tree."""

    def __init__(self, path: Path) -> None:
        self.main = path
        self.folder = path.resolve().parent
        self.problems: list[LocatedProblem] = []
        self.read: list[Path] = []

    def name(self, path: Path) -> str:
        """Return a file's name for messages: relative to the main file's folder."""
        resolved = path.resolve()
        if resolved == self.main.resolve():
            return str(self.main)
        return str(self.main.parent / resolved.relative_to(self.folder))

    def report(self, place: tuple[str, int], path: str, message: str) -> None:
        self.problems.append(LocatedProblem(*place, path, message))

    def read_all(self) -> Located | None:
        return self.load(self.main, ())

    def load(self, path: Path, trail: tuple[Path, ...]) -> Located | None:
        """Read one file and merge what it includes; None when it cannot be used."""
        name = self.name(path)
        try:
            tree, problems = parse_document(path.read_bytes(), name)
        except DocumentError as error:
            self.problems.append(error.problem)
            return None
        except OSError as error:
            self.report((name, 0), "", f"cannot be read: {error.strerror}")
            return None
        self.problems += problems
        self.read.append(path)
        if not isinstance(tree.value, dict):
            self.report((name, tree.line), "", "expected keys such as organization, sources")
            return None
        here = (*trail, path.resolve())
        for place, included in self.included(tree, path):
            if included.resolve() in here:
                circle = [*here[here.index(included.resolve()) :], included.resolve()]
                shown = " -> ".join(self.name(p) for p in circle)
                self.report(place, "include", f"files include each other in a circle: {shown}")
            elif included.resolve() in {p.resolve() for p in self.read}:
                self.report(place, "include", f"{self.name(included)} is included twice")
            elif len(self.read) >= MOST_FILES:
                self.report(place, "include", f"more than {MOST_FILES} files are included")
                break
            else:
                part = self.load(included, here)
                if part is not None:
                    part.value.pop("include", None)
                    self.merge(tree, part, ())
        return tree

    def included(self, tree: Located, path: Path) -> Iterator[tuple[tuple[str, int], Path]]:
        """Yield the files a file includes, each pattern sorted by name."""
        if "include" not in tree.value:
            return
        listed = tree.value["include"]
        place = tree.key_lines["include"]
        patterns = listed.value if isinstance(listed.value, list) else [listed]
        for pattern in patterns:
            text = pattern.value
            if not isinstance(text, str) or not text:
                self.report(place, "include", f"expected a file or pattern, found {shorten(text)}")
                continue
            parts = Path(text).parts
            if Path(text).is_absolute() or ".." in parts or "\\" in text:
                message = f"{text!r} leaves the folder of the configuration"
                self.report((pattern.file, pattern.line), "include", message)
                continue
            yield from self.matching(pattern, text, path)

    def matching(
        self, pattern: Located, text: str, path: Path
    ) -> Iterator[tuple[tuple[str, int], Path]]:
        place = (pattern.file, pattern.line)
        found = sorted(p for p in path.parent.glob(text) if p.is_file())
        if not found and not re.search(r"[*?\[]", text):
            known = sorted(str(p.relative_to(path.parent)) for p in path.parent.rglob("*.yaml"))
            self.report(place, "include", f"no file {text!r}{choose_from(text, known)}")
        for included in found:
            if not included.resolve().is_relative_to(self.folder):
                message = f"{text!r} leads out of the folder of the configuration"
                self.report(place, "include", message)
            else:
                yield place, included

    def merge(self, into: Located, part: Located, path: Place) -> None:
        """Merge an included tree: maps by key, lists appended, anything else only once."""
        for key, value in part.value.items():
            if key not in into.value:
                into.value[key] = value
                into.key_lines[key] = part.key_lines[key]
                continue
            known = into.value[key]
            if isinstance(known.value, dict) and isinstance(value.value, dict):
                self.merge(known, value, (*path, key))
            elif isinstance(known.value, list) and isinstance(value.value, list):
                known.value.extend(value.value)
            else:
                file, line = into.key_lines[key]
                message = f"is already given in {file}:{line}; keep one of them"
                self.report(part.key_lines[key], dotted((*path, key)), message)


def _ordered(problems: list[LocatedProblem]) -> list[LocatedProblem]:
    """Return the problems by file and line, the main file's first."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    return sorted(problems, key=lambda p: (files.index(p.file), p.line))
