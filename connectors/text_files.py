"""Text files as lines: decoding, line ends, and the facts that choose the fast way of reading.

`prepare` looks at every byte once. A file that is plain UTF-8 is read where it lies; any other
encoding, and gzip, becomes a UTF-8 copy in the work folder. A file that does not decode is read
line by line, so that only the lines at fault are refused (F32).
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, NamedTuple

from connectors.archives import open_member
from connectors.errors import DamagedFileError, LandingError

_CHUNK: Final = 1 << 22
LONGEST_LINE: Final = 64 << 20
"""Bytes of the longest physical line that is looked into; longer ones are refused by length."""

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Line(NamedTuple):
    """One physical line without its end; a return before the end stays.

    `text` is None when it cannot be read; `fault` says why, `shown` is what can be shown of it.
    `offset` is the byte in the (unpacked) file at which the line starts.
    """

    number: int
    offset: int
    text: str | None
    has_end: bool
    fault: str | None = None
    shown: str = ""


@dataclass(frozen=True)
class TextFile:
    """A text file ready to be read.

    `utf8` is the file as UTF-8, or None when it does not decode; `encoding` is the codec name.
    `line_count` counts physical lines. `is_regular`: one kind of line end, no NUL, no blank lines.
    """

    path: Path
    utf8: Path | None
    encoding: str
    line_count: int
    has_nul: bool
    has_blank_lines: bool
    line_end: str
    is_mixed: bool

    def lines(self) -> Iterator[Line]:
        """Every physical line, from 1. Raises DamagedFileError when a packed file is cut."""
        separator = "\r" if self.line_end == "\r" else "\n"
        if self.utf8 is not None:
            with self.utf8.open("rb") as stream:
                yield from _lines(stream, "utf-8", separator, self.path)
        else:
            with _unpacked(self.path) as stream:
                yield from _lines(stream, self.encoding, separator, self.path)


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    name = path.name.lower()
    if name.endswith(".gz"):
        with gzip.open(path, "rb") as stream:
            yield stream  # type: ignore[misc]
    elif name.endswith(".zip"):
        with open_member(path) as member:
            yield member
    else:
        with path.open("rb") as stream:
            yield stream


def prepare(path: Path, encoding: str, work: Path) -> TextFile:
    """Read a text file once, decode it, and tell what it is made of.

    Raises DamagedFileError when a packed file is cut, LandingError when `detect` finds nothing.
    """
    codec = _codec(path, encoding)
    is_plain = codec == "utf-8" and path.suffix.lower() not in (".gz", ".zip")
    copy = None if is_plain else work / f"{path.name}.utf8"
    facts = _Facts()
    decoder = codecs.getincrementaldecoder(codec)("strict")
    can_decode = True
    target = copy.open("wb") if copy else None
    try:
        with _unpacked(path) as stream:
            for chunk in _chunks(stream, path, facts):
                if can_decode:
                    try:
                        text = decoder.decode(chunk)
                    except UnicodeDecodeError:
                        can_decode = False
                if not can_decode or is_plain:
                    facts.add(chunk)
                    continue
                data = text.encode("utf-8")
                facts.add(data)
                if target:
                    target.write(data)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            can_decode = False
    finally:
        if target:
            target.close()
    return TextFile(
        path=path,
        utf8=(copy or path) if can_decode else None,
        encoding=codec,
        line_count=facts.line_count,
        has_nul=facts.has_nul,
        has_blank_lines=facts.has_blank_lines,
        line_end=facts.line_end,
        is_mixed=facts.is_mixed,
    )


def _codec(path: Path, encoding: str) -> str:
    """The codec of a file: its byte order mark when the declared encoding allows one."""
    with _unpacked(path) as stream:
        try:
            start = _next_chunk(stream, path)
        except (EOFError, OSError, zlib.error) as error:
            raise DamagedFileError(f"it cannot be unpacked: {error}.", file=str(path)) from None
    for mark, codec in _BYTE_ORDER_MARKS:
        if start.startswith(mark) and (encoding == "detect" or codec.startswith(encoding)):
            return codec
    if encoding == "utf-16":
        return "utf-16-le"
    if encoding != "detect":
        return encoding
    return _detected(path, start)


def _detected(path: Path, start: bytes) -> str:
    cut = start[: start.rfind(b"\n") + 1] or start
    try:
        cut.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    candidates = ["gb18030", "latin-1", "utf-16-le", "utf-16-be", "cp1252"]
    best = from_bytes(cut, cp_isolation=candidates).best()
    if best is None:
        raise LandingError(
            "the encoding cannot be detected.",
            file=str(path),
            remedy="Declare it: utf-8, utf-16, gb18030 or latin-1.",
        )
    found = best.encoding.replace("_", "-")
    # Latin-1 decodes anything; it is taken for what Windows writes under that name as well.
    return "latin-1" if found in ("cp1252", "latin-1") else found


def _chunks(stream: IO[bytes], path: Path, facts: _Facts) -> Iterator[bytes]:
    while True:
        try:
            chunk = _next_chunk(stream, path)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            line = facts.line_count + 1
            raise DamagedFileError(
                f"file ends inside line {line}: {error}.", file=str(path), line=line
            ) from None
        if not chunk:
            return
        yield chunk


def _next_chunk(stream: IO[bytes], path: Path) -> bytes:
    """The next bytes of a stream; of a packed one what can be had before it turns out to be cut."""
    if path.suffix.lower() in (".gz", ".zip"):
        return stream.read1(_CHUNK)  # type: ignore[attr-defined, no-any-return]
    return stream.read(_CHUNK)


class _Facts:
    """Counts over the bytes of a file, chunk by chunk, in C speed."""

    def __init__(self) -> None:
        self.newlines = self.returns = self.pairs = 0
        self.has_nul = self.has_blank_lines = False
        self._last = b""

    def add(self, chunk: bytes) -> None:
        """Count one chunk; blank lines and pairs may lie across two chunks."""
        joined = self._last[-3:] + chunk
        old = self._last[-3:]
        self.newlines += chunk.count(b"\n")
        returns = chunk.count(b"\r")
        self.returns += returns
        if returns or b"\r" in old:
            self.pairs += joined.count(b"\r\n") - old.count(b"\r\n")
            self.has_blank_lines = self.has_blank_lines or (
                b"\r\n\r\n" in joined or b"\n\r\n" in joined or b"\r\r" in joined
            )
        self.has_blank_lines = self.has_blank_lines or b"\n\n" in joined
        if not self._last and chunk[:1] in (b"\n", b"\r"):
            self.has_blank_lines = True
        self.has_nul = self.has_nul or b"\x00" in chunk
        self._last = joined[-3:]

    @property
    def line_end(self) -> str:
        """The line end of the file: LF also for CR LF, CR when there is no LF at all."""
        return "\r" if self.returns and not self.newlines else "\n"

    @property
    def is_mixed(self) -> bool:
        """More than one kind of line end, or returns inside lines."""
        return bool(self.returns and self.newlines) and not (
            self.pairs == self.returns == self.newlines
        )

    @property
    def line_count(self) -> int:
        """Physical lines; a last line without its end counts."""
        ends = self.returns if self.line_end == "\r" else self.newlines
        is_open = bool(self._last) and not self._last.endswith(self.line_end.encode())
        return ends + is_open


def _lines(stream: IO[bytes], codec: str, separator: str, path: Path) -> Iterator[Line]:
    is_wide = codec.startswith("utf-16")
    raw = _wide_lines(stream, codec, separator) if is_wide else _byte_lines(stream, separator)
    mark = codecs.BOM_UTF8 if codec == "utf-8" else b""
    try:
        for number, (offset, data, has_end, length) in enumerate(raw, start=1):
            if number == 1 and not is_wide and mark and data.startswith(mark):
                data = data[len(mark) :]
            if length > LONGEST_LINE:
                fault = f"a line of {length} bytes is longer than {LONGEST_LINE}"
                yield Line(number, offset, None, has_end, fault, data[:2000].decode("latin-1"))
                continue
            yield _decoded(number, offset, data, has_end, codec)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFileError(f"the packed file is cut: {error}.", file=str(path)) from None


def _decoded(number: int, offset: int, data: bytes, has_end: bool, codec: str) -> Line:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        start = offset + error.start
        fault = f"byte {start} of the file (0x{data[error.start]:02x}) is not {codec}"
        shown = data.decode(codec, "backslashreplace")
        return Line(number, offset, None, has_end, fault, shown)
    if codec.startswith("utf-16") and number == 1:
        text = text.removeprefix("\ufeff")
    return Line(number, offset, text, has_end)


def _byte_lines(stream: IO[bytes], separator: str) -> Iterator[tuple[int, bytes, bool, int]]:
    """Lines split at the separator: (offset, bytes, has an end, length in bytes)."""
    end = separator.encode()
    offset, rest, dropped = 0, b"", 0
    while chunk := stream.read(_CHUNK):
        *whole, last = chunk.split(end)
        for part in whole:
            data = rest + part if rest else part
            length = dropped + len(data)
            yield offset, data, True, length
            offset += length + len(end)
            rest, dropped = b"", 0
        rest += last
        if len(rest) + dropped > LONGEST_LINE and len(rest) > 4000:
            dropped += len(rest) - 2000
            rest = rest[:2000]
    if rest:
        yield offset, rest, False, dropped + len(rest)


def _wide_lines(
    stream: IO[bytes], codec: str, separator: str
) -> Iterator[tuple[int, bytes, bool, int]]:
    """As `_byte_lines` for UTF-16: a separator counts only at an even offset."""
    end = separator.encode(codec)
    offset, rest = 0, b""
    while chunk := stream.read(_CHUNK):
        rest += chunk
        start = position = 0
        while (position := rest.find(end, position)) >= 0:
            if position % 2:
                position += 1
                continue
            yield offset + start, rest[start:position], True, position - start
            start = position = position + 2
        # What is cut off is even, so the parity of what stays is that of the file.
        offset, rest = offset + start, rest[start:]
    if rest:
        yield offset, rest, False, len(rest)
