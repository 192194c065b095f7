"""Which rules read a field: what an error about a lost column names (F24), what looks ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models.catalogue import MEASURES
from models.configuration import Configuration
from models.criteria import FieldLeaf, Node, RelatedLeaf, children_of, walk
from models.firmographics import FirmographicLabel
from models.registry import REGISTRY, label_rule
from models.rfm import METRICS
from models.sales_readiness import IdealCriterion

DEEDS: Final = frozenset(field.name for field in MEASURES) - {"contact_count"} | {"modified_at"}
"""Fields that tell what an account did: purchases, deals, activity."""
DEED_MODULES: Final = frozenset({"deals", "deal_lines"})
"""Related modules that tell it."""


def rules_by_deeds(configuration: Configuration, accounts: int) -> tuple[str, ...]:
    """Rules that choose or group `accounts` in scope by what these did until today.

    Where there are any, a past is learned from and tested on accounts chosen by what came after it
    (REC-4 learns in scope).
    """
    given = {
        "global_criteria": configuration.global_criteria,
        "modules.accounts.where": configuration.modules.accounts.where,
    }
    rules = [(rule, node) for rule, node in given.items() if node is not None]
    firmographics = configuration.techniques.firmographics
    if firmographics is not None and firmographics.active:
        rules += [(f"firmographics.{label.id}", label.where) for label in firmographics.labels]
    found = [rule for rule, node in rules if any(_tells_deeds(part) for _, part in walk(node))]
    if configuration.modules.accounts.dormant_after_days is not None:
        found.append("modules.accounts.dormant_after_days")
    most = configuration.limits.max_accounts
    if most is not None and accounts >= most:
        found.append("limits.max_accounts")
    return tuple(found)


def _tells_deeds(node: Node) -> bool:
    if isinstance(node, RelatedLeaf):
        return node.module in DEED_MODULES
    return isinstance(node, FieldLeaf) and node.field in DEEDS


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
    for segment in configuration.segments:
        yield f"segment {segment.id}", "accounts", segment.where
    for prediction in configuration.predictions:
        if prediction.deals is not None:
            yield f"predictions.{prediction.id}", "deals", prediction.deals
    for rule, named in _by_criteria(configuration).items():
        yield from ((f"{rule}.{one.id}", "accounts", one.where) for one in named)


@dataclass(frozen=True)
class Ruled:
    """A registered label and the criteria that give it."""

    id: str
    where: Node


def _by_criteria(
    configuration: Configuration,
) -> dict[str, tuple[FirmographicLabel | IdealCriterion | Ruled, ...]]:
    """What criteria on accounts give a name to, by the part of the configuration."""
    firmographics = configuration.techniques.firmographics
    readiness = configuration.sales_readiness
    return {
        REGISTRY: tuple(
            Ruled(label.id, rule)
            for label in configuration.labels
            if (rule := label_rule(label)) is not None
        ),
        "firmographics": () if firmographics is None else firmographics.labels,
        "sales_readiness": () if readiness is None else readiness.ideal_customer,
    }


def _fields(node: Node, module: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, FieldLeaf):
        yield module, node.field
    inner = node.module if isinstance(node, RelatedLeaf) else module
    for _, child in children_of(node):
        yield from _fields(child, inner)
