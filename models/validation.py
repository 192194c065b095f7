"""From a located document to a valid configuration, or to all of its problems at once."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import ValidationError

from models.configuration import Configuration
from models.documents import Located
from models.problems import LocatedProblem, Path, Problem, choose_from, dotted, shorten


def validated(root: Located) -> tuple[Configuration | None, list[LocatedProblem]]:
    """Return the configuration of a tree, or every problem with file, line and path.

    A part that is not well-formed is left out and the rest is checked too; what merely refers to
    such a part is not reported again.
    """
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

    def written(self, path: Path) -> Path:
        """Return a path with the position that stands in the file."""
        if len(path) > 1 and path[0] in self.positions and isinstance(path[1], int):
            return (path[0], self.positions[str(path[0])][path[1]], *path[2:])
        return path

    def leave_out(self, parts: set[Path]) -> None:
        """Remove parts that are not well-formed, last positions first."""
        for part in sorted(parts, key=lambda p: [str(x).zfill(9) for x in p], reverse=True):
            container, tree, last = self.plain, self.root, part[-1]
            if len(part) == 2:
                container, tree = container[part[0]], tree.value[part[0]]
            self.left_out |= _names(part, container[last])
            del container[last], tree.value[last]
            if part[0] in self.positions and isinstance(last, int):
                del self.positions[str(part[0])][last]


def _part(path: Path) -> Path | None:
    """Return the part of a configuration a path lies in that the rest can do without."""
    if len(path) >= 2 and path[0] in ("segments", "exports"):
        return path[:2]
    if len(path) >= 2 and path[0] == "techniques":
        return path[:2]
    if path and path[0] in ("global_criteria", "limits"):
        return path[:1]
    return None


def _names(part: Path, raw: Any) -> set[str]:
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
    found: dict[Path, list[Problem]] = {}
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


def _document_path(location: tuple[int | str, ...], plain: Any, kind: str) -> Path:
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
    message = message.replace("a valid tuple", "a list").replace("Tuple should", "List should")
    return f"{message}, found {shorten(found)}"
