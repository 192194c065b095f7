"""Text as the language compares it: outer blanks trimmed, case ignored (GLC-8, EDG-22).

Text is trimmed where it enters: data at landing, values when criteria are bound. `fold` lowers
each code point by its simple lower case, which is what DuckDB's `lower` does for every code point
of Unicode (checked exhaustively by a test). Python's own `str.lower` differs in two places: U+0130
becomes two code points, and a final capital sigma becomes a final small one.
Spark lowers by Java's rules, which are Python's; criteria therefore replace these two before
(`models.expressions.lowered`, checked as exhaustively for what this Python's Unicode knows).
"""

from __future__ import annotations

import unicodedata
from typing import Final

BLANKS: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of Unicode's White_Space property: what trimming removes at both ends."""


def trim(text: str) -> str:
    """Return the text without blanks at both ends."""
    return text.strip(BLANKS)


def fold(text: str) -> str:
    """Return the text as comparisons see it: trimmed and lowered code point by code point."""
    stripped = text.strip(BLANKS)
    if stripped.isascii():
        return stripped.lower()
    return "".join("i" if c == "\u0130" else c.lower() for c in stripped)


def canonical(text: str) -> str:
    """Return the text in the landed form: Unicode NFC, trimmed (EDG-22)."""
    return trim(unicodedata.normalize("NFC", text))
