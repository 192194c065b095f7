"""The firmographics technique as configured: labels by company attributes (FIR)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from models.criteria_parsing import Criteria, parse_criteria
from models.definition import Definition, LabelDefinition, PlainText, TextList
from models.problems import Problem, raise_problems
from models.text import fold


class FirmographicLabel(LabelDefinition):
    """A label given by criteria on account fields (FIR-3)."""

    where: Criteria
    """Conditions on account fields and related records."""


def _by_employees(label_id: str, name: str, description: str, **leaf: Any) -> FirmographicLabel:
    where = parse_criteria({"field": "employees", **leaf})
    return FirmographicLabel(id=label_id, name=name, where=where, description=description)


DEFAULT_LABELS: Final = (
    _by_employees("enterprise", "Enterprise", "1000 employees or more.", at_least=1000),
    _by_employees("mid_size", "Mid-size", "100 to 999 employees.", between=[100, 999]),
    _by_employees("small", "Small", "10 to 99 employees.", between=[10, 99]),
    _by_employees("micro", "Micro", "Fewer than 10 employees.", below=10),
    _by_employees("size_unknown", "Size unknown", "No number of employees.", **{"is": "empty"}),
)
"""The labels shipped, by number of employees (FIR-6)."""


def _shipped(raw: object) -> object:
    return DEFAULT_LABELS if raw == "default" else raw


class Firmographics(Definition):
    """The firmographics technique."""

    active: bool = True
    """Whether the technique is on."""
    labels: Annotated[
        tuple[FirmographicLabel, ...],
        BeforeValidator(
            _shipped, json_schema_input_type=Literal["default"] | tuple[FirmographicLabel, ...]
        ),
    ] = DEFAULT_LABELS
    """`default`, or 2 to 5 labels in order (FIR-2)."""
    industry_synonyms: dict[PlainText, TextList] = Field(default_factory=dict)
    """Industry -> other spellings that mean it (FIR-7)."""

    @model_validator(mode="after")
    def _each_synonym_once(self) -> Self:
        meaning: dict[str, str] = {}
        problems = []
        for industry, synonyms in self.industry_synonyms.items():
            for synonym in (industry, *synonyms):
                other = meaning.setdefault(fold(synonym), industry)
                if other != industry:
                    message = f"{synonym!r} already means {other!r}"
                    problems.append(Problem(("industry_synonyms", industry), message))
        raise_problems(problems, "firmographics")
        return self
