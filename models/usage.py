"""Which rules read a field: what an error about a lost column names (F24)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from models.configuration import Configuration
from models.criteria import FieldLeaf, Node, RelatedLeaf, children_of
from models.rfm import METRICS


def rules_by_field(configuration: Configuration, module: str) -> dict[str, tuple[str, ...]]:
    """Names of the rules that read each field of a module: criteria, labels, metrics, segments."""
    found: dict[str, list[str]] = defaultdict(list)
    for rule, home, node in _rules(configuration):
        for where, field in _fields(node, home):
            if where == module and rule not in found[field]:
                found[field].append(rule)
    rfm = configuration.techniques.rfm
    if rfm is not None and rfm.active and module == "deals":
        for metric in METRICS:
            read = getattr(rfm.metric(metric), "field", None)
            if read is not None:
                found[read].append(f"techniques.rfm.{metric}")
    return {field: tuple(rules) for field, rules in found.items()}


def _rules(configuration: Configuration) -> Iterator[tuple[str, str, Node]]:
    """Every criteria tree with its name and the module its fields belong to."""
    if configuration.global_criteria is not None:
        yield "global_criteria", "accounts", configuration.global_criteria
    for name, mapped in configuration.modules.mapped().items():
        if mapped.where is not None:
            yield f"modules.{name}.where", name, mapped.where
    techniques = configuration.techniques
    if techniques.rfm is not None and techniques.rfm.where is not None:
        yield "techniques.rfm.where", "deals", techniques.rfm.where
    if techniques.firmographics is not None:
        for label in techniques.firmographics.labels:
            yield f"firmographics.{label.id}", "accounts", label.where
    for segment in configuration.segments:
        yield f"segment {segment.id}", "accounts", segment.where


def _fields(node: Node, module: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, FieldLeaf):
        yield module, node.field
    inner = node.module if isinstance(node, RelatedLeaf) else module
    for _, child in children_of(node):
        yield from _fields(child, inner)
