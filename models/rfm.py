"""The RFM technique as configured: three metrics, their scores and up to eight labels (RFM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from models.criteria_parsing import Criteria
from models.definition import Definition, LabelDefinition
from models.problems import Problem, raise_problems

Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
Metric = Literal["recency", "frequency", "monetary"]
METRICS: Final[tuple[Metric, ...]] = ("recency", "frequency", "monetary")


class ScoreRange(Definition):
    """The values that get one score: days since the last purchase, purchases, or amount (RFM-9)."""

    above: Amount | None = None
    """More than this."""
    at_least: Amount | None = None
    """This or more."""
    below: Amount | None = None
    """Less than this."""
    at_most: Amount | None = None
    """This or less."""
    between: tuple[Amount, Amount] | None = None
    """From the first to the second, both included."""
    equals: Amount | None = None
    """Exactly this."""

    @model_validator(mode="after")
    def _is_one_range(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        alone = self.between is not None or self.equals is not None
        if not given or (alone and len(given) > 1):
            raise ValueError("a score needs above, at_least, below, at_most, between or equals")
        if self.above is not None and self.at_least is not None:
            raise ValueError("above and at_least are two lower ends; keep one")
        if self.below is not None and self.at_most is not None:
            raise ValueError("below and at_most are two upper ends; keep one")
        low, high = self.lower, self.upper
        if low is not None and high is not None:
            both = low.is_inclusive and high.is_inclusive
            if low.value > high.value or (low.value == high.value and not both):
                raise ValueError(f"the range from {low.value} to {high.value} holds no value")
        return self

    @property
    def lower(self) -> RangeEnd | None:
        """Lower end of the values, None when open."""
        if self.between is not None:
            return RangeEnd(self.between[0], True)
        for value, inclusive in ((self.equals, True), (self.at_least, True), (self.above, False)):
            if value is not None:
                return RangeEnd(value, inclusive)
        return None

    @property
    def upper(self) -> RangeEnd | None:
        """Upper end of the values, None when open."""
        if self.between is not None:
            return RangeEnd(self.between[1], True)
        for value, inclusive in ((self.equals, True), (self.at_most, True), (self.below, False)):
            if value is not None:
                return RangeEnd(value, inclusive)
        return None


@dataclass(frozen=True)
class RangeEnd:
    """One end of a range and whether it belongs to the range."""

    value: Decimal
    is_inclusive: bool


def _range(operator: str, value: int) -> ScoreRange:
    return ScoreRange.model_validate({operator: value})


DEFAULT_SCORES: Final[Mapping[str, Mapping[int, ScoreRange]]] = {
    "recency": {
        5: _range("at_most", 30),
        4: _range("at_most", 90),
        3: _range("at_most", 180),
        2: _range("at_most", 365),
    },
    "frequency": {
        5: _range("at_least", 10),
        4: _range("at_least", 5),
        3: _range("at_least", 3),
        2: _range("equals", 2),
    },
}
"""Manual scores shipped (RFM-13); amounts have none, they are business specific."""

Scores = Annotated[dict[Annotated[int, Field(ge=1, le=5)], ScoreRange], Field(min_length=1)]


class MetricDefinition(Definition):
    """How one metric is scored: levels, and by percentile, equal-width range, or by hand."""

    levels: Annotated[int, Field(ge=2, le=5)] = 5
    """Highest score; 5 is always best among 5 (RFM-7)."""
    method: Literal["percentile", "range", "manual"] = "percentile"
    """percentile (RFM-17), range (RFM-20), or manual (RFM-9)."""
    scores: Literal["default"] | Scores | None = None
    """Score -> values, for the manual method; highest score first, first match wins (RFM-10)."""

    @model_validator(mode="after")
    def _scores_fit_method(self) -> Self:
        problems: list[Problem] = []
        if self.method != "manual" and self.scores is not None:
            problems.append(Problem(("scores",), f"method {self.method} computes its scores"))
        if isinstance(self.scores, dict):
            for score in sorted(self.scores):
                if score > self.levels:
                    message = f"score {score} is above levels: {self.levels} (RFM-7)"
                    problems.append(Problem(("scores", score), message))
        raise_problems(problems, "metric")
        return self

    def manual_scores(self, metric: Metric) -> Mapping[int, ScoreRange] | None:
        """Return the scores of the manual method, the shipped ones filled in; None if missing."""
        if isinstance(self.scores, dict):
            return self.scores
        return DEFAULT_SCORES.get(metric) if self.levels == 5 else None


class Recency(MetricDefinition):
    """Days since the last purchase; fewer is better."""

    field: str = "closing_date"
    """Date field of deals (RFM-3)."""


class Frequency(MetricDefinition):
    """How often; more is better."""

    basis: Literal["deals", "lines", "quantity", "distinct_products"] = "deals"
    """What is counted (RFM-4)."""


class Monetary(MetricDefinition):
    """How much, in base currency; more is better."""

    field: str = "amount"
    """Amount field of deals (RFM-3)."""


def _span(raw: object) -> object:
    return (raw, raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


ScoreSpan = Annotated[
    tuple[Annotated[int, Field(ge=1, le=5)], Annotated[int, Field(ge=1, le=5)]],
    BeforeValidator(_span, json_schema_input_type=int | tuple[int, int]),
]


class RfmLabel(LabelDefinition):
    """A pattern of allowed scores (RFM-22): one score, or lowest and highest."""

    recency: ScoreSpan = (1, 5)
    """Allowed recency scores."""
    frequency: ScoreSpan = (1, 5)
    """Allowed frequency scores."""
    monetary: ScoreSpan = (1, 5)
    """Allowed monetary scores."""

    @model_validator(mode="after")
    def _spans_ascend(self) -> Self:
        problems = [
            Problem((metric,), f"{low} to {high} holds no score; write the lower one first")
            for metric in METRICS
            for low, high in (getattr(self, metric),)
            if low > high
        ]
        raise_problems(problems, "label")
        return self


_DEFAULTS: Final = (
    ("most_important", "Most important", (4, 5), (4, 5), (4, 5), "Bought lately, often and much."),
    ("important", "Important", (2, 3), (4, 5), (4, 5), "Buys often and much, not lately."),
    ("new", "New", (4, 5), (1, 1), (1, 1), "Bought lately for the first time."),
    ("promising", "Promising", (3, 3), (1, 2), (1, 1), "Began not long ago, small so far."),
    ("needs_attention", "Needs attention", (2, 3), (2, 3), (2, 3), "Middling in everything."),
    ("about_to_sleep", "About to sleep", (2, 3), (1, 1), (2, 3), "Bought once, a while ago."),
    ("cannot_lose", "Cannot lose", (1, 1), (4, 5), (4, 5), "Was among the best; long silent."),
    ("lost", "Lost", (1, 1), (1, 1), (1, 1), "Bought little, once, long ago."),
)

DEFAULT_LABELS: Final = tuple(
    RfmLabel(id=i, name=n, recency=r, frequency=f, monetary=m, description=d)
    for i, n, r, f, m, d in _DEFAULTS
)
"""The eight labels shipped (RFM-23); disjoint, 37 of 125 score triples (RFM-24)."""


def _shipped(raw: object) -> object:
    return DEFAULT_LABELS if raw == "default" else raw


class Rfm(Definition):
    """The RFM technique. Segmented are accounts, contributing are deals (RFM-1)."""

    active: bool = True
    """Whether the technique is on."""
    where: Criteria | None = None
    """Deals that contribute; default those in state won (RFM-2)."""
    recency: Recency = Recency()
    """The recency metric."""
    frequency: Frequency = Frequency()
    """The frequency metric."""
    monetary: Monetary = Monetary()
    """The monetary metric."""
    labels: Annotated[
        tuple[RfmLabel, ...],
        BeforeValidator(_shipped, json_schema_input_type=Literal["default"] | tuple[RfmLabel, ...]),
    ] = DEFAULT_LABELS
    """`default`, or the labels in order; the first that matches is primary (TEC-9)."""

    def metric(self, metric: Metric) -> MetricDefinition:
        """Return one metric by name."""
        found: MetricDefinition = getattr(self, metric)
        return found
