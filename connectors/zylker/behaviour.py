"""How the contacts of an account behave towards Zylker: planted engagement and planted voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from connectors.zylker.columns import Flags, Ints, between, weighted
from connectors.zylker.phrases import (
    CATEGORIES,
    COMPETITORS,
    COMPLAINT,
    KEYWORDS,
    PRAISE,
    PURCHASE,
)
from connectors.zylker.plan import Plan, Traits
from connectors.zylker.vocabulary import CHINA

ENGAGEMENTS: Final = ("ordinary", "engaged", "silent")
ORDINARY, ENGAGED, SILENT = range(3)
VOICES: Final = ("ordinary", "unhappy", "happy", "buyer", "competitor", "alarm")
UNHAPPY, HAPPY, BUYER, COMPETITOR, ALARM = range(1, 6)
BLOCK_HOURS: Final = (9, 12, 15)
"""First hours of the three-hour blocks in which engaged accounts answer (ENG-5)."""
BEST_ATTEMPTS, OTHER_ATTEMPTS = 6, 6
"""Attempts at an engaged account inside and outside its best hours, mails and calls alike: the
first are all answered, of the others only one."""
CHANNELS: Final = ("received", "ticket", "survey", "chat")
_CERTAIN = (4, 2, 2, 1)
_ORDINARY_RATES = (0.8, 0.5, 0.4, 0.3)


@dataclass(frozen=True)
class Behaviour:
    """Planted behaviour per account of a block; weekday 0 is Monday. `voice` in VOICES."""

    engagement: Ints
    voice: Ints
    weekday: Ints
    hour: Ints
    is_chinese: Flags
    emails: Any
    """Mail addresses of the block's contacts, by contact."""


def draw_behaviour(plan: Plan, traits: Traits, emails: Any) -> Behaviour:
    """Decide who is engaged or silent, happy or not; accounts without contacts are ordinary."""
    stream = plan.stream("behaviour", traits.block)
    size = traits.size
    reachable = traits.contact_count > 0
    engagement = np.where(reachable, weighted(stream, (0.68, 0.12, 0.20), size), ORDINARY)
    voice = weighted(stream, (0.66, 0.09, 0.11, 0.06, 0.05, 0.03), size)
    return Behaviour(
        engagement=engagement,
        voice=np.where(reachable, voice, 0),
        weekday=between(stream, 0, 4, size),
        hour=np.asarray(BLOCK_HOURS)[between(stream, 0, 2, size)],
        is_chinese=traits.country == CHINA,
        emails=emails,
    )


@dataclass(frozen=True)
class Responses:
    """Texts written by customers, one row each, before they are spread over the channels.

    `competitor` is -1 for none; `channel` counts CHANNELS, or 4 for the reply to a mail.
    """

    account: Ints
    channel: Ints
    day: Ints
    category: Ints
    keyword: Ints
    competitor: Ints


REPLY: Final = 4


def draw_responses(plan: Plan, traits: Traits, behaviour: Behaviour) -> Responses:
    """Decide the unprompted texts of a block.

    Accounts with a voice write nine texts in the past 170 days, all but the last survey comment in
    their voice; the alarmed write calmly until eight days before the end and then five angry mails
    (VOC-21).
    """
    stream = plan.stream("responses", traits.block)
    parts: list[tuple[Ints, Ints]] = []
    for number, (certain, rate) in enumerate(zip(_CERTAIN, _ORDINARY_RATES, strict=True)):
        counts = np.where(behaviour.voice > 0, certain, stream.poisson(rate, traits.size))
        if number == 0:
            counts = np.where(behaviour.voice == ALARM, 5, counts)
        counts = np.where(traits.contact_count > 0, counts, 0)
        owner = np.repeat(np.arange(traits.size), counts)
        parts.append((owner, np.full(len(owner), number)))
    account, channel = (np.concatenate([part[i] for part in parts]) for i in range(2))
    size = len(account)
    voice = behaviour.voice[account]
    alarmed = (voice == ALARM) & (channel == 0)
    day = plan.end - between(stream, 1, np.where(voice > 0, 170, 350), size)
    day = np.where(alarmed, plan.end - between(stream, 0, 5, size), day)
    day = np.where((voice == ALARM) & (channel > 0), plan.end - between(stream, 8, 30, size), day)
    category = voiced_categories(stream, voice)
    category = np.where(alarmed, COMPLAINT, category)
    last = np.flatnonzero(np.diff(account * 10 + channel, append=-1) != 0)
    closing_survey = last[(channel[last] == 2) & np.isin(voice[last], (UNHAPPY, HAPPY))]
    category[closing_survey] = np.where(voice[closing_survey] == HAPPY, COMPLAINT, PRAISE)
    talk = (voice == COMPETITOR) & (channel < 2)
    now_and_then = (voice == 0) & (stream.random(size) < 0.04)
    competitor = np.where(talk | now_and_then, weighted(stream, (4.0, 3.0, 2.0, 1.0), size), -1)
    keyword = between(stream, 0, len(KEYWORDS) - 1, size)
    return Responses(account, channel, day, category, keyword, competitor)


def voiced_categories(stream: np.random.Generator, voice: Ints) -> Ints:
    """Category of each text by the voice of its account; calm until the alarm."""
    category = weighted(stream, [c.weight for c in CATEGORIES], len(voice))
    calm = between(stream, 1, 2, len(voice))
    for which, wanted in ((UNHAPPY, COMPLAINT), (HAPPY, PRAISE), (BUYER, PURCHASE)):
        category = np.where(voice == which, wanted, category)
    return np.where(voice == ALARM, calm, category)


def competitor_names() -> list[str]:
    """Names as they are written in texts: the name, then the alias, of each competitor."""
    return [name for pair in COMPETITORS for name in pair]
