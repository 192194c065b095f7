"""What a reader of one language finds in a text: opinion words, their clause, their strength."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

SPREAD: Final = 15.0
"""Of `level`: VADER's own constant, the strongest sum it expects."""

BEFORE_BUT: Final = 0.5
AFTER_BUT: Final = 1.5


class Hit(NamedTuple):
    """A word with an opinion.

    Attributes:
        word: As the lexicon has it.
        value: What it is worth here: boosted, turned by a negation; -4 to 4 or a little beyond.
        clause: Number of the clause it stands in.
        is_own: Whether the user taught it (VOC-14).
    """

    word: str
    value: float
    clause: int
    is_own: bool


@dataclass(slots=True)
class Reading:
    """A text as a reader of its language sees it.

    Attributes:
        words: Lower-case words in order; Chinese has its clauses. Names, and words whose opinion
            the user took away, are replaced by a placeholder.
        clauses: For each clause, its words; for Chinese the clause itself.
        hits: Words with an opinion, in order.
        text: Of Chinese, all of it in lower case with its punctuation; otherwise empty.
        emphasis: What exclamation marks add to the stronger side, 0 to 1.2.
        questions: Question marks.
        turn: Number of the clause that a `but` starts, or None: what follows it counts more.
        sums: What `clause_values` found, kept.
    """

    words: list[str] = field(default_factory=list)
    clauses: list[list[str]] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    emphasis: float = 0.0
    questions: int = 0
    turn: int | None = None
    sums: dict[int, float] | None = None
    text: str = ""

    def total(self) -> float:
        """Sum of all hits with the emphasis on its side, halved before a `but`."""
        turn = self.turn
        total = 0.0
        for _, value, clause, _ in self.hits:
            if turn is not None:
                value *= BEFORE_BUT if clause < turn else AFTER_BUT
            total += value
        return total + math.copysign(self.emphasis, total) if total else 0.0

    def clause_values(self) -> dict[int, float]:
        """Sum of the hits of each clause that has one; only asked once all are found."""
        sums = self.sums
        if sums is None:
            sums = self.sums = {}
            for _, value, clause, _ in self.hits:
                sums[clause] = sums.get(clause, 0.0) + value
        return sums


def level(total: float) -> float:
    """Return a sum of values as -1 to 1."""
    return total / math.sqrt(total * total + SPREAD)
