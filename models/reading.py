"""Reads `abm.yaml` and its includes: the one module of the language that opens files.

Everything wrong is reported together, each with file, line and path. Where a part is not
well-formed, the rest is still checked: the part is left out and what merely refers to it is not
reported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from models.checking import configuration_cautions
from models.configuration import Configuration
from models.documents import DocumentError, Located, parse_document
from models.problems import (
    ConfigurationError,
    LocatedProblem,
    Problem,
    choose_from,
    dotted,
    shorten,
)
from models.problems import Path as Place

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


def read_with_cautions(path: Path) -> Reading:
    """Return the configuration of a file with its cautions (RFM-11, ENG-10).

    Raises ConfigurationError with every problem.
    """
    files = _Files(path)
    root = files.read_all()
    if root is None:
        raise ConfigurationError(files.problems)
    root.value.pop("include", None)
    configuration, problems = _validated(root)
    if configuration is None or problems or files.problems:
        raise ConfigurationError(_ordered([*files.problems, *problems]))
    cautions = tuple(
        LocatedProblem(*root.place(caution.path), dotted(caution.path), caution.message)
        for caution in configuration_cautions(configuration)
    )
    return Reading(configuration, cautions, tuple(files.read))


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


def _validated(root: Located) -> tuple[Configuration | None, list[LocatedProblem]]:
    """Validate a tree; leave out what is not well-formed and check the rest too."""
    return _Validation(root).run()


class _Validation:
    """Validates a shrinking tree. `positions` are the written positions of what is left."""

    def __init__(self, root: Located) -> None:
        self.root, self.plain = root, root.plain()
        self.problems: list[LocatedProblem] = []
        self.left_out: set[str] = set()
        self.positions = {
            name: list(range(len(self.plain[name])))
            for name in ("segments", "exports")
            if isinstance(self.plain.get(name), list)
        }

    def run(self) -> tuple[Configuration | None, list[LocatedProblem]]:
        """Return the configuration when nothing had to be left out, and all problems."""
        for _ in range(4):
            try:
                configuration = Configuration.model_validate(self.plain)
            except ValidationError as error:
                found = [p for p in _problems(error, self.plain) if p.missing not in self.left_out]
            else:
                return configuration, self.problems
            for problem in found:
                path = dotted(self.written(problem.path))
                located = LocatedProblem(*self.root.place(problem.path), path, problem.message)
                if located not in self.problems:
                    self.problems.append(located)
            parts = {_part(problem.path) for problem in found}
            if not parts or None in parts:
                break
            self.leave_out({part for part in parts if part is not None})
        return None, self.problems

    def written(self, path: Place) -> Place:
        """Return a path with the position that stands in the file."""
        if len(path) > 1 and path[0] in self.positions and isinstance(path[1], int):
            return (path[0], self.positions[str(path[0])][path[1]], *path[2:])
        return path

    def leave_out(self, parts: set[Place]) -> None:
        """Remove parts that are not well-formed, last positions first."""
        for part in sorted(parts, key=lambda p: [str(x).zfill(9) for x in p], reverse=True):
            container, tree, last = self.plain, self.root, part[-1]
            if len(part) == 2:
                container, tree = container[part[0]], tree.value[part[0]]
            self.left_out |= _names(part, container[last])
            del container[last], tree.value[last]
            if part[0] in self.positions and isinstance(last, int):
                del self.positions[str(part[0])][last]


def _part(path: Place) -> Place | None:
    """Return the part of a configuration a path lies in that the rest can do without."""
    if len(path) >= 2 and path[0] in ("segments", "exports"):
        return path[:2]
    if len(path) >= 2 and path[0] == "techniques":
        return path[:2]
    if path and path[0] in ("global_criteria", "limits"):
        return path[:1]
    return None


def _names(part: Place, raw: Any) -> set[str]:
    """Return the references that lead to a part, as problems name them."""
    if part[0] == "segments":
        return {f"segment {raw.get('id')}"} if isinstance(raw, dict) else set()
    if part[0] == "techniques":
        labels = raw.get("labels") if isinstance(raw, dict) else None
        ids = (
            [label.get("id") for label in labels or () if isinstance(label, dict)]
            if isinstance(labels, list)
            else []
        )
        return {f"label {part[1]}.{name}" for name in [*ids, "unlabelled", "unscored"]}
    return set()


def _problems(error: ValidationError, plain: Any) -> list[Problem]:
    """Return pydantic's errors as problems with paths of the document."""
    found: dict[Place, list[Problem]] = {}
    for detail in error.errors(include_url=False):
        path = _document_path(detail["loc"], plain, detail["type"])
        context = detail.get("ctx") or {}
        problem = Problem(path, _message(detail, context), context.get("missing"))
        is_choice = detail["type"] == "literal_error"
        deeper = any(other[: len(path)] == path and other != path for other in found)
        if is_choice and (deeper or path in found):
            continue
        found.setdefault(path, []).append(problem)
    return [problem for problems in found.values() for problem in problems]


_NOTHING: Final = object()


def _child(node: Any, part: int | str) -> Any:
    """Return the value of a key or position, _NOTHING when the container has none."""
    if isinstance(node, dict):
        return node.get(part, _NOTHING)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return _NOTHING


def _document_path(location: tuple[int | str, ...], plain: Any, kind: str) -> Place:
    """Return the path in the document: without the names pydantic puts in for unions."""
    path: list[int | str] = []
    node = plain
    for position, part in enumerate(location):
        child = _child(node, part)
        if child is not _NOTHING:
            node = child
        elif not (kind == "missing" and position == len(location) - 1):
            continue
        path.append(part)
    return tuple(path)


_PATTERNS: Final = {
    r"^[a-z][a-z0-9_]{0,62}$": "small letters, digits and _, a letter first, at most 63",
    r"^[A-Z]{3}$": "three capital letters such as USD",
    r"^[a-z][a-z0-9_]*\.[^\s].*$": "<source>.<table>, such as crm.accounts",
}


def _message(detail: Any, context: dict[str, Any]) -> str:
    """Return what was found and what is allowed."""
    kind, found = detail["type"], detail["input"]
    if kind == "quintile":
        return str(context["text"])
    if kind == "missing":
        return "this key is missing"
    if kind in ("literal_error", "enum"):
        allowed = re.findall(r"'((?:[^'\\]|\\.)*)'", str(context["expected"]))
        allowed = allowed or [str(context["expected"]).lower()]
        return f"found {shorten(found)}{choose_from(found, allowed)}"
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return f"found {shorten(found)}; allowed: {_PATTERNS.get(pattern, pattern)}"
    if kind == "value_error":
        return str(detail["msg"]).removeprefix("Value error, ")
    message = str(detail["msg"]).replace("Input should be", "expected")
    return f"{message}, found {shorten(found)}"


def _ordered(problems: list[LocatedProblem]) -> list[LocatedProblem]:
    """Return the problems by file and line, the main file's first."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    return sorted(problems, key=lambda p: (files.index(p.file), p.line))
