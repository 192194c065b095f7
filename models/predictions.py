"""Questions about the near future, one score each: who will win a deal with us (PRD-1, PRD-3)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from models.criteria import RELATIVE_OPERATORS, FieldLeaf, walk
from models.criteria_parsing import Criteria
from models.definition import Definition, Description, Identifier, LabelName
from models.problems import Path, Problem, repeated


class Prediction(Definition):
    """One question: how likely is it that an account wins such a deal within the horizon?"""

    id: Identifier
    """Id that criteria, labels and the sales-ready score refer to."""
    name: LabelName
    """The question in a few words."""
    description: Description | None = None
    """What it is asked for."""
    horizon_days: Annotated[int, Field(ge=1, le=3660)] = 90
    """Days ahead that the probability speaks of (PRD-3)."""
    deals: Criteria | None = None
    """Which won deals count as the answer; every one by default."""


DEFAULT_PREDICTIONS: Final = (
    Prediction(
        id="purchase", name="Buys within 90 days", description="Any won deal in the next 90 days."
    ),
)
"""The question that is asked of every company."""


def prediction_problems(predictions: tuple[Prediction, ...], path: Path) -> list[Problem]:
    """Return ids and names that are used twice, and periods that the past cannot be asked for."""
    problems = list(repeated(predictions, path))
    for position, prediction in enumerate(predictions):
        problems += _period_problems(prediction, (*path, position, "deals"))
    return problems


def _period_problems(prediction: Prediction, path: Path) -> list[Problem]:
    """Return periods relative to `as_of`: no deal of a past window lies in them (PRD-3)."""
    if prediction.deals is None:
        return []
    message = (
        "a period relative to as_of holds no deal of the past that is learned from; "
        "horizon_days says how far ahead the question looks"
    )
    return [
        Problem((*path, *inner), message)
        for inner, node in walk(prediction.deals)
        if isinstance(node, FieldLeaf) and node.operator in RELATIVE_OPERATORS
    ]
