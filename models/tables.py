"""The configuration as tables: what dbt reads as the sources of schema `config`.

What a marketer edits reaches SQL as rows, never as text of a dbt model; the compiled criteria are
rows too. The tables exist with the same columns whatever is configured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from models.column_types import COUNT, DECIMAL, FLAG, TEXT, Table
from models.compilation import scope_steps
from models.configuration import (
    TECHNIQUES,
    Configuration,
    definition_hash,
    label_rules_hash,
    meaning,
    segment_hash,
    techniques_hash,
)
from models.describing import describe
from models.event_tables import event_tables
from models.expressions import Dialect
from models.fields import MODULES
from models.modules import AccountsModule, ColumnField, DealsModule, Stages
from models.periods import Moment, end_of_day
from models.readiness_tables import readiness_tables
from models.recommendations import Recommendations, asked_products
from models.registry_tables import registry_tables
from models.rfm import METRICS
from models.score_steps import score_steps
from models.segments import Segment, in_dependency_order, references
from models.statements import compiled_criteria
from models.suggestions import suggested_segments
from models.text import fold
from models.usage import causes_of
from models.voice_tables import voice_tables

Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class ConfigurationTable:
    """One table of schema `config`: column name -> SQL type, and rows in that order."""

    name: str
    columns: dict[str, str]
    rows: Rows


def configuration_tables(
    configuration: Configuration, as_of: date, dialect: Dialect
) -> tuple[ConfigurationTable, ...]:
    """Return every table of schema `config` for one business date and engine.

    Relative dates are literals of `as_of`, so the tables are written anew for every run.
    """
    moment = Moment(as_of, configuration.organization.time_zone)
    builders: dict[str, Table] = {
        "run": (_RUN, [(*_run(configuration, moment), dialect)]),
        "stages": (_STAGES, _stages(configuration)),
        "inactive_statuses": ({"status": TEXT}, _inactive_statuses(configuration)),
        "industry_synonyms": ({"synonym": TEXT, "industry": TEXT}, _synonyms(configuration)),
        "fields": (_FIELDS, _fields(configuration)),
        "techniques": ({"technique": TEXT, "is_active": FLAG}, _techniques(configuration)),
        "criteria": (
            {"criterion": TEXT, "statement": TEXT},
            compiled_criteria(configuration, moment, dialect).items(),
        ),
        "scope_steps": ({"position": COUNT, "description": TEXT}, _steps(configuration)),
        "rfm_metrics": (_METRICS, _metrics(configuration)),
        "rfm_thresholds": (_THRESHOLDS, _thresholds(configuration)),
        "rfm_labels": (_RFM_LABELS, _rfm_labels(configuration)),
        "recommendation_settings": (_RECOMMENDATIONS, [_recommendations(configuration)]),
        "recommendation_conditions": (_CONDITIONS, _conditions(configuration)),
        **event_tables(configuration),
        **voice_tables(configuration),
        "predictions": (
            {"prediction_id": TEXT, "position": COUNT, "name": TEXT, "horizon_days": COUNT},
            [
                (p.id, position, p.name, p.horizon_days)
                for position, p in enumerate(configuration.predictions, start=1)
            ],
        ),
        **registry_tables(configuration, as_of),
        **readiness_tables(configuration),
        "labels": (_LABELS, _labels(configuration)),
        "segments": (_SEGMENTS, _segments(configuration)),
        "suggestions": (_SUGGESTIONS, _suggestions(configuration)),
        "segment_references": (
            {"segment_id": TEXT, "referenced_segment_id": TEXT},
            [(s.id, other) for s in _ordered(configuration) for other in references(s)],
        ),
        "export_requests": ({"segment_id": TEXT, "fields": TEXT}, _exports(configuration)),
    }
    return tuple(
        ConfigurationTable(name, dict(columns), tuple(tuple(row) for row in rows))
        for name, (columns, rows) in builders.items()
    )


def _ordered(configuration: Configuration) -> tuple[Segment, ...]:
    return in_dependency_order(configuration.segments)


_RUN: Final = {
    "as_of": "DATE",
    "ends_at": "TIMESTAMP",
    "definition_hash": TEXT,
    "techniques_hash": TEXT,
    "time_zone": TEXT,
    "currency": TEXT,
    "rate_direction": TEXT,
    "max_accounts": COUNT,
    "dormant_after_days": COUNT,
    "deal_amount_basis": TEXT,
    "frequency_basis": TEXT,
    "organization_name": TEXT,
    "allow_late": FLAG,
    "engine": TEXT,
}


def _run(configuration: Configuration, moment: Moment) -> tuple[Any, ...]:
    organization, modules = configuration.organization, configuration.modules
    deals, rfm = modules.deals, configuration.techniques.rfm
    return (
        moment.as_of,
        end_of_day(moment),
        definition_hash(configuration),
        techniques_hash(configuration),
        organization.time_zone,
        organization.currency,
        organization.rate_direction,
        configuration.limits.max_accounts,
        modules.accounts.dormant_after_days,
        deals.amount_from if isinstance(deals, DealsModule) else "deal",
        "deals" if rfm is None else rfm.frequency.basis,
        organization.name,
        organization.allow_late,
    )


_STAGES: Final = {
    "pipeline": TEXT,
    "stage": TEXT,
    "category": TEXT,
    "probability": DECIMAL,
}


def _stages(configuration: Configuration) -> list[tuple[Any, ...]]:
    deals = configuration.modules.deals
    if not isinstance(deals, DealsModule):
        return []
    pipelines: dict[str | None, Stages] = {}
    if deals.stages is not None:
        pipelines[None] = deals.stages
    for name, stages in (deals.pipelines or {}).items():
        pipelines[fold(name)] = stages
    return [
        (pipeline, fold(entry.stage), category, entry.probability)
        for pipeline, stages in pipelines.items()
        for category, entries in stages.by_category().items()
        for entry in entries
    ]


def _inactive_statuses(configuration: Configuration) -> list[tuple[Any, ...]]:
    accounts: AccountsModule = configuration.modules.accounts
    return [(status,) for status in dict.fromkeys(fold(s) for s in accounts.inactive_statuses)]


def _synonyms(configuration: Configuration) -> list[tuple[Any, ...]]:
    firmographics = configuration.techniques.firmographics
    found: dict[str, str] = {}
    for industry, synonyms in (
        {} if firmographics is None else firmographics.industry_synonyms
    ).items():
        for synonym in (industry, *synonyms):
            found[fold(synonym)] = industry
    return list(found.items())


_FIELDS: Final = {
    "module": TEXT,
    "field": TEXT,
    "type": TEXT,
    "is_custom": FLAG,
    "source_column": TEXT,
}


def _fields(configuration: Configuration) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    mapped = configuration.modules.mapped()
    for name, known in MODULES.items():
        module = mapped.get(name)
        forms = {} if module is None else module.fields
        for field in known.fields:
            form = forms.get(field.name)
            column = form.column if isinstance(form, ColumnField) else None
            rows.append((name, field.name, field.type.value, False, column))
        for custom_name, custom in ({} if module is None else module.custom).items():
            rows.append((name, custom_name, custom.type.value, True, custom.column))
    return rows


def _techniques(configuration: Configuration) -> list[tuple[Any, ...]]:
    active = configuration.techniques.active()
    return [(technique, technique in active) for technique in TECHNIQUES]


def _steps(configuration: Configuration) -> list[tuple[Any, ...]]:
    steps = scope_steps(configuration.global_criteria)
    return [(position, describe(step)) for position, step in enumerate(steps, start=1)]


_METRICS: Final = {"metric": TEXT, "levels": COUNT, "method": TEXT, "field": TEXT}


def _metrics(configuration: Configuration) -> list[tuple[Any, ...]]:
    rfm = configuration.techniques.rfm
    if rfm is None or not rfm.active:
        return []
    fields = {"recency": rfm.recency.field, "frequency": None, "monetary": rfm.monetary.field}
    return [(m, rfm.metric(m).levels, rfm.metric(m).method, fields[m]) for m in METRICS]


_THRESHOLDS: Final = {
    "metric": TEXT,
    "score": COUNT,
    "threshold": DECIMAL,
    "is_inclusive": FLAG,
}


def _thresholds(configuration: Configuration) -> list[tuple[Any, ...]]:
    rfm = configuration.techniques.rfm
    if rfm is None or not rfm.active:
        return []
    return [
        (metric, step.score, step.threshold, step.is_inclusive)
        for metric in METRICS
        for step in score_steps(rfm, metric)
    ]


_RFM_LABELS: Final = {
    "label_id": TEXT,
    "position": COUNT,
    **{f"{metric}_{end}": COUNT for metric in METRICS for end in ("low", "high")},
}


def _rfm_labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    rfm = configuration.techniques.rfm
    if rfm is None or not rfm.active:
        return []
    return [
        (f"rfm.{label.id}", position, *label.recency, *label.frequency, *label.monetary)
        for position, label in enumerate(rfm.labels, start=1)
    ]


_LABELS: Final = {
    "label_id": TEXT,
    "technique": TEXT,
    "name": TEXT,
    "position": COUNT,
    "description": TEXT,
}


def _labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (f"{technique}.{label.id}", technique, label.name, position, label.description)
        for technique, definition in configuration.techniques.active().items()
        for position, label in enumerate(definition.labels, start=1)
    ]


_RECOMMENDATIONS: Final = {
    "is_active": FLAG,
    "horizon_days": COUNT,
    "most_products": COUNT,
    "largest_basket": COUNT,
    "sampled_accounts": COUNT,
    "min_lift": DECIMAL,
}


def _recommendations(configuration: Configuration) -> tuple[Any, ...]:
    chosen = configuration.techniques.recommendations
    settings = chosen or Recommendations()
    return (
        chosen is not None and chosen.active,
        settings.horizon_days,
        settings.most_products,
        settings.largest_basket,
        settings.sampled_accounts,
        settings.min_lift,
    )


_CONDITIONS: Final = {
    "label_id": TEXT,
    "kind": TEXT,
    "combine": TEXT,
    "recommendation_type": TEXT,
    "product_id": TEXT,
    "other_product_id": TEXT,
    "probability": DECIMAL,
}


def _conditions(configuration: Configuration) -> list[tuple[Any, ...]]:
    """Return what labels ask of recommendations: a row per type and product, null for all."""
    chosen = configuration.techniques.recommendations
    rows: list[tuple[Any, ...]] = []
    if chosen is None or not chosen.active:
        return rows
    for label in chosen.labels:
        for name, condition in label.types.given().items():
            for product, other in asked_products(condition):
                rows.append(
                    (f"recommendations.{label.id}", label.kind, label.combine, name, product,
                     other, condition.probability)
                )  # fmt: skip
    return rows


_SEGMENTS: Final = {
    "segment_id": TEXT,
    "name": TEXT,
    "description": TEXT,
    "nature": TEXT,
    "frame": TEXT,
    "parent_segment_id": TEXT,
    "position": COUNT,
    "definition_hash": TEXT,
    "label_rules_hash": TEXT,
    "publish_as_filter": FLAG,
    "uses_attributes": FLAG,
    "uses_measures": FLAG,
    "uses_rfm": FLAG,
    "uses_segments": FLAG,
    "uses_relative_dates": FLAG,
    "uses_events": FLAG,
}


def _segments(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (
            segment.id,
            segment.name,
            segment.description,
            segment.nature,
            segment.frame,
            segment.parent,
            position,
            segment_hash(segment),
            label_rules_hash(segment, configuration),
            segment.publish_as_filter,
            *causes_of(segment, configuration),
        )
        for position, segment in enumerate(_ordered(configuration), start=1)
    ]


_SUGGESTIONS: Final = {
    "suggestion_id": TEXT,
    "name": TEXT,
    "description": TEXT,
    "position": COUNT,
    "criteria": TEXT,
}


def _suggestions(configuration: Configuration) -> list[tuple[Any, ...]]:
    """Return the proposals with their criteria as JSON, which is YAML that can be pasted."""
    return [
        (s.id, s.name, s.description, position, json.dumps(meaning(s)["where"]))
        for position, s in enumerate(suggested_segments(configuration), start=1)
    ]


def _exports(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (
            request.segment,
            json.dumps(request.fields if request.fields == "all" else list(request.fields)),
        )
        for request in configuration.exports
    ]
