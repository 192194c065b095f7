"""WordPiece of BERT: text to numbers of pieces, as the sentence vectors were trained on.

0 of 2,000 texts came out otherwise than by the original tokenizer (`ml.md` 0).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

MOST_PIECES: Final = 256
"""Pieces of a text that are read, its start and end included."""
_LONGEST_WORD: Final = 100
_KNOWN_WORDS: Final = 50_000


class WordPieces:
    """Splits texts into numbered pieces.

    Args:
        vocabulary: Pieces in the order of their numbers.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._unknown = self._numbers["[UNK]"]
        self._start, self._end = self._numbers["[CLS]"], self._numbers["[SEP]"]
        self._words: dict[str, tuple[int, ...]] = {}

    def of(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces between start and end."""
        numbers = [self._start]
        for word in _split(text):
            numbers.extend(self._word(word))
            if len(numbers) >= MOST_PIECES:
                break
        return [*numbers[: MOST_PIECES - 1], self._end]

    def _word(self, word: str) -> tuple[int, ...]:
        known = self._words.get(word)
        if known is None:
            known = self._pieces(word)
            if len(self._words) < _KNOWN_WORDS:
                self._words[word] = known
        return known

    def _pieces(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST_WORD:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._numbers.get(("##" if start else "") + word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(pieces)


def _split(text: str) -> list[str]:
    """Words and single marks, lower case, without accents."""
    lower = text.lower()
    if not lower.isascii():
        lower = "".join(
            c for c in unicodedata.normalize("NFD", lower) if unicodedata.category(c) != "Mn"
        )
    parts: list[str] = []
    for character in lower:
        if character.isspace():
            parts.append(" ")
        elif _is_mark(character) or _is_han(character):
            parts.append(f" {character} ")
        elif unicodedata.category(character)[0] != "C" and character != "\ufffd":
            parts.append(character)
    return "".join(parts).split()


def _is_mark(character: str) -> bool:
    if character.isascii():
        return not character.isalnum() and character.isprintable() and character != " "
    return unicodedata.category(character)[0] == "P"


def _is_han(character: str) -> bool:
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x2FA1F
    )
