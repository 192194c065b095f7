"""Names in a text: competitors are counted, own and foreign names are no opinion (VOC-9, VOC-10).

A name is found as a whole word in any case; a name that is an ordinary word can ask for a capital
and for a comparing or using word before it (measured: `united` hits 33 of 31,204 unrelated texts
in any case, 27 with a capital, one with both; `ml.md` 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:  # who reads on a cluster has no configuration
    from models.voice_of_customer import Competitor

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
"""Characters before a name in which its context is looked for."""
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


def aliases_of(competitors: Iterable[Competitor]) -> tuple[Alias, ...]:
    """Return all spellings of configured competitors, their names included (VOC-9, VOC-10)."""
    return tuple(
        Alias(
            competitor.name, one.alias,
            needs_capital=one.needs_capital, needs_context=one.needs_context,
        )
        for competitor in competitors
        for one in competitor.spellings
    )  # fmt: skip


class Found(NamedTuple):
    """The names in a text.

    Attributes:
        competitors: Names of competitors, each once (VOC-10), in alphabetical order.
        text: The text with all names replaced by the placeholder.
        order: For each placeholder of the text in turn, the competitor it stands for; None for an
            own name, and for a placeholder that the customer wrote.
    """

    competitors: tuple[str, ...]
    text: str
    order: tuple[str | None, ...] = ()


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

    def found(self, text: str) -> Found:
        """Return the names in a text; several hits of one competitor are one mention (VOC-10)."""
        lower = text.lower()
        taken: list[tuple[int, int, str | None]] = []
        is_named = False
        for longest_word, pattern, alias in self._aliases:
            if longest_word not in lower:
                continue
            name = alias.name if alias.is_competitor else None
            for hit in pattern.finditer(text):
                start, end = hit.span()
                is_free = all(end <= other[0] or other[1] <= start for other in taken)
                if is_free and _counts(alias, text, hit):
                    taken.append((start, end, name))
                    is_named = True
        if not is_named:
            return Found((), text)
        if PLACEHOLDER in lower:
            written = (hit.span() for hit in re.finditer(PLACEHOLDER, text, re.I))
            taken += [
                (start, end, None)
                for start, end in written
                if all(end <= other[0] or other[1] <= start for other in taken)
            ]
        return _replaced(text, sorted(taken, key=lambda one: one[:2]))


def _replaced(text: str, taken: Sequence[tuple[int, int, str | None]]) -> Found:
    pieces: list[str] = []
    end = 0
    for start, stop, _ in taken:
        # Two names side by side stay two words.
        pieces += [text[end:start] or (" " if pieces else ""), PLACEHOLDER]
        end = stop
    competitors = tuple(sorted({name for _, _, name in taken if name is not None}))
    order = tuple(name for _, _, name in taken)
    return Found(competitors, "".join([*pieces, text[end:]]), order)


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
