"""The compiled criteria of a configuration: its trees bound, then compiled for one engine."""

from __future__ import annotations

from models.binding import Binder
from models.catalogue import Place
from models.compilation import (
    compile_contribution,
    compile_labels,
    compile_predictions,
    compile_scope,
)
from models.configuration import Configuration
from models.criteria import Node
from models.expressions import Dialect
from models.periods import Moment
from models.registry import REGISTRY, label_rule
from models.segment_compilation import compile_registry, compile_segments, compile_suggestions
from models.segments import Segment, in_dependency_order
from models.suggestions import suggested_segments


def compiled_criteria(
    configuration: Configuration, moment: Moment, dialect: Dialect
) -> dict[str, str]:
    """Return the statements of a configuration by name, as `criterion` asks for them."""
    binder = Binder(configuration.catalogue, configuration.limits)
    catalogue = configuration.catalogue
    scope = configuration.global_criteria
    rfm, firmographics = configuration.techniques.rfm, configuration.techniques.firmographics
    where = None if rfm is None else rfm.where
    labels: list[tuple[str, Node]] = []
    if firmographics is not None and firmographics.active:
        labels = [
            (f"firmographics.{label.id}", binder.bind(label.where, Place.SCOPE))
            for label in firmographics.labels
        ]
    if scope is not None:
        scope = binder.bind(scope, Place.SCOPE)
    if where is not None:
        where = binder.bind(where, Place.RELATED, "deals")
    asked = [
        (
            prediction.id,
            None
            if prediction.deals is None
            else binder.bind(prediction.deals, Place.RELATED, "deals"),
        )
        for prediction in configuration.predictions
    ]
    readiness = configuration.sales_readiness
    ideal = [
        (criterion.id, binder.bind(criterion.where, Place.SCOPE))
        for criterion in (
            () if readiness is None or not readiness.active else readiness.ideal_customer
        )
    ]
    segments = bound_segments(configuration)
    suggested = [
        segment.model_copy(update={"where": binder.bind(segment.where, Place.SEGMENT)})
        for segment in suggested_segments(configuration)
    ]
    return {
        "scope": compile_scope(scope, catalogue, moment, dialect),
        "contribution": compile_contribution(where, catalogue, moment, dialect),
        "labels": compile_labels(labels, catalogue, moment, dialect),
        "registry": compile_registry(bound_rules(configuration), catalogue, moment, dialect),
        "predictions": compile_predictions(asked, catalogue, moment, dialect),
        "ideal_customer": compile_labels(ideal, catalogue, moment, dialect),
        "segments": compile_segments(segments, catalogue, moment, dialect),
        "suggestions": compile_suggestions(suggested, catalogue, moment, dialect),
    }


def bound_rules(configuration: Configuration) -> tuple[tuple[str, Node], ...]:
    """Return the bound criteria of registered labels that criteria give, by label id."""
    binder = Binder(configuration.registry_catalogue, configuration.limits)
    rules = [(f"{REGISTRY}.{label.id}", label_rule(label)) for label in configuration.labels]
    return tuple((i, binder.bind(rule, Place.SEGMENT)) for i, rule in rules if rule is not None)


def bound_segments(configuration: Configuration) -> tuple[Segment, ...]:
    """Return the segments with bound criteria, in dependency order."""
    binder = Binder(configuration.catalogue, configuration.limits)
    return tuple(
        segment.model_copy(update={"where": binder.bind(segment.where, Place.SEGMENT)})
        for segment in in_dependency_order(configuration.segments)
    )
