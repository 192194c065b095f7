"""Patterns of voice-of-customer labels as SQL reads them: alternatives of preferences (VOC-15).

A pattern of all, any and not becomes a list of alternatives, each a list of preferences that must
hold or must not; an account has the label when one alternative holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from models.voice_of_customer import (
    AllPreferences,
    AnyPreference,
    KeywordPreference,
    NotPreference,
    Preference,
    Single,
    VoiceOfCustomer,
)

MOST_ALTERNATIVES: Final = 1_000

Literal_ = tuple[Single, bool]
"""A preference, and whether it must not hold."""


class PatternTooWideError(ValueError):
    """A pattern of so many alternatives that nobody could have meant it."""


def alternatives(pattern: Preference, *, negated: bool = False) -> list[tuple[Literal_, ...]]:
    """Return the alternatives of a pattern, each with its preferences in order, none twice.

    Raises:
        PatternTooWideError: there would be more than 1,000 of them.
    """
    if isinstance(pattern, NotPreference):
        return alternatives(pattern.negated, negated=not negated)
    if isinstance(pattern, AllPreferences | AnyPreference):
        children = pattern.all if isinstance(pattern, AllPreferences) else pattern.any
        parts = [alternatives(child, negated=negated) for child in children]
        if isinstance(pattern, AnyPreference) != negated:
            found = [one for part in parts for one in part]
        else:
            _refuse_wide(parts)
            found = [_joined(chosen) for chosen in product(*parts)]
        return list(dict.fromkeys(found))
    return [((pattern, negated),)]


def _joined(chosen: tuple[tuple[Literal_, ...], ...]) -> tuple[Literal_, ...]:
    return tuple(dict.fromkeys(literal for one in chosen for literal in one))


def _refuse_wide(parts: list[list[tuple[Literal_, ...]]]) -> None:
    count = 1
    for part in parts:
        count *= len(part)
        if count > MOST_ALTERNATIVES:
            raise PatternTooWideError(
                f"the pattern has more than {MOST_ALTERNATIVES} alternatives; split the label"
            )


def numbered_preferences(voice: VoiceOfCustomer) -> dict[Single, int]:
    """Return every preference of the labels once, numbered in the order they come."""
    numbers: dict[Single, int] = {}
    for label in voice.labels:
        for single in label.preferences():
            numbers.setdefault(single, len(numbers) + 1)
    return numbers


def wanted_keywords(voice: VoiceOfCustomer) -> Iterator[str]:
    """Yield the keywords that labels ask for: engines list them wherever they stand (VOC-19)."""
    for single in numbered_preferences(voice):
        if isinstance(single, KeywordPreference):
            yield from single.keywords
