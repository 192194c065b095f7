"""The engagement technique as configured: points by event, score ranges as labels (ENG)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from models.channels import EngagementEvent
from models.definition import Definition, LabelDefinition
from models.problems import Caution, Path, Problem

EngagementChannel = Literal[
    "social", "call", "email", "survey", "webinar", "event", "web", "chat", "document"
]
CHANNELS: Final[tuple[EngagementChannel, ...]] = get_args(EngagementChannel)
"""Channels whose events give points; mails of campaigns count as `email`."""
_SHIPPED: Final[Mapping[EngagementEvent, tuple[EngagementChannel, int]]] = {
    "social_reply": ("social", 5),
    "call_answered": ("call", 6),
    "email_replied": ("email", 6),
    "call_not_answered": ("call", -3),
    "email_opened": ("email", 5),
    "email_clicked": ("email", 10),
    "email_bounced": ("email", -10),
    "email_no_reaction": ("email", -6),
    "unsubscribed": ("email", -10),
    "survey_completed": ("survey", 10),
    "survey_started": ("survey", 3),
    "webinar_registered": ("webinar", 6),
    "webinar_attended": ("webinar", 10),
    "webinar_missed": ("webinar", -3),
    "event_registered": ("event", 6),
    "event_checked_in": ("event", 10),
    "web_visit": ("web", 2),
    "chat_with_operator": ("chat", 6),
    "document_downloaded": ("document", 15),
}
"""Channel whose switch and cap hold for an event (ENG-3), and the points shipped (ENG-7)."""
ENGAGEMENT_CHANNELS: Final[Mapping[EngagementEvent, EngagementChannel]] = MappingProxyType(
    {event: channel for event, (channel, _) in _SHIPPED.items()}
)
"""Channel of every event that gives points."""
DEFAULT_POINTS: Final[Mapping[EngagementEvent, int]] = MappingProxyType(
    {event: points for event, (_, points) in _SHIPPED.items()}
)
"""Points shipped (ENG-7)."""

Points = Annotated[Decimal, Field(ge=-1000, le=1000, decimal_places=2)]
ScoreBound = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class EngagementLabel(LabelDefinition):
    """A label for a range of engagement scores inside 0 to 100 (ENG-4)."""

    range: tuple[ScoreBound, ScoreBound]
    """Lower end, which belongs to the label, and upper end, which does not; 100 does (ENG-10)."""

    def holds_values(self) -> bool:
        """Whether the range holds any score."""
        return self.range[0] < self.range[1]


def _label(label_id: str, name: str, low: int, high: int) -> EngagementLabel:
    return EngagementLabel(id=label_id, name=name, range=(Decimal(low), Decimal(high)))


DEFAULT_LABELS: Final = (
    _label("dormant", "Dormant", 0, 20),
    _label("low", "Low", 20, 40),
    _label("medium", "Medium", 40, 60),
    _label("high", "High", 60, 80),
    _label("very_high", "Very high", 80, 100),
)
"""The labels shipped (ENG-10)."""


def _shipped(raw: object) -> object:
    return DEFAULT_LABELS if raw == "default" else raw


class Engagement(Definition):
    """The engagement technique."""

    active: bool = True
    """Whether the technique is on."""
    channels: tuple[EngagementChannel, ...] = CHANNELS
    """Channels that count (ENG-3)."""
    points: dict[EngagementEvent, Points] = Field(default_factory=dict)
    """Points by event, over the shipped ones (ENG-7)."""
    points_for_full_score: Annotated[Decimal, Field(gt=0, le=1_000_000)] = Decimal(100)
    """Net points that make a score of 100 (ENG-8)."""
    window_days: Annotated[int, Field(ge=1, le=3660)] = 180
    """Days of events that count (ENG-9)."""
    half_life_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    """Half-life of points in days; off by default (ENG-9)."""
    caps: dict[EngagementChannel, Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)]] = (
        Field(default_factory=dict)
    )
    """Most points an account may get from a channel in the window; off by default (BEY-11)."""
    no_reaction_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days after which a follow-up mail counts as without reaction (ENG-7)."""
    labels: Annotated[
        tuple[EngagementLabel, ...],
        BeforeValidator(
            _shipped, json_schema_input_type=Literal["default"] | tuple[EngagementLabel, ...]
        ),
    ] = DEFAULT_LABELS
    """`default`, or at least 5 labels with ranges that do not overlap (ENG-4, ENG-10)."""

    @model_validator(mode="after")
    def _channels_once(self) -> Self:
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("channels names a channel twice")
        return self

    def points_of(self, event: EngagementEvent) -> Decimal:
        """Return the points of an event, the shipped ones where none are configured."""
        return self.points.get(event, Decimal(DEFAULT_POINTS[event]))


def range_problems(engagement: Engagement, path: Path) -> list[Problem]:
    """Return ranges without values and ranges that overlap (ENG-10)."""
    problems = []
    for position, label in enumerate(engagement.labels):
        if not label.holds_values():
            message = f"the range {label.range[0]} to {label.range[1]} holds no score"
            problems.append(Problem((*path, position, "range"), message))
    ordered = sorted(enumerate(engagement.labels), key=lambda item: item[1].range)
    for (_, first), (position, second) in pairwise(ordered):
        if second.range[0] < first.range[1]:
            message = (
                f"the range of {second.id!r} overlaps that of {first.id!r}, "
                f"{first.range[0]} to {first.range[1]} (ENG-10)"
            )
            problems.append(Problem((*path, position, "range"), message))
    return problems


def range_cautions(engagement: Engagement, path: Path) -> list[Caution]:
    """Return the gaps between ranges, whose accounts stay unlabelled (ENG-10)."""
    cautions = []
    reached = Decimal(0)
    for label in sorted(engagement.labels, key=lambda item: item.range):
        if label.range[0] > reached:
            message = f"scores from {reached} to {label.range[0]} have no label"
            cautions.append(Caution(path, "engagement_gap", message))
        reached = max(reached, label.range[1])
    if reached < 100:
        message = f"scores from {reached} to 100 have no label"
        cautions.append(Caution(path, "engagement_gap", message))
    return cautions
