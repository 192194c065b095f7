"""What every type of the configuration shares: frozen, closed, and helpful about unknown keys."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from models.problems import choose_from
from models.text import trim


class Definition(BaseModel):
    """Base of every configuration type: frozen, unknown keys forbidden and named with advice."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, coerce_numbers_to_str=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _advise_on_unknown_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                cls.__name__, [_advised(cls, detail) for detail in error.errors()]
            ) from None


def _advised(definition: type[BaseModel], detail: Any) -> InitErrorDetails:
    """Return one error of pydantic ready to be raised again, an unknown key with its advice."""
    kind, context = detail["type"], dict(detail.get("ctx") or {})
    if kind == "extra_forbidden" and len(detail["loc"]) == 1:
        allowed = [field.alias or name for name, field in definition.model_fields.items()]
        key = detail["loc"][0]
        context = {"text": f"unknown key {key!r}{choose_from(key, allowed)}"}
        error: str | PydanticCustomError = PydanticCustomError("quintile", "{text}", context)
    else:
        error = PydanticCustomError(kind, "{text}", {"text": detail["msg"], **context})
    return InitErrorDetails(type=error, loc=detail["loc"], input=detail["input"])


def _plain_text(value: str) -> str:
    """Normalise to NFC and trim; refuse control characters, which no name or value needs."""
    text = trim(unicodedata.normalize("NFC", value))
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError(f"holds the control character U+{ord(character):04X}; remove it")
    return text


def _scalar_text(value: object) -> object:
    """Write a scalar that YAML typed as the text it was: 1 -> '1', true -> 'true'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _listed(value: object) -> object:
    """Read a single value as a list of one."""
    return [value] if isinstance(value, str) else value


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Name of a thing that other things refer to: small letters, digits and `_`, at most 63."""

PlainText = Annotated[str, AfterValidator(_plain_text)]
"""Text in NFC, trimmed, without control characters."""

LabelName = Annotated[PlainText, StringConstraints(min_length=1, max_length=50)]
"""Name of a label, 1 to 50 characters (TEC-11)."""

SegmentName = Annotated[PlainText, StringConstraints(min_length=1, max_length=100)]
"""Name of a segment, 1 to 100 characters (SEG-3)."""

Description = Annotated[PlainText, StringConstraints(max_length=2000)]
"""Free description for people."""

ScalarText = Annotated[str, BeforeValidator(_scalar_text, json_schema_input_type=str | int | bool)]
"""Text that may be written as a bare YAML number or boolean."""

TextList = Annotated[
    tuple[ScalarText, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])
]
"""One text or a list of texts."""


class LabelDefinition(Definition):
    """What every label has: an id that criteria refer to as `<technique>.<id>`, and a name."""

    id: Identifier
    """Id of the label; criteria refer to `<technique>.<id>`. Renaming keeps it (TEC-6)."""
    name: LabelName
    """Name of the label, unique in its technique ignoring case (TEC-11)."""
    description: Description | None = None
    """What the label means."""
