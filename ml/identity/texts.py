"""What every identifier starts from: a text without control characters, folded and bounded."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_CHARACTERS: Final = 1_000
"""Characters of a field that are looked at; no identifier is longer."""

_INVISIBLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
)
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")
_UNMARKED: Final = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
})  # fmt: skip


def plain(value: object) -> str:
    """Return a field as text: NFKC, trimmed, without invisible characters; "" for anything else.

    Full-width digits and letters become the usual ones, lone surrogates vanish.
    """
    if not isinstance(value, str):
        return ""
    text = value[:MOST_CHARACTERS]
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()


def unmarked(text: str) -> str:
    """Return a text in lower case without accents: `São Łódź` becomes `sao lodz` (EDG-22)."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    bare = _MARKS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare).translate(_UNMARKED)
