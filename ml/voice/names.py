"""Names in a text: competitors are counted, own and foreign names are no opinion (VOC-9, VOC-10).

A name is found as a whole word in any case; a name that is an ordinary word can ask for a capital
and for a comparing or using word before it (measured: `united` hits 33 of 31,204 unrelated texts
in any case, 27 with a capital, one with both; `ml.md` 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PLACEHOLDER: Final = "somename"
"""What stands in place of a name where opinions are read: VADER takes `united` for a praise."""
_CONTEXT: Final = re.compile(
    r"(?:\b(?:to|from|than|with|use|uses|used|using|try|tried|trying|versus|vs|over|like|by|against|"
    r"and|or|at|chose|choose|prefer|consider|considering|evaluate|evaluating|replace|replacing|"
    r"include|including|competitor|switch|switched|switching|of)\b\.?\s+(?:the\s+|a\s+|an\s+)?"
    r"|(?:用|比|换|和|与|跟|从|到|选|找|像|是|对比|比较|改用|转)\s*)$",
    re.I,
)
_CONTEXT_CHARACTERS: Final = 30
_LETTER_BEFORE: Final = r"(?<![^\W\u3400-\u9fff])"
_LETTER_AFTER: Final = r"(?![^\W\u3400-\u9fff])"
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Alias:
    """One spelling of a name.

    Attributes:
        name: Whom or what it means, as it is to be reported.
        alias: The spelling; the name itself is one too, if it is listed.
        is_competitor: Whether it is a competitor; otherwise an own brand or product.
        needs_capital: Whether its first letter must be a capital.
        needs_context: Whether a comparing or using word must stand before it (`switch to`).
    """

    name: str
    alias: str
    is_competitor: bool = True
    needs_capital: bool = False
    needs_context: bool = False


class Names:
    """Finds names in texts.

    Args:
        aliases: All spellings; those that are blank are no names.
    """

    def __init__(self, aliases: Iterable[Alias]) -> None:
        usable = [alias for alias in aliases if alias.alias.strip()]
        # The longest first: `Desk Well` is taken before `Desk`.
        usable.sort(key=lambda alias: (-len(alias.alias), alias.alias, alias.name))
        self._aliases = [
            (max(alias.alias.lower().split(), key=len), _pattern(alias.alias), alias)
            for alias in usable
        ]

    def found(self, text: str) -> tuple[tuple[str, ...], str]:
        """Return the competitors in a text and the text with all names replaced.

        Several hits of one competitor are one mention (VOC-10); they are in alphabetical order.
        """
        lower = text.lower()
        competitors: set[str] = set()
        for longest_word, pattern, alias in self._aliases:
            if longest_word not in lower:
                continue
            pieces, end = [], 0
            for hit in pattern.finditer(text):
                if _counts(alias, text, hit):
                    pieces += [text[end : hit.start()], PLACEHOLDER]
                    end = hit.end()
            if pieces:
                text = "".join([*pieces, text[end:]])
                if alias.is_competitor:
                    competitors.add(alias.name)
        return tuple(sorted(competitors)), text


def _pattern(alias: str) -> re.Pattern[str]:
    words = alias.split()
    before = "" if _HAN.match(words[0][0]) or not words[0][0].isalnum() else _LETTER_BEFORE
    after = "" if _HAN.match(words[-1][-1]) or not words[-1][-1].isalnum() else _LETTER_AFTER
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after, re.I)


def _counts(alias: Alias, text: str, hit: re.Match[str]) -> bool:
    if alias.needs_capital and not hit[0][0].isupper():
        return False
    if not alias.needs_context:
        return True
    before = text[max(hit.start() - _CONTEXT_CHARACTERS, 0) : hit.start()]
    return _CONTEXT.search(before) is not None
