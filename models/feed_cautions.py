"""Values of feeds that the configuration writes itself and nothing knows (INT-4).

What a source says is seen only when it is read: the quality checks of a run name it. A constant or
the right side of a replacement is seen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from models.channels import BOUNCE_TYPES, DIRECTIONS, Channel, events_of
from models.modules import ColumnField, ConstantField, EventFeed, FieldForm, LookupField
from models.problems import Caution, Path, choose_from
from models.text import fold


def feed_cautions(feeds: Mapping[str, EventFeed]) -> Iterator[Caution]:
    """Yield events, directions and bounce types that are written for a feed and mean nothing."""
    for name, feed in feeds.items():
        for field, known in _known(feed.channel).items():
            form = feed.fields.get(field)
            path: Path = ("modules", "events", name, "fields", field)
            for value in dict.fromkeys(_written(form)):
                if fold(value) not in known:
                    told = f"{value!r} is no {field} of channel {feed.channel}"
                    yield Caution(path, f"unknown_{field}", f"{told}{choose_from(value, known)}")


def _known(channel: Channel) -> dict[str, tuple[str, ...]]:
    return {"event": events_of(channel), "direction": DIRECTIONS, "bounce_type": BOUNCE_TYPES}


def _written(form: FieldForm | None) -> tuple[str, ...]:
    """Values of a field that stand in the configuration itself."""
    if isinstance(form, ConstantField):
        return (str(form.value),)
    if isinstance(form, ColumnField | LookupField):
        return tuple(form.replace.values())
    return ()
