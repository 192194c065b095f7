"""Patterns of voice-of-customer labels: alternatives mean what the pattern means (VOC-15)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.voice_of_customer import Preference, VoiceOfCustomer
from models.voice_patterns import (
    PatternTooWideError,
    alternatives,
    numbered_preferences,
    wanted_keywords,
)

SINGLES: list[dict[str, Any]] = [
    {"intent": "purchase", "above": 90},
    {"intent": "request", "at_least": 10},
    {"sentiment": "negative"},
    {"keywords": ["late"], "min_count": 2},
    {"competitor": "any"},
]
PATTERNS = st.recursive(
    st.sampled_from(SINGLES),
    lambda inner: st.one_of(
        st.builds(lambda found: {"all": found}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda found: {"any": found}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda found: {"not": found}, inner),
    ),
    max_leaves=7,
)
READER: TypeAdapter[Any] = TypeAdapter(Preference)


def holds(pattern: dict[str, Any], met: dict[str, bool]) -> bool:
    """What a pattern says, read as it is written."""
    if "all" in pattern:
        return all(holds(child, met) for child in pattern["all"])
    if "any" in pattern:
        return any(holds(child, met) for child in pattern["any"])
    if "not" in pattern:
        return not holds(pattern["not"], met)
    return met[str(pattern)]


@given(PATTERNS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_one_alternative_holds_when_the_pattern_does(
    pattern: dict[str, Any], chosen: list[bool]
) -> None:
    met = {str(single): is_met for single, is_met in zip(SINGLES, chosen, strict=True)}
    by_single = {READER.validate_python(s): met[str(s)] for s in SINGLES}
    try:
        found = alternatives(READER.validate_python(pattern))
    except PatternTooWideError:
        return
    told = any(all(by_single[single] != negated for single, negated in one) for one in found)
    assert told == holds(pattern, met)
    assert len(set(found)) == len(found)


def test_a_pattern_too_wide_is_refused() -> None:
    wide = {"all": [{"any": [{"keywords": [f"{n} {k}"]} for k in range(4)]} for n in range(6)]}
    with pytest.raises(PatternTooWideError, match="split the label"):
        alternatives(READER.validate_python(wide))


def test_a_preference_that_labels_share_has_one_number() -> None:
    voice = VoiceOfCustomer.model_validate(
        {
            "labels": [
                {"id": "a", "name": "A", "where": {"keywords": ["late"]}},
                {"id": "b", "name": "B", "where": {"all": [{"keywords": ["late"]}, SINGLES[2]]}},
            ]
        }
    )
    assert list(numbered_preferences(voice).values()) == [1, 2]
    assert list(wanted_keywords(voice)) == ["late"]
