"""JSON Lines: one object per line; inner objects become columns with dotted names.

Numbers, booleans and nulls keep their JSON type (connectors.parsing.NATIVE), digits as written:
no number passes through a float. Lists are kept as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.errors import DamagedFileError
from connectors.extracts import Extract, Places, Record, Refused, raw_text_of, spool
from connectors.parsing import NATIVE
from connectors.text_files import Line, prepare

_DEEPEST: Final = 5


class _Number(str):
    """A JSON number as it was written."""


@dataclass(frozen=True)
class _Parsed:
    """One line: its values by column, or why there are none."""

    row: int
    line: Line
    values: dict[str, str | None] | None
    reason: str = ""
    detail: str = ""


class JsonLinesFile:
    """One JSON Lines file, opened. Its header is the union of the keys of all its objects.

    Raises DamagedFileError when the last line is cut.
    """

    def __init__(self, path: Path, encoding: str, work: Path) -> None:
        self.path, self.work = path, work
        self.text = prepare(path, encoding, work)
        keys: dict[str, None] = {}
        for parsed in self._parsed():
            keys.update(dict.fromkeys(parsed.values or ()))
        self.header = tuple(keys)

    def _parsed(self) -> Iterator[_Parsed]:
        row = 0
        for line in self.text.lines():
            if line.text is not None and not line.text.strip():
                continue
            row += 1
            parsed = _parse(row, line)
            if parsed.reason == "json" and not line.has_end:
                raise DamagedFileError(
                    f"file ends inside line {line.number}: {parsed.detail}.",
                    file=str(self.path),
                    line=line.number,
                )
            yield parsed

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns; lines that hold no readable object are refused."""
        refused: list[Refused] = []
        path = self.work / f"{self.path.name}.records.parquet"
        relation = spool(self._records(wanted, refused), len(wanted), path)
        return Extract(
            relation=relation,
            columns={column: f"c{n}" for n, column in enumerate(wanted)},
            header=self.header,
            locate=self.locate,
            is_marked=True,
            refused=tuple(refused),
            encoding=self.text.encoding,
        )

    def _records(self, wanted: Sequence[str], refused: list[Refused]) -> Iterator[Record]:
        for parsed in self._parsed():
            if parsed.values is not None:
                yield parsed.row, parsed.line.number, [parsed.values.get(c) for c in wanted]
                continue
            raw = raw_text_of(parsed.line.text or parsed.line.shown)
            refused.append(
                Refused(parsed.row, parsed.line.number, parsed.reason, parsed.detail, raw)
            )

    def locate(self, rows: Sequence[int], total: int) -> Places:
        """Line and text of a few records, in one pass."""
        wanted, places = set(rows), dict[int, tuple[int | None, str]]()
        row = 0
        for line in self.text.lines() if wanted else ():
            if line.text is not None and not line.text.strip():
                continue
            row += 1
            if row in wanted:
                places[row] = (line.number, raw_text_of(line.text or line.shown))
        return places


def _parse(row: int, line: Line) -> _Parsed:
    if line.text is None:
        return _Parsed(row, line, None, "encoding", line.fault or "")
    try:
        value = json.loads(
            line.text, parse_int=_Number, parse_float=_Number, object_pairs_hook=_unique
        )
    except RecursionError:
        return _Parsed(row, line, None, "json", "the object is nested too deep")
    except ValueError as error:
        return _Parsed(row, line, None, "json", f"the line is no JSON object: {error}")
    if not isinstance(value, dict):
        return _Parsed(row, line, None, "json", "the line holds no object")
    values: dict[str, str | None] = {}
    _flatten(value, "", 1, values)
    for column, text in values.items():
        fault = _fault(text)
        if fault:
            return _Parsed(row, line, None, fault, f"the value of {column} cannot be kept")
    return _Parsed(row, line, values)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _flatten(value: dict[str, Any], prefix: str, depth: int, values: dict[str, str | None]) -> None:
    for key, inner in value.items():
        name = prefix + key
        if isinstance(inner, dict) and depth < _DEEPEST:
            _flatten(inner, f"{name}.", depth + 1, values)
        else:
            values[name] = _text(inner)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return NATIVE + str(value).lower()
    if isinstance(value, float):  # only NaN and Infinity, which no grammar of numbers reads
        return f"{NATIVE}{value}"
    if isinstance(value, _Number):
        return NATIVE + value
    if isinstance(value, str):
        return value
    return _json(value)


def _json(value: Any) -> str:
    """JSON text of a value, its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_json(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}: {_json(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    return json.dumps(value, ensure_ascii=False)


def _fault(text: str | None) -> str | None:
    if text is None or (text.isascii() and "\x00" not in text and text[:1] != NATIVE):
        return None
    if "\x00" in text:
        return "nul_character"
    if text.startswith(NATIVE):
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "encoding"
    return None
