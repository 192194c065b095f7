"""Channels and their events: what may happen, and what each event means (INT-4, ENG-7, VOC-1).

The one place that knows how the events of a channel are called, which of them give points, which
are attempts to reach somebody and which are answers, and which hold words of the customer. SQL
reads it as `config.event_kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Channel = Literal[
    "email",
    "campaign",
    "call",
    "survey",
    "webinar",
    "event",
    "web",
    "chat",
    "social",
    "document",
    "ticket",
    "meeting",
    "note",
]

MAILS: Final[tuple[Channel, ...]] = ("email", "campaign")
"""Channels of mails: to one, and to many at once."""

EngagementEvent = Literal[
    "social_reply",
    "call_answered",
    "call_not_answered",
    "email_replied",
    "email_opened",
    "email_clicked",
    "email_bounced",
    "email_no_reaction",
    "unsubscribed",
    "survey_completed",
    "survey_started",
    "webinar_registered",
    "webinar_attended",
    "webinar_missed",
    "event_registered",
    "event_checked_in",
    "web_visit",
    "chat_with_operator",
    "document_downloaded",
]

Once = Literal["each", "message", "day"]
"""How often an event of one contact counts: each time, once per message, once per day."""


@dataclass(frozen=True)
class EventKind:
    """One event of a channel.

    `engagement_event` is what gives points (ENG-7), `counts_once` how often it does; an event
    `revokes` an earlier one of the same contact and message, or whenever it came
    (`revokes_always`). `is_attempt` and `is_answer` make the response rate (ENG-5); `is_voice` says
    that its text is the customer's own (VOC-3). `is_incoming` says who acted, whatever a feed says;
    of an event that `is_either_way` only where the feed does not say it.
    """

    channel: Channel
    event: str
    engagement_event: EngagementEvent | None = None
    counts_once: Once = "each"
    revokes: str | None = None
    revokes_always: bool = False
    is_attempt: bool = False
    is_answer: bool = False
    is_voice: bool = False
    is_incoming: bool = False
    is_either_way: bool = False


def _mail(channel: Channel) -> tuple[EventKind, ...]:
    return (
        EventKind(channel, "sent", is_attempt=True),
        EventKind(channel, "delivered"),
        EventKind(channel, "opened", "email_opened", "message", is_answer=True, is_incoming=True),
        EventKind(channel, "clicked", "email_clicked", "message", is_answer=True, is_incoming=True),
        EventKind(
            channel, "replied", "email_replied", is_answer=True, is_voice=True, is_incoming=True
        ),
        EventKind(channel, "bounced", "email_bounced", "message"),
        EventKind(channel, "unsubscribed", "unsubscribed", "message", is_incoming=True),
        EventKind(channel, "complained", is_incoming=True),
        EventKind(channel, "received", is_voice=True, is_incoming=True),
    )


EVENT_KINDS: Final[tuple[EventKind, ...]] = (
    *(kind for channel in MAILS for kind in _mail(channel)),
    EventKind(
        "call", "answered", "call_answered", is_attempt=True, is_answer=True, is_either_way=True
    ),
    EventKind("call", "not_answered", "call_not_answered", is_attempt=True, is_either_way=True),
    EventKind("call", "received", is_voice=True, is_incoming=True),
    EventKind("call", "logged", is_either_way=True),
    EventKind("survey", "invited"),
    EventKind("survey", "started", "survey_started", "message", is_incoming=True),
    EventKind(
        "survey", "completed", "survey_completed", "message", revokes="started",
        revokes_always=True, is_voice=True, is_incoming=True,
    ),
    EventKind("webinar", "invited"),
    EventKind("webinar", "registered", "webinar_registered", "message", is_incoming=True),
    EventKind("webinar", "attended", "webinar_attended", "message", is_incoming=True),
    EventKind("webinar", "absent", "webinar_missed", "message"),
    EventKind("event", "registered", "event_registered", "message", is_incoming=True),
    EventKind("event", "checked_in", "event_checked_in", "message", is_incoming=True),
    EventKind("event", "check_in_undone", revokes="checked_in"),
    EventKind("event", "cancelled", revokes="registered", is_incoming=True),
    EventKind("web", "visited", "web_visit", "day", is_incoming=True),
    EventKind(
        "chat", "attended", "chat_with_operator", is_voice=True, is_incoming=True,
        is_either_way=True,
    ),
    EventKind("chat", "missed", is_incoming=True, is_either_way=True),
    EventKind(
        "social", "replied", "social_reply", is_voice=True, is_incoming=True, is_either_way=True
    ),
    EventKind("social", "mentioned", is_voice=True, is_incoming=True, is_either_way=True),
    EventKind("document", "downloaded", "document_downloaded", is_incoming=True),
    EventKind("ticket", "opened", is_voice=True, is_incoming=True, is_either_way=True),
    EventKind("ticket", "closed", is_either_way=True),
    EventKind("meeting", "held", is_either_way=True),
    EventKind("note", "written", is_either_way=True),
)  # fmt: skip
"""Every event of every channel. An event that stands here under no channel is kept, counted and
reported, and gives no points."""

DIRECTIONS: Final = ("incoming", "outgoing")
"""Who acted: the customer, or we."""
BOUNCE_TYPES: Final = ("hard", "soft")
"""Why a mail came back: for good, or for now."""


def events_of(channel: Channel) -> tuple[str, ...]:
    """Return the events of a channel."""
    return tuple(kind.event for kind in EVENT_KINDS if kind.channel == channel)


Basis = Literal["events", "messages", "days", "minutes", "pages", "amount"]
"""What is counted of a tally: events, distinct messages per person, days, and so on."""


EVENT_TALLIES: Final[tuple[tuple[Channel, str, str], ...]] = (
    ("call", "answered", "attempted"),
    ("call", "not_answered", "attempted"),
    ("survey", "started", "responded"),
    ("survey", "completed", "responded"),
    ("webinar", "registered", "expected"),
    ("webinar", "attended", "expected"),
)
"""What is counted beside the events themselves: channel, event, tally. Who came to a webinar
unregistered was to be expected as well."""


@dataclass(frozen=True)
class ChannelMetric:
    """A figure of a channel per account and segment (INT-4): a tally, or one over another.

    `tally` and `over_tally` are events, EVENT_TALLIES, or states that SQL tells: hard_bounced,
    soft_bounced, arrived, asked_if_opened, opened_of_arrived (and so on), rated,
    net_promoted, ticketed, present, speaker, sponsor, open.
    """

    channel: Channel
    metric: str
    tally: str
    basis: Basis = "events"
    over_tally: str | None = None
    over_basis: Basis | None = None


def _rate(channel: Channel, metric: str, tally: str, over: str) -> ChannelMetric:
    return ChannelMetric(channel, metric, tally, "messages", over, "messages")


CHANNEL_METRICS: Final[tuple[ChannelMetric, ...]] = (
    ChannelMetric("email", "sent", "sent"),
    ChannelMetric("email", "received", "received"),
    _rate("email", "open_rate", "opened_of_arrived", "asked_if_opened"),
    _rate("email", "click_rate", "clicked_of_arrived", "asked_if_clicked"),
    _rate("email", "reply_rate", "replied_of_arrived", "asked_if_replied"),
    _rate("email", "bounce_rate", "bounced", "sent"),
    ChannelMetric("campaign", "sent", "sent"),
    ChannelMetric("campaign", "delivered", "arrived", "messages"),
    ChannelMetric("campaign", "opens", "opened"),
    ChannelMetric("campaign", "unique_opens", "opened", "messages"),
    ChannelMetric("campaign", "clicks", "clicked"),
    ChannelMetric("campaign", "unique_clicks", "clicked", "messages"),
    ChannelMetric("campaign", "hard_bounces", "hard_bounced"),
    ChannelMetric("campaign", "soft_bounces", "soft_bounced"),
    ChannelMetric("campaign", "unsubscribes", "unsubscribed"),
    ChannelMetric("campaign", "complaints", "complained"),
    _rate("campaign", "open_rate", "opened_of_arrived", "asked_if_opened"),
    _rate("campaign", "click_rate", "clicked_of_arrived", "asked_if_clicked"),
    ChannelMetric("call", "answered", "answered"),
    ChannelMetric("call", "not_answered", "not_answered"),
    ChannelMetric("call", "answer_rate", "answered", "events", "attempted", "events"),
    ChannelMetric("survey", "invited", "invited", "messages"),
    ChannelMetric("survey", "responded", "responded", "messages"),
    ChannelMetric("survey", "completed", "completed", "messages"),
    _rate("survey", "completion_rate", "completed", "responded"),
    ChannelMetric("survey", "net_promoter_score", "net_promoted", "events", "rated", "events"),
    ChannelMetric("webinar", "registered", "registered", "messages"),
    ChannelMetric("webinar", "attended", "attended", "messages"),
    _rate("webinar", "attendance_rate", "attended", "expected"),
    ChannelMetric("webinar", "minutes_attended", "attended", "minutes"),
    ChannelMetric("event", "tickets", "ticketed"),
    ChannelMetric("event", "revenue", "ticketed", "amount"),
    ChannelMetric("event", "checked_in", "present"),
    ChannelMetric("event", "speakers", "speaker", "messages"),
    ChannelMetric("event", "sponsors", "sponsor", "messages"),
    ChannelMetric("web", "visits", "visited"),
    ChannelMetric("web", "days_visited", "visited", "days"),
    ChannelMetric("web", "pages", "visited", "pages"),
    ChannelMetric("web", "minutes_on_site", "visited", "minutes"),
    ChannelMetric("chat", "chats", "attended"),
    ChannelMetric("chat", "missed", "missed"),
    ChannelMetric("social", "replies", "replied"),
    ChannelMetric("social", "mentions", "mentioned"),
    ChannelMetric("document", "downloads", "downloaded"),
    ChannelMetric("ticket", "opened", "opened", "messages"),
    ChannelMetric("ticket", "closed", "closed", "messages"),
    ChannelMetric("ticket", "open", "open"),
    ChannelMetric("meeting", "meetings", "held"),
    ChannelMetric("note", "notes", "written"),
)
"""Figures of every channel, in the order in which they are shown (INT-4).

The median hours to close a ticket are no quotient of tallies; SQL adds them.
"""
