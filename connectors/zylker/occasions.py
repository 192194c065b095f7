"""Webinars, conferences and web visits of the demo CRM."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from connectors.zylker import phrases
from connectors.zylker.behaviour import ENGAGED, SILENT
from connectors.zylker.columns import between, decimals, flags, integers, picked, record_ids
from connectors.zylker.event_tables import EventWriter, all_of


def webinar_table(writer: EventWriter) -> pa.Table:
    """Return the columns of Webinars: invited, registered, then attended or absent."""
    stream, kind = writer.stream, writer.behaviour.engagement
    asked = np.flatnonzero((writer.traits.contact_count > 0) & (stream.random(len(kind)) < 0.4))
    webinar = between(stream, 0, len(phrases.WEBINARS) - 1, len(asked))
    day = writer.plan.end - 30 - webinar * 45
    invited = writer.happen(asked, day - between(stream, 12, 20, len(asked)))
    likely = np.asarray((0.35, 0.9, 0.0))[kind[asked]]
    registered = np.flatnonzero(stream.random(len(asked)) < likely)
    came = stream.random(len(registered)) < 0.65
    on_day = invited.taken(registered)
    on_day = type(on_day)(
        on_day.account, on_day.contact, day[registered], np.full(len(registered), 10 * 3600)
    )
    size, some = len(asked), len(registered)
    event = np.concatenate(
        (np.zeros(size, np.int64), np.ones(some, np.int64), np.where(came, 2, 3))
    )
    minutes = np.concatenate((np.zeros(size + some), np.where(came, 5 + on_day.contact % 50, 0)))
    when = all_of([invited, invited.taken(registered).later(np.full(some, 86_400)), on_day])
    which = np.concatenate((webinar, webinar[registered], webinar[registered]))
    return writer.table(
        when,
        {
            "Event": picked(("invited", "registered", "attended", "absent"), event),
            "Webinar": picked(phrases.WEBINARS, which),
            "Minutes Attended": integers(minutes.astype(np.int64)),
        },
    )


def attendance_table(writer: EventWriter) -> pa.Table:
    """Return the columns of Event_Attendance: registrations, check-ins, cancellations."""
    stream, kind = writer.stream, writer.behaviour.engagement
    likely = np.where(writer.traits.contact_count > 0, np.asarray((0.15, 0.5, 0.0))[kind], 0.0)
    going = np.flatnonzero(stream.random(len(kind)) < likely)
    conference = between(stream, 0, len(phrases.CONFERENCES) - 1, len(going))
    day = writer.plan.end - 40 - conference * 60
    registered = writer.happen(going, day - between(stream, 10, 40, len(going)))
    came = stream.random(len(going)) < 0.8
    then = type(registered)(registered.account, registered.contact, day, registered.second)
    size = len(going)
    price = np.concatenate((np.where(conference == 0, 49_000, 9_900), np.zeros(size)))
    return writer.table(
        all_of([registered, then]),
        {
            "Event": picked(
                ("registered", "checked_in", "cancelled"),
                np.concatenate((np.zeros(size, np.int64), np.where(came, 1, 2))),
            ),
            "Conference": picked(phrases.CONFERENCES, np.tile(conference, 2)),
            "Conference Id": record_ids("conferences", np.tile(conference, 2)),
            "Ticket Amount": decimals(price.astype(np.int64), 2),
            "Is Speaker": flags(np.tile(registered.contact % 37 == 0, 2)),
        },
    )


def visit_table(writer: EventWriter) -> pa.Table:
    """Return the columns of Web_Visits: known visitors of the website, some with a download."""
    stream, kind = writer.stream, writer.behaviour.engagement
    rate = np.select([kind == ENGAGED, kind == SILENT], [8.0, 0.3], 2.5)
    counts = np.where(writer.traits.contact_count > 0, stream.poisson(rate), 0)
    account = np.repeat(np.arange(len(kind)), counts)
    size = len(account)
    when = writer.happen(account, writer.plan.end - between(stream, 0, 350, size))
    pages = between(stream, 1, 12, size)
    return writer.table(
        when,
        {
            "Event": picked(("visit", "download"), (stream.random(size) < 0.06).astype(np.int64)),
            "Landing Page": picked(phrases.PAGES, between(stream, 0, 5, size)),
            "Pages": integers(pages),
            "Seconds On Site": integers(pages * between(stream, 8, 90, size)),
            "Referrer": picked(phrases.REFERRERS, between(stream, 0, 1, size), pages % 3 > 0),
        },
    )
