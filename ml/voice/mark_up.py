"""HTML of mails as text: tags dropped, blocks as lines, quoted blocks and scripts left out."""

from __future__ import annotations

import re
from typing import Final

_TAG: Final = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b([^<>]*)|[!?/][^<>]*)>")
_SILENT: Final = frozenset(("script", "style", "head", "title", "blockquote"))
_BLOCKS: Final = frozenset(
    ("br", "p", "div", "li", "tr", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4", "blockquote")
)
_QUOTE_MARKS: Final = ("gmail_quote", "yahoo_quoted", "divRplyFwdMsg", "OLK_SRC_BODY_SECTION")
"""Classes and ids below which the mail programs keep the mail that is answered."""


def without_mark_up(text: str) -> str:
    """Return the text of HTML; what is no tag (`a < b`) stays as it is.

    Scripts, styles and quoted blocks are left out, nested ones too; one that is never closed is
    left out to the end. From a mail program's mark of the quoted mail on, all is left out.
    """
    parts: list[str] = []
    open_tag, depth, start = "", 0, 0
    for tag in _TAG.finditer(text):
        if not depth:
            parts.append(text[start : tag.start()])
        start = tag.end()
        name = (tag[2] or "").lower()
        if not depth and tag[3] and any(mark in tag[3] for mark in _QUOTE_MARKS):
            return "".join(parts)
        if name in _BLOCKS and not depth:
            parts.append("\n")
        if name in _SILENT and (not depth or name == open_tag):
            open_tag = name
            depth = max(depth - 1, 0) if tag[1] else depth + 1
    if not depth:
        parts.append(text[start:])
    return "".join(parts)
