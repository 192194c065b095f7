"""What rules read: named by an error about a lost column (F24), told as a cause, looking ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from models.catalogue import (
    ENGAGED,
    HEARD,
    MEASURES,
    PREDICTIONS,
    READIED,
    RESPONSE_SIGNALS,
    RESPONSES,
)
from models.configuration import Configuration
from models.criteria import (
    RELATIVE_OPERATORS,
    FieldLeaf,
    LabelLeaf,
    Node,
    RelatedLeaf,
    children_of,
    walk,
)
from models.fields import EVENTS, contract_of
from models.registry import REGISTRY, EnsembleLabel, label_rule
from models.rfm import METRICS
from models.segments import Segment, references

DEEDS: Final = frozenset(field.name for field in MEASURES) - {"contact_count"} | {"modified_at"}
"""Fields that tell what an account did: purchases, deals, activity."""
DEED_MODULES: Final = frozenset({"deals", "deal_lines"})
"""Related modules that tell it."""
EVENT_MODULES: Final = frozenset({EVENTS.name, RESPONSES, RESPONSE_SIGNALS})
"""Related modules that tell what people did or wrote."""
EVENT_TECHNIQUES: Final = ("engagement", "voice_of_customer")
"""Techniques that score and label accounts by it."""
CAUSES: Final = ("attributes", "measures", "rfm", "segments", "relative_dates", "events")
"""What can move members, in the order of `causes_of`."""
MOVED_BY: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        [field.name for field in (*ENGAGED, *HEARD)] + ["preferred_channel", "last_contacted_on"],
        frozenset({"events"}),
    ),
    # A mail that came back bars the address; a CRM bars it by the contact (HYG-4).
    "mailable_contact_count": frozenset({"measures", "events"}),
    "data_quality_score": frozenset({"attributes", "measures", "events"}),
    "duplicate_count": frozenset({"attributes"}),
    # Fit, engagement and probability in one (SRS-3).
    **dict.fromkeys(
        [field.name for field in READIED], frozenset({"attributes", "measures", "events"})
    ),
}
"""What moves fields of accounts that are not moved by what their origin says."""
_BY_ORIGIN: Final[Mapping[str, frozenset[str]]] = {
    "canonical": frozenset({"attributes"}),
    "custom": frozenset({"attributes"}),
    "measure": frozenset({"measures"}),
    "learned": frozenset({"measures"}),
    "score": frozenset({"rfm"}),
}


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
    """Names of the rules that read each field of a module: criteria, labels, metrics, segments.

    Of a feed, rules on events as well: they speak of all feeds at once.
    """
    homes = {module, contract_of(module)}
    found: dict[str, list[str]] = defaultdict(list)
    for rule, home, node in _rules(configuration):
        for where, field in _fields(node, home):
            if where in homes and rule not in found[field]:
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
    for part, name, where in _named_criteria(configuration):
        yield f"{part}.{name}", "accounts", where


def _named_criteria(configuration: Configuration) -> Iterator[tuple[str, str, Node]]:
    """Criteria on accounts that give a name: part of the configuration, id, tree."""
    for label in configuration.labels:
        rule = label_rule(label)
        if rule is not None:
            yield REGISTRY, label.id, rule
    firmographics = configuration.techniques.firmographics
    for one in () if firmographics is None else firmographics.labels:
        yield "firmographics", one.id, one.where
    readiness = configuration.sales_readiness
    for criterion in () if readiness is None else readiness.ideal_customer:
        yield "sales_readiness", criterion.id, criterion.where


def causes_of(segment: Segment, configuration: Configuration) -> tuple[bool, ...]:
    """Return what can move a segment's members: the causes its changes may have (BEY-2).

    Whether its criteria read attributes, measures, RFM, other segments, dates relative to `as_of`,
    events. Related records of the CRM and what was learned count as measures, predictions as events
    as well (what people did is among their signs); labels of techniques other than RFM, engagement
    and voices as attributes.
    """
    found: set[str] = set()
    for node, is_related in _read_by(segment.where, configuration):
        if isinstance(node, RelatedLeaf):
            found |= {"events" if node.module in EVENT_MODULES else "measures"}
            found |= {"events"} if node.module == PREDICTIONS else set()
        elif isinstance(node, EnsembleLabel):
            found |= {"measures", "events"}
        elif isinstance(node, LabelLeaf):
            technique = node.label.partition(".")[0]
            by_events = technique in EVENT_TECHNIQUES
            found.add("rfm" if technique == "rfm" else "events" if by_events else "attributes")
        elif isinstance(node, FieldLeaf):
            if node.operator in RELATIVE_OPERATORS:
                found.add("relative_dates")
            if not is_related:
                origin = configuration.catalogue.scored_accounts[node.field].origin
                found |= MOVED_BY.get(node.field) or _BY_ORIGIN[origin]
    if references(segment):
        found.add("segments")
    return tuple(cause in found for cause in CAUSES)


def _read_by(
    where: Node, configuration: Configuration
) -> Iterator[tuple[Node | EnsembleLabel, bool]]:
    """Yield what criteria read, and whether of related records; of a registered label its rule."""
    inside_related: set[int] = set()
    for _, node in walk(where):
        registered = configuration.registered(node.label) if isinstance(node, LabelLeaf) else None
        rule = None if registered is None else label_rule(registered)
        if isinstance(registered, EnsembleLabel):
            yield registered, False
        elif rule is not None:
            yield from _read_by(rule, configuration)
        else:
            yield node, id(node) in inside_related
        if isinstance(node, RelatedLeaf) and node.where is not None:
            inside_related |= {id(inner) for _, inner in walk(node.where)}


def _fields(node: Node, module: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, FieldLeaf):
        yield module, node.field
    inner = node.module if isinstance(node, RelatedLeaf) else module
    for _, child in children_of(node):
        yield from _fields(child, inner)
