"""What events mean and what they are worth, as tables of schema `config` (INT-4, ENG)."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, Final

from models.channels import CHANNEL_METRICS, EVENT_KINDS, EVENT_TALLIES
from models.column_types import COUNT, DECIMAL, FLAG, TEXT, Table
from models.configuration import Configuration
from models.engagement import ENGAGEMENT_CHANNELS, Engagement
from models.fields import feed_name


def event_tables(configuration: Configuration) -> dict[str, Table]:
    """Return feeds, kinds of events, figures of channels, and how engagement is scored."""
    return {
        "event_feeds": (
            {"module": TEXT, "channel": TEXT, "source_table": TEXT},
            [(feed_name(f), m.channel, m.table) for f, m in configuration.modules.events.items()],
        ),
        "event_kinds": (_EVENT_KINDS, [astuple(kind) for kind in EVENT_KINDS]),
        "event_tallies": ({"channel": TEXT, "event": TEXT, "tally": TEXT}, EVENT_TALLIES),
        "channel_metrics": (
            _CHANNEL_METRICS,
            [(*astuple(m), position) for position, m in enumerate(CHANNEL_METRICS, start=1)],
        ),
        "engagement_settings": (_ENGAGEMENT, [_engagement(configuration)]),
        "engagement_points": (_POINTS, _points(configuration)),
        "engagement_labels": (_RANGES, _engagement_labels(configuration)),
    }


_EVENT_KINDS: Final = {
    "channel": TEXT,
    "event": TEXT,
    "engagement_event": TEXT,
    "counts_once": TEXT,
    "revokes": TEXT,
    "revokes_always": FLAG,
    "is_attempt": FLAG,
    "is_answer": FLAG,
    "is_voice": FLAG,
    "is_incoming": FLAG,
    "is_either_way": FLAG,
}


_CHANNEL_METRICS: Final = {
    "channel": TEXT,
    "metric": TEXT,
    "tally": TEXT,
    "basis": TEXT,
    "over_tally": TEXT,
    "over_basis": TEXT,
    "position": COUNT,
}

_ENGAGEMENT: Final = {
    "is_active": FLAG,
    "points_for_full_score": DECIMAL,
    "window_days": COUNT,
    "half_life_days": COUNT,
    "no_reaction_days": COUNT,
}


def _engagement(configuration: Configuration) -> tuple[Any, ...]:
    chosen = configuration.techniques.engagement
    settings = chosen or Engagement()
    return (
        chosen is not None and chosen.active,
        settings.points_for_full_score,
        settings.window_days,
        settings.half_life_days,
        settings.no_reaction_days,
    )


_POINTS: Final = {
    "engagement_event": TEXT,
    "engagement_channel": TEXT,
    "points": DECIMAL,
    "cap": DECIMAL,
}


def _points(configuration: Configuration) -> list[tuple[Any, ...]]:
    """Return the events that give points: those of the channels that are on (ENG-3)."""
    chosen = configuration.techniques.engagement
    if chosen is None or not chosen.active:
        return []
    return [
        (event, channel, chosen.points_of(event), chosen.caps.get(channel))
        for event, channel in ENGAGEMENT_CHANNELS.items()
        if channel in chosen.channels
    ]


_RANGES: Final = {
    "label_id": TEXT,
    "position": COUNT,
    "score_low": DECIMAL,
    "score_high": DECIMAL,
}


def _engagement_labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    chosen = configuration.techniques.engagement
    if chosen is None or not chosen.active:
        return []
    return [
        (f"engagement.{label.id}", position, *label.range)
        for position, label in enumerate(chosen.labels, start=1)
    ]
