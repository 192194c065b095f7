"""Events of the demo CRM as tables: what all channels share, and calls, tickets, surveys, chats.

Every row is one event with its own id, when it happened and when it reached the CRM. Contacts are
named by id and mail, by mail only, or, now and then, by a mail nobody has (INT-6). One row in two
hundred comes twice (ENG-13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from connectors.zylker import phrases
from connectors.zylker.behaviour import (
    CHANNELS,
    Behaviour,
    Responses,
)
from connectors.zylker.columns import (
    SECONDS_PER_DAY,
    Flags,
    Ints,
    between,
    chosen,
    integers,
    moments,
    nulls,
    picked,
    record_ids,
)
from connectors.zylker.letters import as_mail, written
from connectors.zylker.plan import Plan, Traits

STRANGER: Final = "someone@unknown.example"


@dataclass(frozen=True)
class Happenings:
    """When and with whom events happen; `second` is since local midnight."""

    account: Ints
    contact: Ints
    day: Ints
    second: Ints

    def taken(self, where: Any) -> Happenings:
        """Return some of the rows."""
        return Happenings(*(v[where] for v in (self.account, self.contact, self.day, self.second)))

    def later(self, seconds: Ints) -> Happenings:
        """Return the rows so many seconds later."""
        whole = self.second + seconds
        return Happenings(
            self.account, self.contact, self.day + whole // SECONDS_PER_DAY, whole % SECONDS_PER_DAY
        )


def all_of(parts: list[Happenings]) -> Happenings:
    """Return several lists of events one after the other."""
    return Happenings(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("account", "contact", "day", "second")
        )
    )


class EventWriter:
    """Gives events their ids and common columns, and repeats some rows."""

    def __init__(self, plan: Plan, traits: Traits, behaviour: Behaviour, kind: str, first: int):
        self.stream = plan.stream(kind, traits.block)
        self.plan, self.traits, self.behaviour = plan, traits, behaviour
        self._kind, self.first = kind, first

    def happen(self, account: Ints, day: Ints, *, primary: Flags | None = None) -> Happenings:
        """Give every event of an account a contact and a time between 8 and 18 o'clock."""
        size = len(account)
        pick = (self.stream.random(size) ** 2 * self.traits.contact_count[account]).astype(np.int64)
        if primary is not None:
            pick[primary] = 0
        second = between(self.stream, 8 * 3600, 18 * 3600 - 1, size)
        return Happenings(account, self.traits.first_contact[account] + pick, day, second)

    def table(self, when: Happenings, columns: dict[str, Any]) -> pa.Table:
        """Return the table of the events; the ids continue from `first`."""
        size = len(when.account)
        numbers = np.arange(self.first, self.first + size)
        block_contact = when.contact - int(self.traits.first_contact[0])
        email = self.behaviour.emails.take(pa.array(block_contact))
        fate = self.stream.random(size)
        email = chosen(fate < 0.01, STRANGER, email)
        email = chosen((fate >= 0.01) & (fate < 0.03), pa.compute.utf8_upper(email), email)
        late = np.where(
            self.stream.random(size) < 0.02, between(self.stream, 1, 9, size) * SECONDS_PER_DAY, 0
        )
        arrived = when.later(late + between(self.stream, 5, 60, size))
        table = pa.table(
            {
                "Event Id": record_ids(self._kind, numbers),
                "Occurred At": moments(when.day, when.second),
                "Ingested At": moments(arrived.day, arrived.second),
                "Contact Id": record_ids("contacts", when.contact, fate >= 0.15),
                "Contact Email": email,
                **columns,
            }
        )
        again = np.arange(97, size, 200)
        return pa.concat_tables([table, table.take(pa.array(again))]) if len(again) else table


@dataclass(frozen=True)
class TextTruth:
    """Planted truth of the texts of one table: rows by event number."""

    kind: str
    number: Ints
    account: Ints
    category: Ints
    keyword: Ints
    competitor: Ints
    is_chinese: Flags


def call_table(writer: EventWriter, attempts: Happenings, answered: Flags) -> pa.Table:
    """Return the columns of Calls: outgoing calls with their result."""
    size = len(answered)
    duration = np.where(answered, between(writer.stream, 40, 1500, size), 0)
    return writer.table(
        attempts,
        {
            "Event": picked(("not_answered", "answered"), answered.astype(np.int64)),
            "Direction": pa.array(["outgoing"]).take(pa.array(np.zeros(size, np.int64))),
            "Duration Seconds": integers(duration),
        },
    )


