"""Which tables hold events, of which channel, and what their words for events mean (INT-1, INT-4).

Looks only at tables that play no role: what happened over a channel is told by the name of its
table, by a time, and by whom it happened with.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from models.channels import EVENT_KINDS, Channel
from models.fields import EVENTS
from models.proposal_fields import named_columns
from models.proposal_names import table_words
from models.sampled import SampledColumn, SampledTable
from models.text import canonical, fold

CHANNEL_WORDS: Final[Mapping[str, Channel]] = {
    r"campaign( (mails?|emails?|events?|activit(y|ies)|members?|responses?))?|newsletters?":
        "campaign",
    r"(e ?)?mails?( (events?|activit(y|ies)|messages?|logs?))?": "email",
    r"(phone )?calls?( (logs?|events?|records?))?": "call",
    r"surveys?( (responses?|answers?|events?))?|nps( (responses?|answers?))?": "survey",
    r"webinars?( (attendances?|attendees?|registrations?|events?))?": "webinar",
    r"(event|conference) (attendances?|attendees?|registrations?|tickets?)|conferences?": "event",
    r"(web|site|page|website) ?(visits?|views?|sessions?|events?)|visits?": "web",
    r"(live )?chats?( (logs?|sessions?|transcripts?))?": "chat",
    r"downloads?|document (views?|downloads?)": "document",
    r"(support )?(tickets?|cases?)": "ticket",
    r"meetings?": "meeting",
    r"notes?": "note",
    r"social( media)?( (posts?|mentions?|replies|events?))?|mentions?": "social",
}  # fmt: skip
"""What tables of events are called, as patterns over the words of the name; the first that fits."""

WHOM: Final = ("contact_id", "contact_email", "account_id")
"""Fields that tell with whom something happened: one is needed (INT-6)."""

ALIKE: Final = 0.6
"""Likeness of two words above which one is taken for the other: visit, visited."""
BEGINNING: Final = 3
"""Letters with which both must begin: most words that say the contrary differ in them."""


def channel_of(table: SampledTable) -> Channel | None:
    """Return the channel whose events a table holds; None when it holds none."""
    words = table_words(table.name)
    named = named_columns(EVENTS, table)
    if "occurred_at" not in named or not any(field in named for field in WHOM):
        return None
    for pattern, channel in CHANNEL_WORDS.items():
        if re.fullmatch(pattern, words):
            return channel
    return None


def feed_tables(
    tables: Sequence[SampledTable], taken: Collection[int]
) -> tuple[tuple[SampledTable, Channel], ...]:
    """Return the tables of events with their channels; `taken` holds ids of tables with a role."""
    free = [table for table in tables if id(table) not in taken]
    found = [(table, channel_of(table)) for table in free]
    return tuple((table, channel) for table, channel in found if channel is not None)


def read_events(column: SampledColumn, channel: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return what to read words of a column as, and the words that no event is like."""
    known = [kind.event for kind in EVENT_KINDS if kind.channel == channel]
    replaced: dict[str, str] = {}
    strange = []
    for text in column.values:
        word = re.sub(r"[\W_]+", "_", fold(canonical(text))).strip("_")
        if fold(canonical(text)) in known:
            continue
        like = difflib.get_close_matches(word, _beginning_like(word, known), 1, ALIKE)
        if like:
            replaced[text] = like[0]
        else:
            strange.append(text)
    return replaced, tuple(strange)


def _beginning_like(word: str, known: Collection[str]) -> list[str]:
    """Events whose words begin as those of a word do: `unopened`, `not opened` are no `opened`."""
    parts = word.split("_")
    return [
        event
        for event in known
        if len(parts) == len(event.split("_"))
        and all(
            theirs.startswith(part[:BEGINNING]) or part.startswith(theirs[:BEGINNING])
            for part, theirs in zip(parts, event.split("_"), strict=True)
        )
    ]
