"""What a business date makes doubtful: labels to be looked at again, undated holidays (LBL)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from models.problems import Caution
from models.text import fold

if TYPE_CHECKING:
    from models.configuration import Configuration
    from models.registry import RegisteredLabel

_YEAR_AT_END: Final = re.compile(r"\W*\b\d{4}$")


def dated_cautions(configuration: Configuration, as_of: date) -> tuple[Caution, ...]:
    """Return what is doubtful on a business date but does not stop a run (LBL-4, LBL-6)."""
    return (*_reviews(configuration, as_of), *_undated_holidays(configuration, as_of))


def labels_due(configuration: Configuration, as_of: date) -> tuple[RegisteredLabel, ...]:
    """Return the registered labels whose review date has passed, the longest first (LBL-4)."""
    due = [label for label in configuration.labels if label.due_on < as_of]
    return tuple(sorted(due, key=lambda label: label.due_on))


def _reviews(configuration: Configuration, as_of: date) -> Iterator[Caution]:
    places = {label.id: position for position, label in enumerate(configuration.labels)}
    for label in labels_due(configuration, as_of):
        message = (
            f"{label.name!r} was due for review by {label.due_on}; its owner, {label.owner}, "
            "corrects it or sets a later review_by (LBL-4)"
        )
        yield Caution(("labels", places[label.id]), "review_due", message)


def _undated_holidays(configuration: Configuration, as_of: date) -> Iterator[Caution]:
    """Years of the 24 months that purchases are looked at in, without a date of a moving holiday.

    A year at the end of a name is no part of it: `Easter 2025` and `Easter 2026` are one holiday.
    """
    dates: dict[str, set[int]] = defaultdict(set)
    first: dict[str, tuple[int, str]] = {}
    for position, holiday in enumerate(configuration.organization.holidays):
        if holiday.date is not None:
            name = _YEAR_AT_END.sub("", holiday.name) or holiday.name
            dates[fold(name)].add(holiday.date.year)
            first.setdefault(fold(name), (position, name))
    # The 24 months begin on the day after as_of, two years earlier.
    begin = (as_of + timedelta(days=1)).year - 2
    for key, (position, name) in first.items():
        for year in range(begin, as_of.year + 1):
            if year not in dates[key]:
                message = (
                    f"{name!r} has no date in {year}, a year of the 24 months before {as_of}: "
                    "purchases before it count as before no holiday; add an entry with its date "
                    "(LBL-6)"
                )
                yield Caution(("organization", "holidays", position), "undated_holiday", message)
