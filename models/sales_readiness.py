"""When sales takes an account over: the sales-ready score as configured (SRS-1 to SRS-5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.criteria_parsing import Criteria
from models.definition import Definition, Identifier, LabelDefinition
from models.problems import Path, Problem, repeated

Weight = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4)]
ScoreBound = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class IdealCriterion(LabelDefinition):
    """One thing that an ideal customer is or has: fields of accounts and related records."""

    where: Criteria
    """Conditions on account fields and related records."""


class SalesReadiness(Definition):
    """The sales-ready score and its hand-offs (SRS-3, SRS-4)."""

    active: bool = True
    """Whether accounts are scored and handed off."""
    ideal_customer: Annotated[tuple[IdealCriterion, ...], Field(min_length=1, max_length=50)]
    """What makes an ideal customer; the fit score is the share of it that an account fulfils."""
    prediction: Identifier = "purchase"
    """Question whose probability counts (PRD-1)."""
    engagement_weight: Weight = Decimal("0.5")
    """Weight of the engagement score, 0 to 100."""
    fit_weight: Weight = Decimal("0.3")
    """Weight of the fit score, 0 to 100."""
    prediction_weight: Weight = Decimal("0.2")
    """Weight of the probability, 0 to 100."""
    threshold: ScoreBound = Decimal(60)
    """Score from which an account is ready for sales (SRS-1)."""
    rearm_below: ScoreBound = Decimal(50)
    """Score below which it must have been before it is handed off again (SRS-4)."""
    pause_days: Annotated[int, Field(ge=0, le=3660)] = 30
    """Least days from one hand-off of an account to its next (SRS-4)."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        weights = self.engagement_weight + self.fit_weight + self.prediction_weight
        if weights != 1:
            raise ValueError(
                f"engagement_weight, fit_weight and prediction_weight add up to {weights}, not to 1"
            )
        if self.rearm_below > self.threshold:
            raise ValueError(
                f"rearm_below {self.rearm_below} is above the threshold {self.threshold}: an "
                "account could be handed off again without ever having fallen"
            )
        return self


def criterion_problems(readiness: SalesReadiness, path: Path) -> list[Problem]:
    """Return ids and names of the ideal customer that are used twice."""
    return list(repeated(readiness.ideal_customer, (*path, "ideal_customer")))
