"""Labels beside the five techniques: who owns them, how they are given, when to look again (LBL).

A rule is a business rule on data, with a condition that withdraws it; a model label is given from a
probability on; an ensemble lets several questions speak together (LBL-1 to LBL-5).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from models.criteria import AllOf, FieldLeaf, Negation, Node, Operator, RelatedLeaf
from models.criteria_parsing import Criteria
from models.definition import Definition, Identifier, LabelDefinition, PlainText
from models.organization import BusinessDate
from models.problems import Path, Problem, choose_from, repeated

REGISTRY: Final = "registry"
"""Before the id of a registered label, where those of techniques have the technique."""
REVIEW_DAYS: Final = 180
"""Days after which a label is looked at again (LBL-4)."""

Owner = Annotated[PlainText, StringConstraints(min_length=1, max_length=100)]
Sentence = Annotated[PlainText, StringConstraints(min_length=1, max_length=300)]
Probability = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class _Registered(LabelDefinition):
    """What every registered label has (LBL-4)."""

    description: Sentence
    """What the label means, in one sentence."""
    owner: Owner
    """Who answers for it."""
    version: Annotated[PlainText, StringConstraints(min_length=1, max_length=50)] = "1"
    """Version of its definition, as the owner counts them."""
    valid_from: BusinessDate
    """First business date on which it is given."""
    review_by: BusinessDate | None = None
    """Day until which it is to be looked at again; by default 180 days after valid_from."""

    @model_validator(mode="after")
    def _reviewed_later(self) -> Self:
        if self.review_by is not None and self.review_by < self.valid_from:
            raise ValueError(f"review_by {self.review_by} is before valid_from {self.valid_from}")
        return self

    @property
    def due_on(self) -> date:
        """Day until which it is to be looked at again."""
        return self.review_by or self.valid_from + timedelta(days=REVIEW_DAYS)


class RuleLabel(_Registered):
    """A business rule with data (LBL-1)."""

    kind: Literal["rule"]
    """A rule."""
    where: Criteria
    """Conditions on account fields, labels of techniques and related records."""
    unless: Criteria | None = None
    """What withdraws the label: behaviour that says otherwise (LBL-5)."""


class ModelLabel(_Registered):
    """What a model recognises: given from a probability on (LBL-2)."""

    kind: Literal["model"]
    """A model."""
    prediction: Identifier
    """Question whose probability decides."""
    at_least: Probability
    """Probability from which it is given, 0 to 100."""


class EnsembleMember(Definition):
    """One question of an ensemble."""

    prediction: Identifier
    """Question that speaks."""
    weight: Annotated[Decimal, Field(gt=0, le=1, decimal_places=4)] | None = None
    """Weight of its probability; the weights of an ensemble add up to 1."""
    at_least: Probability | None = None
    """Probability from which it votes for the label, 0 to 100."""


class EnsembleLabel(_Registered):
    """Several models together: a weighted mean of their scores, or a vote (LBL-3, LBL-4)."""

    kind: Literal["ensemble"]
    """An ensemble."""
    models: Annotated[tuple[EnsembleMember, ...], Field(min_length=2, max_length=20)]
    """The questions; an account without a probability for one of them does not get the label."""
    at_least: Probability | None = None
    """Weighted mean of the probabilities from which it is given."""
    vote: Literal["majority"] | None = None
    """`majority`: given when more than half of the questions vote for it; a tie gives none."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.at_least is None) == (self.vote is None):
            raise ValueError("write either at_least, with a weight per model, or vote: majority")
        if len({member.prediction for member in self.models}) < len(self.models):
            raise ValueError("models names a question twice")
        for member in self.models:
            if self.vote is None and (member.weight is None or member.at_least is not None):
                raise ValueError(
                    f"{member.prediction}: a weighted mean needs a weight, no at_least"
                )
            if self.vote is not None and (member.at_least is None or member.weight is not None):
                raise ValueError(f"{member.prediction}: a vote needs at_least, no weight")
        weights = sum((member.weight or Decimal(0) for member in self.models), Decimal(0))
        if self.vote is None and weights != 1:
            raise ValueError(f"the weights add up to {weights}, not to 1 (LBL-4)")
        return self


RegisteredLabel = Annotated[RuleLabel | ModelLabel | EnsembleLabel, Field(discriminator="kind")]


def label_rule(label: RuleLabel | ModelLabel | EnsembleLabel) -> Node | None:
    """Return the criteria that give a label; None for an ensemble, which no criteria give.

    The tree is as written: it must be bound before it is compiled.
    """
    if isinstance(label, RuleLabel):
        return label.where if label.unless is None else AllOf((label.where, Negation(label.unless)))
    if isinstance(label, ModelLabel):
        return RelatedLeaf("any_of", "predictions", _from(label))
    return None


def _from(label: ModelLabel) -> Node:
    return AllOf(
        (
            FieldLeaf("prediction_id", Operator.EQUALS, label.prediction),
            FieldLeaf("prediction_probability", Operator.AT_LEAST, label.at_least),
        )
    )


def questions_of(label: RuleLabel | ModelLabel | EnsembleLabel) -> tuple[str, ...]:
    """Return the questions whose probabilities a label reads by name."""
    if isinstance(label, ModelLabel):
        return (label.prediction,)
    return tuple(m.prediction for m in label.models) if isinstance(label, EnsembleLabel) else ()


def registry_problems(
    labels: tuple[RuleLabel | ModelLabel | EnsembleLabel, ...], questions: list[str], path: Path
) -> list[Problem]:
    """Return ids and names that are used twice, and questions that nobody asks."""
    problems = list(repeated(labels, path))
    for position, label in enumerate(labels):
        problems += [
            Problem(
                (*path, position), f"no question {question!r}{choose_from(question, questions)}"
            )
            for question in questions_of(label)
            if question not in questions
        ]
    return problems