def ticket_table(writer: EventWriter, texts: Responses) -> tuple[pa.Table, TextTruth]:
    """Return the columns of Tickets: one row when opened, one when closed."""
    rows, truth, subject, body, when = _texts_of(writer, texts, "ticket", "tickets")
    size = len(rows)
    closed = np.flatnonzero(writer.stream.random(size) < 0.85)
    ending = when.taken(closed).later(between(writer.stream, 1, 96, len(closed)) * 3_600)
    visible = ending.day <= writer.plan.end
    closed, ending = closed[visible], ending.taken(visible)
    number = np.concatenate((truth.number, truth.number[closed]))
    nothing = nulls(len(closed), pa.string())
    table = writer.table(
        all_of([when, ending]),
        {
            "Event": picked(("opened", "closed"), np.repeat((0, 1), (size, len(closed)))),
            "Ticket Id": record_ids("tickets", number + 500_000_000),
            "Subject": pa.concat_arrays([subject, nothing]),
            "Description": pa.concat_arrays([body, nothing]),
            "Priority": picked(
                ("Low", "Medium", "High"), between(writer.stream, 0, 2, len(number))
            ),
        },
    )
    return table, truth


def survey_table(writer: EventWriter, texts: Responses) -> tuple[pa.Table, TextTruth]:
    """Return the columns of Surveys: completed with score and comment, started, or only invited."""
    rows, truth, _, body, when = _texts_of(writer, texts, "survey", "surveys")
    size = len(rows)
    sentiment = np.asarray(
        [("negative", "neutral", "positive").index(c.sentiment) for c in phrases.CATEGORIES]
    )[texts.category[rows]]
    low, high = np.asarray((0, 7, 9))[sentiment], np.asarray((6, 8, 10))[sentiment]
    idle = np.flatnonzero(writer.traits.contact_count > 0)
    idle = idle[writer.stream.random(len(idle)) < 0.3]
    other = writer.happen(idle, writer.plan.end - between(writer.stream, 3, 300, len(idle)))
    asked = all_of([when, when, other])
    asked = Happenings(
        asked.account,
        asked.contact,
        asked.day - np.repeat((0, 2, 0), (size, size, len(idle))),
        asked.second,
    )
    total = 2 * size + len(idle)
    event = np.concatenate(
        (np.full(size, 2), np.zeros(size, np.int64), between(writer.stream, 0, 1, len(idle)))
    )
    score = np.concatenate((between(writer.stream, low, high, size), np.zeros(total - size)))
    table = writer.table(
        asked,
        {
            "Event": picked(("invited", "started", "completed"), event),
            "Survey": picked(phrases.SURVEYS, between(writer.stream, 0, 2, total)),
            "Score": integers(score.astype(np.int64), np.arange(total) < size),
            "Comment": pa.concat_arrays([body, nulls(total - size, pa.string())]),
        },
    )
    return table, truth


def chat_table(writer: EventWriter, texts: Responses) -> tuple[pa.Table, TextTruth]:
    """Return the columns of Chats: attended with the visitor's words, or missed."""
    rows, truth, _, body, when = _texts_of(writer, texts, "chat", "chats")
    size = len(rows)
    missed = when.taken(np.arange(0, size, 6)).later(np.full(len(range(0, size, 6)), -7_200))
    total = size + len(missed.account)
    duration = between(writer.stream, 60, 1_800, total)
    table = writer.table(
        all_of([when, missed]),
        {
            "Event": picked(("attended", "missed"), (np.arange(total) >= size).astype(np.int64)),
            "Duration Seconds": integers(np.where(np.arange(total) < size, duration, 0)),
            "Visitor Text": pa.concat_arrays([body, nulls(total - size, pa.string())]),
        },
    )
    return table, truth


def _texts_of(
    writer: EventWriter, texts: Responses, channel: str, kind: str
) -> tuple[Ints, TextTruth, Any, Any, Happenings]:
    rows = np.flatnonzero(texts.channel == CHANNELS.index(channel))
    account = texts.account[rows]
    is_chinese = writer.behaviour.is_chinese[account]
    subject, body = written(
        writer.stream,
        texts.category[rows],
        texts.keyword[rows],
        texts.competitor[rows],
        is_chinese,
    )
    return (rows, truth_of(writer, texts, rows, kind, writer.first), subject, body,
            writer.happen(account, texts.day[rows]))  # fmt: skip


def truth_of(writer: EventWriter, texts: Responses, rows: Ints, kind: str, first: int) -> TextTruth:
    """Return the truth of some texts whose events are numbered from `first`."""
    account = texts.account[rows]
    return TextTruth(
        kind,
        first + np.arange(len(rows)),
        writer.traits.first + account,
        texts.category[rows],
        texts.keyword[rows],
        texts.competitor[rows],
        writer.behaviour.is_chinese[account],
    )


def mail_body(writer: EventWriter, texts: Responses, *, is_reply: bool) -> tuple[Any, Any]:
    """Return subject and body of mails that customers wrote."""
    is_chinese = writer.behaviour.is_chinese[texts.account]
    subject, body = written(
        writer.stream, texts.category, texts.keyword, texts.competitor, is_chinese
    )
    return subject, as_mail(writer.stream, body, is_chinese, is_reply)
