"""The whole configuration: what a marketer asked for, typed, checked and hashable.

A `Configuration` that exists is valid: names resolve, values are typed, limits hold. Doubtful
things that do not stop a run are returned by `configuration_cautions`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from models.catalogue import (
    PREDICTIONS,
    RECOMMENDATIONS,
    RESPONSE_SIGNALS,
    RESPONSES,
    Catalogue,
    build_catalogue,
)
from models.criteria import LabelLeaf, walk
from models.criteria_parsing import Criteria
from models.definition import Definition, Identifier
from models.engagement import Engagement
from models.fields import EVENTS, contract_of
from models.firmographics import Firmographics
from models.identity import Identity
from models.limits import Limits, LimitsForm
from models.modules import Modules
from models.organization import Organization
from models.predictions import DEFAULT_PREDICTIONS, Prediction
from models.recommendations import Recommendations
from models.registry import REGISTRY, RegisteredLabel, questions_of
from models.rfm import Rfm
from models.sales_readiness import SalesReadiness
from models.segments import ExportRequest, Segment
from models.sources import Source
from models.voice_of_customer import VoiceOfCustomer

TECHNIQUES = ("rfm", "firmographics", "engagement", "voice_of_customer", "recommendations")
"""The five techniques (TEC-1)."""

Technique = Rfm | Firmographics | Engagement | VoiceOfCustomer | Recommendations


class Techniques(Definition):
    """The five techniques; one that is left out is off (TEC-1)."""

    rfm: Rfm | None = None
    """Recency, frequency, monetary value."""
    firmographics: Firmographics | None = None
    """Company attributes."""
    engagement: Engagement | None = None
    """Reactions of contacts."""
    voice_of_customer: VoiceOfCustomer | None = None
    """What customers say."""
    recommendations: Recommendations | None = None
    """What customers may buy next."""

    def active(self) -> dict[str, Technique]:
        """Return the techniques that are on, by name."""
        found: dict[str, Technique | None] = {name: getattr(self, name) for name in TECHNIQUES}
        return {name: t for name, t in found.items() if t is not None and t.active}


class Configuration(Definition):
    """One `abm.yaml` with its includes."""

    organization: Organization
    """Whose accounts are segmented."""
    limits: LimitsForm = Limits()
    """Limits the configuration is held to; `unlimited` by default (GLC-4)."""
    sources: Annotated[dict[Identifier, Source], Field(min_length=1)]
    """Ways to reach tables, by name."""
    modules: Modules
    """Which table plays which role (MAP-1)."""
    global_criteria: Criteria | None = None
    """Which accounts exist at all (GLC-1); without it, every one."""
    techniques: Techniques = Techniques()
    """How accounts are labelled."""
    identity: Identity = Identity()
    """How duplicates are proposed."""
    labels: tuple[RegisteredLabel, ...] = ()
    """Labels beside the techniques: business rules, models, ensembles (LBL)."""
    predictions: tuple[Prediction, ...] = DEFAULT_PREDICTIONS
    """Questions that are answered with a probability per account (PRD); an empty list asks none."""
    sales_readiness: SalesReadiness | None = None
    """When sales takes an account over; left out, nothing is handed off (SRS)."""
    segments: tuple[Segment, ...] = ()
    """Named sets of accounts."""
    exports: tuple[ExportRequest, ...] = ()
    """Exports every run makes."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        from models.checking import configuration_problems
        from models.problems import raise_problems

        raise_problems(configuration_problems(self))
        return self

    @cached_property
    def catalogue(self) -> Catalogue:
        """What criteria of this configuration may speak of."""
        return build_catalogue(
            self.modules,
            label_names(self),
            frozenset(s.id for s in self.segments),
            self._absent_modules(),
        )

    def _absent_modules(self) -> frozenset[str]:
        active = self.techniques.active()
        hears = "voice_of_customer" in active
        found = {
            EVENTS.name: any(contract_of(name) == EVENTS.name for name in self.modules.mapped()),
            RESPONSES: hears,
            RESPONSE_SIGNALS: hears,
            RECOMMENDATIONS: "recommendations" in active,
            PREDICTIONS: bool(self.predictions),
        }
        return frozenset(name for name, is_there in found.items() if not is_there)

    @cached_property
    def registry_catalogue(self) -> Catalogue:
        """What registered labels may speak of: all but each other and segments, made from them."""
        known = self.catalogue.labels.items()
        given = {label: name for label, name in known if not label.startswith(f"{REGISTRY}.")}
        return replace(self.catalogue, labels=given, segments=frozenset())

    def registered(self, subject: str) -> RegisteredLabel | None:
        """Return the label of the registry that `registry.<id>` names; None for anything else."""
        named = {f"{REGISTRY}.{label.id}": label for label in self.labels}
        return named.get(subject)

    def segment(self, segment_id: str) -> Segment:
        """Return a segment by id; KeyError when there is none."""
        for candidate in self.segments:
            if candidate.id == segment_id:
                return candidate
        raise KeyError(segment_id)


def label_names(configuration: Configuration) -> dict[str, str]:
    """Return the names of active labels by `<technique>.<id>`, pseudo-labels included."""
    names: dict[str, str] = {}
    for technique, definition in configuration.techniques.active().items():
        names |= {f"{technique}.{label.id}": label.name for label in definition.labels}
        names[f"{technique}.unlabelled"] = "Unlabelled"
        if technique == "rfm":
            names["rfm.unscored"] = "Unscored"
    return names | {f"{REGISTRY}.{label.id}": label.name for label in configuration.labels}


def meaning(part: Definition) -> dict[str, Any]:
    """Return a part of a configuration as plain values, every default written out."""
    return part.model_dump(mode="json", by_alias=True)


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def definition_hash(configuration: Configuration) -> str:
    """SHA-256 over what the configuration means, not over comments, layout, order of keys or files.

    `organization.as_of` is left out: it says when, not what; runs of many days share a definition.
    """
    plain = meaning(configuration)
    plain["organization"].pop("as_of")
    return _hash(plain)


def techniques_hash(configuration: Configuration) -> str:
    """SHA-256 over what the techniques mean: a label that moves without it was not edited."""
    return _hash(meaning(configuration.techniques))


def segment_hash(segment: Segment) -> str:
    """SHA-256 over what decides the members of a segment: id, nature, frame, parent, criteria.

    A change of it is an edit of the segment's criteria (SEG-14); names and descriptions are not.
    """
    plain = meaning(segment)
    for name in ("name", "description", "publish_as_filter"):
        plain.pop(name)
    return _hash(plain)


def label_rules_hash(segment: Segment, configuration: Configuration) -> str | None:
    """SHA-256 over what gives the registered labels that a segment asks for; None without any.

    A change of it is an edit of the segment's criteria as well (BEY-2). Of a label count its rule,
    the questions it reads and its first day, not who owns it or when it is looked at again.
    """
    asked = {leaf.label for _, leaf in walk(segment.where) if isinstance(leaf, LabelLeaf)}
    labels = [configuration.registered(name) for name in sorted(asked)]
    rules = [_rule_meaning(label, configuration) for label in labels if label is not None]
    return _hash(rules) if rules else None


def _rule_meaning(label: RegisteredLabel, configuration: Configuration) -> list[dict[str, Any]]:
    told = ("name", "description", "owner", "version", "review_by")
    read = [q for q in configuration.predictions if q.id in questions_of(label)]
    return [
        {name: value for name, value in meaning(part).items() if name not in told}
        for part in (label, *read)
    ]
