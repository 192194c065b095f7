"""What labels ask of voices, as tables of schema `config` (VOC-15 to VOC-20)."""

from __future__ import annotations

from typing import Any

from models.channels import MAILS
from models.column_types import COUNT, DECIMAL, FLAG, TEXT, Table
from models.configuration import Configuration
from models.text import fold
from models.voice_of_customer import (
    CompetitorPreference,
    IntentPreference,
    KeywordPreference,
    SentimentPreference,
    Single,
    VoiceOfCustomer,
)
from models.voice_patterns import alternatives, numbered_preferences


def voice_tables(configuration: Configuration) -> dict[str, Table]:
    """Return what labels ask of voices: settings, preferences, and how they are combined."""
    chosen = configuration.techniques.voice_of_customer
    is_active = chosen is not None and chosen.active
    voice = chosen or VoiceOfCustomer()
    numbers = numbered_preferences(voice) if is_active else {}
    labels = voice.labels if is_active else ()
    return {
        "voice_settings": (
            {
                "is_active": FLAG,
                "window_months": COUNT,
                "trend_months": COUNT,
                "mention_days": COUNT,
                "min_responses": COUNT,
            },
            [
                (
                    is_active,
                    voice.window_months,
                    voice.trend_months,
                    voice.mention_days,
                    voice.min_responses,
                )
            ],
        ),
        "voice_channels": (
            {"channel": TEXT},
            [(c,) for source in voice.sources for c in _channels_of(source) if is_active],
        ),
        "voice_preferences": (
            {
                "preference_number": COUNT,
                "kind": TEXT,
                "sentiment": TEXT,
                "bound": DECIMAL,
                "is_inclusive": FLAG,
            },
            [(number, *_preference(single)) for single, number in numbers.items()],
        ),
        "voice_terms": (
            {"preference_number": COUNT, "term": TEXT},
            [(number, term) for single, number in numbers.items() for term in _terms(single)],
        ),
        "voice_patterns": (
            {
                "label_id": TEXT,
                "alternative": COUNT,
                "preference_number": COUNT,
                "is_negated": FLAG,
            },
            [
                (f"voice_of_customer.{label.id}", place, numbers[single], is_negated)
                for label in labels
                for place, found in enumerate(alternatives(label.where), start=1)
                for single, is_negated in found
            ],
        ),
    }


def _channels_of(source: str) -> tuple[str, ...]:
    """Return the channels a kind of response comes by: its own, of mails both (VOC-1)."""
    return MAILS if source == "email" else (source,)


def _preference(single: Single) -> tuple[Any, ...]:
    """Return kind, sentiment, bound and whether the bound itself is enough (VOC-16 to VOC-19)."""
    if isinstance(single, IntentPreference):
        is_strict = single.above is not None
        return "intent", None, single.above if is_strict else single.at_least, not is_strict
    if isinstance(single, SentimentPreference):
        return "sentiment", single.sentiment, single.at_least, True
    if isinstance(single, KeywordPreference):
        return "keyword", single.sentiment, single.min_count, True
    is_strict = single.above is not None
    return "competitor", None, single.above if is_strict else single.at_least or 1, not is_strict


def _terms(single: Single) -> list[str]:
    """Return the intent, the folded keywords, or the folded competitors; none for any of them."""
    if isinstance(single, IntentPreference):
        return [single.intent]
    if isinstance(single, KeywordPreference):
        return [fold(keyword) for keyword in single.keywords]
    if isinstance(single, CompetitorPreference) and single.competitor != "any":
        return [fold(name) for name in single.competitor]
    return []
