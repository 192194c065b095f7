"""Mails and calls of the demo CRM: attempts at contacts, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.zylker import phrases
from connectors.zylker.behaviour import (
    BEST_ATTEMPTS,
    CHANNELS,
    ENGAGED,
    ORDINARY,
    OTHER_ATTEMPTS,
    REPLY,
    SILENT,
    Behaviour,
    Responses,
    voiced_categories,
)
from connectors.zylker.catalogue import CAMPAIGNS
from connectors.zylker.columns import (
    Flags,
    Ints,
    between,
    chosen,
    flags,
    nulls,
    picked,
    positions_in,
    record_ids,
)
from connectors.zylker.event_tables import (
    EventWriter,
    Happenings,
    TextTruth,
    all_of,
    mail_body,
    truth_of,
)
from connectors.zylker.phrases import KEYWORDS

EVENTS = (
    "sent", "delivered", "bounced", "opened", "clicked", "unsubscribed", "replied", "received",
)  # fmt: skip


@dataclass(frozen=True)
class Attempts:
    """Outgoing mails or calls, and which of them were answered."""

    when: Happenings
    answered: Flags


def draw_attempts(writer: EventWriter, rates: tuple[float, int, float]) -> Attempts:
    """Draw attempts at all accounts: `rates` for ordinary (mean), silent (number), answers.

    Engaged accounts get the planted attempts at their first contact: in their best weekday and
    block of hours all are answered, elsewhere one of them. Silent accounts never answer.
    """
    stream, plan, behaviour = writer.stream, writer.plan, writer.behaviour
    kind = behaviour.engagement
    counts = np.where(kind == SILENT, rates[1], stream.poisson(rates[0], len(kind)))
    counts = np.where(kind == ENGAGED, BEST_ATTEMPTS + OTHER_ATTEMPTS, counts)
    counts = np.where(writer.traits.contact_count > 0, counts, 0)
    account = np.repeat(np.arange(len(kind)), counts)
    position = positions_in(counts)
    engaged = kind[account] == ENGAGED
    best = engaged & (position < BEST_ATTEMPTS)
    weekday = behaviour.weekday[account]
    elsewhere = (weekday + 1 + between(stream, 0, 2, len(account))) % 5
    day = plan.end - between(stream, 8, np.where(engaged, 160, 350), len(account))
    wanted = np.where(best, weekday, np.where(engaged, elsewhere, (day + 3) % 7 % 5))
    day = day - ((day + 3) % 7 - wanted) % 7
    when = writer.happen(account, day, primary=engaged)
    inside = behaviour.hour[account] * 3600 + between(stream, 0, 3 * 3600 - 1, len(account))
    when = Happenings(account, when.contact, day, np.where(best, inside, when.second))
    answered = (kind[account] == ORDINARY) & (stream.random(len(account)) < rates[2])
    return Attempts(when, answered | best | (engaged & (position == BEST_ATTEMPTS)))


def mail_table(
    writer: EventWriter, texts: Responses, rates: tuple[float, int, float]
) -> tuple[pa.Table, list[TextTruth]]:
    """Return the columns of Emails: what was sent, what became of it, and what came in.

    Some opens are a machine's: within two seconds of delivery, half of them flagged as such.
    """
    stream = writer.stream
    attempts = draw_attempts(writer, rates)
    sent, answered = attempts.when, attempts.answered
    bounced = ~answered & (stream.random(len(answered)) < 0.02)
    delivered = sent.later(between(stream, 1, 30, len(answered)))
    opened = delivered.later(between(stream, 60, 1_500, len(answered)))
    is_click = answered & (stream.random(len(answered)) < 0.3)
    is_reply = answered & (stream.random(len(answered)) < 0.15)
    is_leave = answered & ~is_reply & (stream.random(len(answered)) < 0.01)
    is_machine = ~bounced & (stream.random(len(answered)) < 0.06)
    parts = [
        (0, np.arange(len(answered)), sent),
        (1, np.flatnonzero(~bounced), delivered),
        (2, np.flatnonzero(bounced), delivered),
        (3, np.flatnonzero(answered), opened),
        (3, np.flatnonzero(is_machine), delivered.later(stream.integers(0, 3, len(answered)))),
        (4, np.flatnonzero(is_click), opened.later(between(stream, 5, 90, len(answered)))),
        (5, np.flatnonzero(is_leave), opened.later(between(stream, 100, 400, len(answered)))),
        (6, np.flatnonzero(is_reply), opened.later(between(stream, 600, 9_000, len(answered)))),
    ]
    machine_rows = len(parts[0][1]) + len(parts[1][1]) + len(parts[2][1]) + len(parts[3][1])
    incoming = np.flatnonzero(texts.channel == CHANNELS.index("received"))
    received = writer.happen(texts.account[incoming], texts.day[incoming])
    replies = _replies(stream, writer.behaviour, sent.account[is_reply])
    event = np.concatenate(
        [np.full(len(rows), code) for code, rows, _ in parts] + [np.full(len(incoming), 7)]
    )
    when = all_of([*(moment.taken(rows) for _, rows, moment in parts), received])
    message = np.concatenate(
        [rows for _, rows, _ in parts] + [len(answered) + np.arange(len(incoming))]
    )
    own = _taken(texts, incoming)
    columns = _mail_columns(writer, event, message, replies, own)
    is_flagged = np.zeros(len(event), dtype=np.bool_)
    is_flagged[machine_rows : machine_rows + len(parts[4][1]) : 2] = True
    columns["Is Machine"] = flags(is_flagged)
    first_reply = writer.first + len(event) - len(incoming) - len(replies.account)
    truths = [
        truth_of(writer, replies, np.arange(len(replies.account)), "emails", first_reply),
        truth_of(
            writer, own, np.arange(len(incoming)), "emails", first_reply + len(replies.account)
        ),
    ]
    return writer.table(when, columns), truths


def _mail_columns(
    writer: EventWriter, event: Ints, message: Ints, replies: Responses, own: Responses
) -> dict[str, Any]:
    """Columns of Emails; subject and body belong to the messages, replies have their own."""
    stream = writer.stream
    size, incoming = len(event), len(own.account) + len(replies.account)
    campaign = message * 31 % 4
    mass = (campaign > 0) & (event < 6)
    about = picked(phrases.MAIL_SUBJECTS, message * 17 % len(phrases.MAIL_SUBJECTS))
    reply_subject, reply_body = mail_body(writer, replies, is_reply=True)
    own_subject, own_body = mail_body(writer, own, is_reply=False)
    outgoing = size - incoming
    subject = pa.concat_arrays([about.slice(0, outgoing), _answering(reply_subject), own_subject])
    follow_up = (message % 5 == 4) & (event == 0)
    return {
        "Event": picked(EVENTS, event),
        "Message Id": record_ids("messages", message + writer.first),
        "Direction": picked(("outgoing", "incoming"), (event >= 6).astype(np.int64)),
        "Campaign Id": record_ids("campaigns", message * 31 % len(CAMPAIGNS), mass),
        "Is Follow Up": flags(follow_up),
        "Subject": subject,
        "Body": pa.concat_arrays([nulls(outgoing, pa.string()), reply_body, own_body]),
        "Bounce Type": chosen(
            event == 2,
            picked(("hard", "soft"), between(stream, 0, 1, size)),
            nulls(size, pa.string()),
        ),
    }


def _answering(subject: Any) -> Any:
    return pa.compute.binary_join_element_wise(pa.scalar("Re: "), subject, pa.scalar(""))


def _replies(stream: np.random.Generator, behaviour: Behaviour, account: Ints) -> Responses:
    """Texts of replies: in the voice of the account, without competitors."""
    size = len(account)
    return Responses(
        account=account,
        channel=np.full(size, REPLY),
        day=np.zeros(size, dtype=np.int64),
        category=voiced_categories(stream, behaviour.voice[account]),
        keyword=between(stream, 0, len(KEYWORDS) - 1, size),
        competitor=np.full(size, -1),
    )


def _taken(texts: Responses, rows: Ints) -> Responses:
    return Responses(
        texts.account[rows],
        texts.channel[rows],
        texts.day[rows],
        texts.category[rows],
        texts.keyword[rows],
        texts.competitor[rows],
    )
