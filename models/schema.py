"""The JSON Schema of `abm.yaml`, for completion and checks in editors."""

from __future__ import annotations

from typing import Any, Final

from models.configuration import Configuration
from models.criteria import COUNT_OPERATORS, PERIODS, RELATED_MODULES, STATES, Operator

_SCALAR: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
_LIST: Final[dict[str, Any]] = {"type": "array", "items": _SCALAR, "minItems": 1}
_PAIR: Final[dict[str, Any]] = {**_LIST, "minItems": 2, "maxItems": 2}
_NUMBER: Final[dict[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 36500}
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_CRITERIA: Final[dict[str, Any]] = {"$ref": "#/$defs/Criteria"}

_OPERANDS: Final[dict[Operator, tuple[dict[str, Any], str]]] = {
    Operator.EQUALS: (_SCALAR, "The value is this, ignoring case and outer blanks."),
    Operator.NOT_EQUALS: (_SCALAR, "The value is there and is not this (GLC-9)."),
    Operator.IN: (
        {"anyOf": [_LIST, {"enum": list(PERIODS)}]},
        "The value is one of a list; for dates also a period relative to as_of.",
    ),
    Operator.NOT_IN: (_LIST, "The value is there and is none of a list (GLC-9)."),
    Operator.BELOW: (_SCALAR, "Less than."),
    Operator.AT_MOST: (_SCALAR, "Less than or equal."),
    Operator.ABOVE: (_SCALAR, "More than."),
    Operator.AT_LEAST: (_SCALAR, "More than or equal."),
    Operator.BETWEEN: (_PAIR, "From the first to the second, both included."),
    Operator.CONTAINS: (_SCALAR, "The text contains this."),
    Operator.STARTS_WITH: (_SCALAR, "The text begins with this."),
    Operator.ENDS_WITH: (_SCALAR, "The text ends with this."),
    Operator.IS: ({"enum": [*STATES, True, False]}, "empty, not_empty; true, false of booleans."),
    Operator.BEFORE: (_SCALAR, "Before this day."),
    Operator.AFTER: (_SCALAR, "After this day."),
    Operator.ON: (_SCALAR, "On this day."),
    Operator.IN_LAST_DAYS: (_NUMBER, "In the last N days, as_of included."),
    Operator.IN_NEXT_DAYS: (_NUMBER, "In the next N days, as_of not included."),
    Operator.IN_LAST_MONTHS: (_NUMBER, "In the last N calendar months (EDG-3)."),
    Operator.IN_NEXT_MONTHS: (_NUMBER, "In the next N calendar months."),
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a configuration file."""
    schema: dict[str, Any] = _with_criteria(
        Configuration.model_json_schema(by_alias=True, mode="validation")
    )
    schema["$defs"]["Criteria"] = _criteria()
    schema["properties"]["include"] = {
        "description": "Files to merge in: names or patterns inside the folder of this file.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Quintile configuration (abm.yaml)"
    return schema


def _with_criteria(node: Any) -> Any:
    """Put the reference to the criteria language where a field of a type holds a tree."""
    if isinstance(node, dict):
        if node.get("$comment") == "criteria":
            described = {"description": node["description"]} if "description" in node else {}
            return {**_CRITERIA, **described}
        return {key: _with_criteria(value) for key, value in node.items()}
    return [_with_criteria(item) for item in node] if isinstance(node, list) else node


def _object(title: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _criteria() -> dict[str, Any]:
    """Return the schema of a tree: one kind of condition, told by its first key."""
    many = {"type": "array", "items": _CRITERIA, "minItems": 1}
    fields = [
        _object(
            f"Field {operator.value}",
            {
                "field": {"type": "string", "description": "Name of a field."},
                operator.value: {**operand, "description": text},
            },
            ["field", operator.value],
        )
        for operator, (operand, text) in _OPERANDS.items()
    ]
    module = {"enum": list(RELATED_MODULES), "description": "Related records."}
    quantified = [
        _object(key, {key: module, "where": _CRITERIA}, [key]) for key in ("any_of", "none_of")
    ]
    counted = [
        _object(
            f"count_of {operator.value}",
            {
                "count_of": module,
                "where": _CRITERIA,
                operator.value: _PAIR if operator is Operator.BETWEEN else _COUNT,
            },
            ["count_of", operator.value],
        )
        for operator in COUNT_OPERATORS
    ]
    text = {"type": "string"}
    return {
        "title": "Criteria",
        "description": "A condition on accounts: all, any, not, a field, a label, a segment, or "
        "any, none, a count of related records (GLC-8).",
        "oneOf": [
            _object("All", {"all": {**many, "description": "Every condition holds."}}, ["all"]),
            _object("Any", {"any": {**many, "description": "One condition holds."}}, ["any"]),
            _object("Not", {"not": _CRITERIA}, ["not"]),
            _object("Label", {"label": {**text, "description": "technique.label"}}, ["label"]),
            _object("Segment", {"segment": {**text, "description": "Segment id"}}, ["segment"]),
            *fields,
            *quantified,
            *counted,
        ],
    }
