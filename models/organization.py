"""Who the configuration is for: name, time zone, base currency (EDG-1, EDG-2, EDG-4)."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.definition import Definition, SegmentName
from models.problems import choose_from, nearest

FIRST_DATE = date(1900, 1, 1)
LAST_DATE = date(2200, 12, 31)


def _known_time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(zoneinfo.available_timezones())
        advice = choose_from(value, [nearest(value, known) or "UTC"])
        raise ValueError(f"{value!r} is not an IANA time zone{advice}") from None
    return value


def _plausible_date(value: date) -> date:
    if not FIRST_DATE <= value <= LAST_DATE:
        raise ValueError(f"{value} is outside {FIRST_DATE} to {LAST_DATE}")
    return value


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
"""IANA name of a time zone, such as America/Los_Angeles."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""Currency code of ISO 4217: three capital letters."""

BusinessDate = Annotated[date, AfterValidator(_plausible_date)]
"""A date between 1900 and 2200."""


class Holiday(Definition):
    """A holiday: of every year by month and day, or of one year by its date (LBL-6)."""

    name: SegmentName
    """Name of the holiday."""
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    """Month of a holiday of every year."""
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    """Day of the month; one that a year does not have is left out."""
    date: BusinessDate | None = None
    """Date of a holiday that moves: one entry per year."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.month is None) != (self.day is None) or (self.month is None) == (
            self.date is None
        ):
            raise ValueError("write month and day, or date")
        return self


class Organization(Definition):
    """The organisation whose accounts are segmented."""

    name: SegmentName
    """Name of the organisation."""
    time_zone: TimeZone = "UTC"
    """IANA zone in which days begin and end (EDG-2)."""
    currency: Currency
    """Base currency of all figures (EDG-4)."""
    rate_direction: Literal["record_per_base", "base_per_record"] = "record_per_base"
    """What an exchange rate says: units of the record's currency per base unit, or the reverse."""
    as_of: BusinessDate | None = None
    """Fixed business date for archived data; else each run says it (EDG-1)."""
    holidays: tuple[Holiday, ...] = ()
    """Holidays that purchases are looked at before (LBL-6)."""
    allow_late: bool = False
    """Count events of a past business date that the source learned of only after it (INT-7)."""

    def business_date(self, now: datetime) -> date:
        """Return the fixed business date, else the day that it is here (EDG-1, EDG-2)."""
        return self.as_of or now.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()
