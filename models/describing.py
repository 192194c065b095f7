"""Criteria and labels in words, for reports, waterfalls and evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from models.criteria import (
    AllOf,
    AnyOf,
    FieldLeaf,
    LabelLeaf,
    Negation,
    Node,
    Operator,
    RelatedLeaf,
    SegmentLeaf,
    Value,
)

_WORDS = {
    Operator.EQUALS: "equals",
    Operator.NOT_EQUALS: "does not equal",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.BELOW: "is below",
    Operator.AT_MOST: "is at most",
    Operator.ABOVE: "is above",
    Operator.AT_LEAST: "is at least",
    Operator.BETWEEN: "is between",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.IS: "is",
    Operator.BEFORE: "is before",
    Operator.AFTER: "is after",
    Operator.ON: "is on",
    Operator.IN_LAST_DAYS: "is in the last days:",
    Operator.IN_NEXT_DAYS: "is in the next days:",
    Operator.IN_LAST_MONTHS: "is in the last months:",
    Operator.IN_NEXT_MONTHS: "is in the next months:",
    Operator.IN_PERIOD: "is in",
}
_SHOWN = 10


def value_text(value: Value | None) -> str:
    """Return a value as people read it; long lists are cut."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        shown = ", ".join(value_text(item) for item in value[:_SHOWN])
        return shown + (f", … ({len(value)} values)" if len(value) > _SHOWN else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def describe(node: Node) -> str:
    """Return a tree as one sentence without a full stop."""
    if isinstance(node, AllOf | AnyOf):
        word = " and " if isinstance(node, AllOf) else " or "
        return word.join(_grouped(child) for child in node.children)
    if isinstance(node, Negation):
        return f"not ({describe(node.child)})"
    if isinstance(node, LabelLeaf):
        return f"has label {node.label}"
    if isinstance(node, SegmentLeaf):
        return f"is in segment {node.segment}"
    if isinstance(node, FieldLeaf):
        return f"{node.field} {condition_words(node)}"
    where = "" if node.where is None else f" where {describe(node.where)}"
    if node.quantifier == "count_of":
        return f"number of {node.module}{where} {condition_words(node)}"
    return f"{'any' if node.quantifier == 'any_of' else 'none'} of {node.module}{where}"


def condition_words(leaf: FieldLeaf | RelatedLeaf) -> str:
    """Return the operator and value of a leaf in words."""
    if leaf.operator is None:
        return ""
    if leaf.operator is Operator.BETWEEN and isinstance(leaf.value, tuple):
        return f"is between {value_text(leaf.value[0])} and {value_text(leaf.value[1])}"
    if leaf.operator in (Operator.IS, Operator.IN_PERIOD):
        return f"{_WORDS[leaf.operator]} {str(leaf.value).replace('_', ' ')}"
    return f"{_WORDS[leaf.operator]} {value_text(leaf.value)}"


def _grouped(node: Node) -> str:
    text = describe(node)
    return f"({text})" if isinstance(node, AllOf | AnyOf) and len(node.children) > 1 else text
