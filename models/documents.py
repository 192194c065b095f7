"""YAML text as a located tree, with the hazards of YAML refused (reliability F40).

Only the core is read: mappings, lists, text, whole numbers, decimals, true/false and null.
Anchors, aliases, tags, merge keys, duplicate keys, several documents and deep nesting are
refused with their line. A bare word is text unless it is exactly a number, `true`, `false`,
`null` or `~`: `no`, `on`, `007`, `1e5` and `2024-01-02` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import yaml

from models.problems import LocatedProblem, Path

MOST_BYTES: Final = 1_000_000
"""Largest configuration file, in bytes."""
MOST_DEPTH: Final = 64
"""Deepest nesting that is read."""

Key = str | int
_WHOLE = re.compile(r"^-?(0|[1-9][0-9]{0,30})$")
_DECIMAL = re.compile(r"^-?(0|[1-9][0-9]{0,30})\.[0-9]{1,30}$")
_WORDS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "~": None,
    "": None,
}
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Located:
    """A value with the place it was written at; containers hold located values.

    `value` is a scalar, `dict[Key, Located]` or `list[Located]`. `key_lines` are the lines of the
    keys of a mapping.
    """

    value: Any
    file: str
    line: int
    key_lines: dict[Key, tuple[str, int]] = field(default_factory=dict)

    def plain(self) -> Any:
        """Return the value as plain dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def place(self, path: Path) -> tuple[str, int]:
        """Return file and line of a path, or of the nearest part of it that exists."""
        node, place = self, (self.file, self.line)
        for part in path:
            if isinstance(node.value, dict) and part in node.value:
                place = node.key_lines.get(part, place)
                node = node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                place = (node.file, node.line)
            else:
                break
        return place


class DocumentError(ValueError):
    """A text that is no usable document; `problem` says where and why."""

    def __init__(self, problem: LocatedProblem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def parse_document(raw: bytes, file: str) -> tuple[Located, list[LocatedProblem]]:
    """Read one YAML file; returns the tree and the problems that do not hide the rest of it.

    Raises DocumentError for what cannot be read at all: too large, not UTF-8, broken YAML.
    """
    if len(raw) > MOST_BYTES:
        message = f"the file has {len(raw):,} bytes; at most {MOST_BYTES:,} are read"
        raise DocumentError(LocatedProblem(file, 0, "", message))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = f"not UTF-8 at byte {error.start + 1}; save the file as UTF-8"
        raise DocumentError(LocatedProblem(file, line, "", message)) from None
    builder = _Builder(file, yaml.parse(text, Loader=_Loader))
    try:
        return builder.document(), builder.problems
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        shown = error.character if isinstance(error.character, int) else ord(error.character[:1])
        message = f"the character U+{shown:04X} is not allowed"
        raise DocumentError(LocatedProblem(file, line, "", message)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not readable as YAML: {error.problem or error.context}"
        raise DocumentError(
            LocatedProblem(file, mark.line + 1 if mark else 0, "", message)
        ) from None


class _Builder:
    """Builds the tree from parser events, so that nothing is expanded or constructed."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file, self.events = file, events
        self.problems: list[LocatedProblem] = []

    def refuse(self, event: Any, message: str) -> None:
        self.problems.append(LocatedProblem(self.file, event.start_mark.line + 1, "", message))

    def document(self) -> Located:
        root: Located | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self.refuse(event, "a second document begins here; a file holds one")
                    break
                root = self.node(next(self.events), 1)
        return root if root is not None else Located({}, self.file, 1)

    def node(self, event: Any, level: int) -> Located:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"the alias *{event.anchor} is not allowed; write the value out")
            return Located(None, self.file, line)
        if event.anchor is not None:
            self.refuse(event, f"the anchor &{event.anchor} is not allowed")
        if event.tag is not None:
            self.refuse(event, f"the tag {event.tag} is not allowed; values are read as they are")
        if isinstance(event, yaml.ScalarEvent):
            return Located(self.scalar(event), self.file, line)
        if level > MOST_DEPTH:
            message = f"nested more than {MOST_DEPTH} levels deep"
            raise DocumentError(LocatedProblem(self.file, line, "", message))
        if isinstance(event, yaml.SequenceStartEvent):
            return Located(self.sequence(level), self.file, line)
        return self.mapping(line, level)

    def sequence(self, level: int) -> list[Located]:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, level + 1))
        return items

    def mapping(self, line: int, level: int) -> Located:
        found = Located({}, self.file, line)
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, level)
            value = self.node(next(self.events), level + 1)
            if key is None:
                continue
            if key in found.value:
                first = found.key_lines[key][1]
                self.refuse(event, f"the key {key!r} is already in line {first}; keep one of them")
                continue
            found.value[key] = value
            found.key_lines[key] = (self.file, event.start_mark.line + 1)
        return found

    def key(self, event: Any, level: int) -> Key | None:
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, "a key must be one word or number")
            self.node(event, level + 1)
            return None
        if event.anchor is not None or event.tag is not None:
            self.refuse(event, "a key has no anchor and no tag")
        if event.value == "<<" and not event.style:
            self.refuse(event, "the merge key << is not allowed; write the values out")
            return None
        is_number = not event.style and _WHOLE.match(event.value)
        return int(event.value) if is_number else str(event.value)

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.match(text):
            return int(text)
        return Decimal(text) if _DECIMAL.match(text) else text
