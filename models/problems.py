"""Problems of a configuration: what is wrong, where, and what would be right.

Every check of the language reports through here, so that all problems of a configuration are
shown together and every one names its path, what was found and what is allowed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from models.text import fold

Path = tuple[str | int, ...]
"""Place inside a configuration: keys and list positions from the root."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one path. `missing` names an unknown reference (`segment renewals`)."""

    path: Path
    message: str
    missing: str | None = None


@dataclass(frozen=True)
class Caution:
    """Something doubtful that does not stop a run, such as a gap between two ranges (RFM-11)."""

    path: Path
    code: str
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}"


@dataclass(frozen=True)
class LocatedProblem:
    """A problem with the file and line it was read from; `line` counts from 1, 0 when unknown."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigurationError(ValueError):
    """A configuration that cannot be used, with all of its problems, one per line."""

    def __init__(self, problems: Sequence[LocatedProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """Return a path as users read it: `segments[2].where.all[0].field`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def nearest(name: object, allowed: Iterable[str]) -> str | None:
    """Return the allowed name most like the given one, ignoring case, or None."""
    by_folded = {candidate.lower(): candidate for candidate in allowed}
    found = difflib.get_close_matches(str(name).lower(), list(by_folded), n=1, cutoff=0.5)
    return by_folded[found[0]] if found else None


def choose_from(name: object, allowed: Iterable[str], limit: int = 25) -> str:
    """Return the sentence that follows a wrong name: the nearest one and what is allowed."""
    names = list(allowed)
    close = nearest(name, names)
    hint = f"; did you mean {close!r}?" if close else ""
    if not names:
        return f"{hint}; none is defined"
    shown = ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "")
    return f"{hint} allowed: {shown}" if hint else f"; allowed: {shown}"


class Named(Protocol):
    """Anything of the configuration with an id and a name for people."""

    @property
    def id(self) -> str:
        """Key in the configuration."""

    @property
    def name(self) -> str:
        """Name on the screen."""


def repeated(named: Iterable[Named], path: Path, rule: str = "") -> Iterator[Problem]:
    """Yield ids and names of the list at `path` that stand in it twice, names ignoring case.

    `rule` is the id of the rule that the message about a name cites.
    """
    cited = f" ({rule})" if rule else ""
    ids: set[str] = set()
    names: set[str] = set()
    for position, one in enumerate(named):
        if one.id in ids:
            yield Problem((*path, position, "id"), f"the id {one.id!r} is used twice")
        if fold(one.name) in names:
            message = f"the name {one.name!r} is used twice, ignoring case{cited}"
            yield Problem((*path, position, "name"), message)
        ids.add(one.id)
        names.add(fold(one.name))


def shorten(value: object, length: int = 60) -> str:
    """Return a value for a message: quoted, and cut when long."""
    text = repr(value)
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"


def raise_problems(problems: Iterable[Problem], title: str = "configuration") -> None:
    """Raise all problems as one pydantic ValidationError; do nothing when there are none.

    Called inside validators: pydantic puts the path of the validated object before each path.
    """
    details: list[InitErrorDetails] = []
    for problem in problems:
        context: dict[str, Any] = {"text": problem.message}
        if problem.missing is not None:
            context["missing"] = problem.missing
        error = PydanticCustomError("quintile", "{text}", context)
        details.append(InitErrorDetails(type=error, loc=problem.path, input=None))
    if details:
        raise ValidationError.from_exception_data(title, details)
