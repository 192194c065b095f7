"""The configuration as tables: what dbt reads as the sources of schema `config`.

What a marketer edits reaches SQL as rows, never as text of a dbt model; the compiled criteria are
rows too. The tables exist with the same columns whatever is configured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, Final

from models.channels import CHANNEL_METRICS, EVENT_KINDS
from models.compilation import scope_steps
from models.configuration import (
    TECHNIQUES,
    Configuration,
    definition_hash,
    meaning,
    segment_hash,
)
from models.criteria import (
    RELATIVE_OPERATORS,
    FieldLeaf,
    LabelLeaf,
    RelatedLeaf,
    walk,
)
from models.describing import describe
from models.engagement import ENGAGEMENT_CHANNELS, Engagement
from models.expressions import Dialect
from models.fields import MODULES, feed_name
from models.modules import AccountsModule, ColumnField, DealsModule, Stages
from models.periods import Moment, end_of_day
from models.recommendations import Recommendations, asked_products
from models.rfm import METRICS
from models.score_steps import score_steps
from models.segments import Segment, in_dependency_order, references
from models.statements import compiled_criteria
from models.suggestions import suggested_segments
from models.text import fold
from models.voice_of_customer import (
    CompetitorPreference,
    IntentPreference,
    KeywordPreference,
    SentimentPreference,
    VoiceOfCustomer,
)
from models.voice_patterns import Single, alternatives, numbered_preferences

_TEXT, _COUNT, _FLAG = "VARCHAR", "BIGINT", "BOOLEAN"
_DECIMAL: Final = "DECIMAL(18,4)"

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
    builders: dict[str, tuple[dict[str, str], Iterable[tuple[Any, ...]]]] = {
        "run": (_RUN, [(*_run(configuration, moment), dialect)]),
        "stages": (_STAGES, _stages(configuration)),
        "inactive_statuses": ({"status": _TEXT}, _inactive_statuses(configuration)),
        "industry_synonyms": ({"synonym": _TEXT, "industry": _TEXT}, _synonyms(configuration)),
        "fields": (_FIELDS, _fields(configuration)),
        "techniques": ({"technique": _TEXT, "is_active": _FLAG}, _techniques(configuration)),
        "criteria": (
            {"criterion": _TEXT, "statement": _TEXT},
            compiled_criteria(configuration, moment, dialect).items(),
        ),
        "scope_steps": ({"position": _COUNT, "description": _TEXT}, _steps(configuration)),
        "rfm_metrics": (_METRICS, _metrics(configuration)),
        "rfm_thresholds": (_THRESHOLDS, _thresholds(configuration)),
        "rfm_labels": (_RFM_LABELS, _rfm_labels(configuration)),
        "recommendation_settings": (_RECOMMENDATIONS, [_recommendations(configuration)]),
        "recommendation_conditions": (_CONDITIONS, _conditions(configuration)),
        "event_feeds": (
            {"module": _TEXT, "channel": _TEXT},
            [(feed_name(f), m.channel) for f, m in configuration.modules.events.items()],
        ),
        "event_kinds": (_EVENT_KINDS, [astuple(kind) for kind in EVENT_KINDS]),
        "channel_metrics": (
            _CHANNEL_METRICS,
            [(*astuple(m), position) for position, m in enumerate(CHANNEL_METRICS, start=1)],
        ),
        "engagement_settings": (_ENGAGEMENT, [_engagement(configuration)]),
        "engagement_points": (_POINTS, _points(configuration)),
        "engagement_labels": (_RANGES, _engagement_labels(configuration)),
        **_voice_tables(configuration),
        "labels": (_LABELS, _labels(configuration)),
        "segments": (_SEGMENTS, _segments(configuration)),
        "suggestions": (_SUGGESTIONS, _suggestions(configuration)),
        "segment_references": (
            {"segment_id": _TEXT, "referenced_segment_id": _TEXT},
            [(s.id, other) for s in _ordered(configuration) for other in references(s)],
        ),
        "export_requests": ({"segment_id": _TEXT, "fields": _TEXT}, _exports(configuration)),
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
    "definition_hash": _TEXT,
    "time_zone": _TEXT,
    "currency": _TEXT,
    "rate_direction": _TEXT,
    "max_accounts": _COUNT,
    "dormant_after_days": _COUNT,
    "deal_amount_basis": _TEXT,
    "frequency_basis": _TEXT,
    "organization_name": _TEXT,
    "allow_late": _FLAG,
    "engine": _TEXT,
}


def _run(configuration: Configuration, moment: Moment) -> tuple[Any, ...]:
    organization, modules = configuration.organization, configuration.modules
    deals, rfm = modules.deals, configuration.techniques.rfm
    return (
        moment.as_of,
        end_of_day(moment),
        definition_hash(configuration),
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
    "pipeline": _TEXT,
    "stage": _TEXT,
    "category": _TEXT,
    "probability": _DECIMAL,
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
    "module": _TEXT,
    "field": _TEXT,
    "type": _TEXT,
    "is_custom": _FLAG,
    "source_column": _TEXT,
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


_METRICS: Final = {"metric": _TEXT, "levels": _COUNT, "method": _TEXT, "field": _TEXT}


def _metrics(configuration: Configuration) -> list[tuple[Any, ...]]:
    rfm = configuration.techniques.rfm
    if rfm is None or not rfm.active:
        return []
    fields = {"recency": rfm.recency.field, "frequency": None, "monetary": rfm.monetary.field}
    return [(m, rfm.metric(m).levels, rfm.metric(m).method, fields[m]) for m in METRICS]


_THRESHOLDS: Final = {
    "metric": _TEXT,
    "score": _COUNT,
    "threshold": _DECIMAL,
    "is_inclusive": _FLAG,
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
    "label_id": _TEXT,
    "position": _COUNT,
    **{f"{metric}_{end}": _COUNT for metric in METRICS for end in ("low", "high")},
}


def _rfm_labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    rfm = configuration.techniques.rfm
    if rfm is None or not rfm.active:
        return []
    return [
        (f"rfm.{label.id}", position, *label.recency, *label.frequency, *label.monetary)
        for position, label in enumerate(rfm.labels, start=1)
    ]


_EVENT_KINDS: Final = {
    "channel": _TEXT,
    "event": _TEXT,
    "engagement_event": _TEXT,
    "counts_once": _TEXT,
    "revokes": _TEXT,
    "is_attempt": _FLAG,
    "is_answer": _FLAG,
    "is_voice": _FLAG,
    "is_incoming": _FLAG,
}


_CHANNEL_METRICS: Final = {
    "channel": _TEXT,
    "metric": _TEXT,
    "tally": _TEXT,
    "basis": _TEXT,
    "over_tally": _TEXT,
    "over_basis": _TEXT,
    "position": _COUNT,
}

_ENGAGEMENT: Final = {
    "is_active": _FLAG,
    "points_for_full_score": _DECIMAL,
    "window_days": _COUNT,
    "half_life_days": _COUNT,
    "no_reaction_days": _COUNT,
}


def _engagement(configuration: Configuration) -> tuple[Any, ...]:
    chosen = configuration.techniques.engagement
    settings = chosen or Engagement()
    return (
        chosen is not None and chosen.active,
        settings.points_for_full_score,
        settings.window_days,
        settings.half_life_days,
        settings.no_reaction_days,
    )


_POINTS: Final = {
    "engagement_event": _TEXT,
    "engagement_channel": _TEXT,
    "points": _DECIMAL,
    "cap": _DECIMAL,
}


def _points(configuration: Configuration) -> list[tuple[Any, ...]]:
    """Return the events that give points: those of the channels that are on (ENG-3)."""
    chosen = configuration.techniques.engagement
    if chosen is None or not chosen.active:
        return []
    return [
        (event, channel, chosen.points_of(event), chosen.caps.get(channel))
        for event, channel in ENGAGEMENT_CHANNELS.items()
        if channel in chosen.channels
    ]


_RANGES: Final = {
    "label_id": _TEXT,
    "position": _COUNT,
    "score_low": _DECIMAL,
    "score_high": _DECIMAL,
}


def _engagement_labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    chosen = configuration.techniques.engagement
    if chosen is None or not chosen.active:
        return []
    return [
        (f"engagement.{label.id}", position, *label.range)
        for position, label in enumerate(chosen.labels, start=1)
    ]


_VOICE_CHANNELS: Final = {
    "email": ("email", "campaign"),
    "survey": ("survey",),
    "ticket": ("ticket",),
    "call": ("call",),
    "social": ("social",),
    "chat": ("chat",),
    "note": ("note",),
}
"""Channels whose texts each kind of response is made of (VOC-1)."""


def _voice_tables(
    configuration: Configuration,
) -> dict[str, tuple[dict[str, str], Iterable[tuple[Any, ...]]]]:
    """Return what labels ask of voices: settings, preferences, and how they are combined."""
    chosen = configuration.techniques.voice_of_customer
    is_active = chosen is not None and chosen.active
    voice = chosen or VoiceOfCustomer()
    numbers = numbered_preferences(voice) if is_active else {}
    labels = voice.labels if is_active else ()
    return {
        "voice_settings": (
            {
                "is_active": _FLAG,
                "window_months": _COUNT,
                "trend_months": _COUNT,
                "min_responses": _COUNT,
            },
            [(is_active, voice.window_months, voice.trend_months, voice.min_responses)],
        ),
        "voice_channels": (
            {"channel": _TEXT},
            [(c,) for source in voice.sources for c in _VOICE_CHANNELS[source] if is_active],
        ),
        "voice_preferences": (
            {
                "preference_number": _COUNT,
                "kind": _TEXT,
                "sentiment": _TEXT,
                "bound": _DECIMAL,
                "is_inclusive": _FLAG,
            },
            [(number, *_preference(single)) for single, number in numbers.items()],
        ),
        "voice_terms": (
            {"preference_number": _COUNT, "term": _TEXT},
            [(number, term) for single, number in numbers.items() for term in _terms(single)],
        ),
        "voice_patterns": (
            {
                "label_id": _TEXT,
                "alternative": _COUNT,
                "preference_number": _COUNT,
                "is_negated": _FLAG,
            },
            [
                (f"voice_of_customer.{label.id}", place, numbers[single], is_negated)
                for label in labels
                for place, found in enumerate(alternatives(label.where), start=1)
                for single, is_negated in found
            ],
        ),
    }


def _preference(single: Single) -> tuple[Any, ...]:
    """Return kind, sentiment, bound and whether the bound itself is enough (VOC-16 to VOC-19)."""
    if isinstance(single, IntentPreference):
        is_strict = single.above is not None
        return "intent", None, single.above if is_strict else single.at_least, not is_strict
    if isinstance(single, SentimentPreference):
        return "sentiment", single.sentiment, single.at_least, True
    if isinstance(single, KeywordPreference):
        return "keyword", single.sentiment, single.min_count, True
    is_strict = single.above is not None
    return "competitor", None, single.above if is_strict else single.at_least or 1, not is_strict


def _terms(single: Single) -> list[str]:
    """Return the intent, the folded keywords, or the folded competitors; none for any of them."""
    if isinstance(single, IntentPreference):
        return [single.intent]
    if isinstance(single, KeywordPreference):
        return [fold(keyword) for keyword in single.keywords]
    if isinstance(single, CompetitorPreference) and single.competitor != "any":
        return [fold(name) for name in single.competitor]
    return []


_LABELS: Final = {
    "label_id": _TEXT,
    "technique": _TEXT,
    "name": _TEXT,
    "position": _COUNT,
    "description": _TEXT,
}


def _labels(configuration: Configuration) -> list[tuple[Any, ...]]:
    return [
        (f"{technique}.{label.id}", technique, label.name, position, label.description)
        for technique, definition in configuration.techniques.active().items()
        for position, label in enumerate(definition.labels, start=1)
    ]


_RECOMMENDATIONS: Final = {
    "is_active": _FLAG,
    "horizon_days": _COUNT,
    "most_products": _COUNT,
    "largest_basket": _COUNT,
    "sampled_accounts": _COUNT,
    "min_lift": _DECIMAL,
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
    "label_id": _TEXT,
    "kind": _TEXT,
    "combine": _TEXT,
    "recommendation_type": _TEXT,
    "product_id": _TEXT,
    "other_product_id": _TEXT,
    "probability": _DECIMAL,
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
    "segment_id": _TEXT,
    "name": _TEXT,
    "description": _TEXT,
    "nature": _TEXT,
    "frame": _TEXT,
    "parent_segment_id": _TEXT,
    "position": _COUNT,
    "definition_hash": _TEXT,
    "publish_as_filter": _FLAG,
    "uses_attributes": _FLAG,
    "uses_measures": _FLAG,
    "uses_rfm": _FLAG,
    "uses_segments": _FLAG,
    "uses_relative_dates": _FLAG,
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
            segment.publish_as_filter,
            *_uses(segment, configuration),
        )
        for position, segment in enumerate(_ordered(configuration), start=1)
    ]


def _uses(segment: Segment, configuration: Configuration) -> tuple[bool, ...]:
    """Return what can move a segment's members: the causes its changes may have (BEY-2).

    Related records and what was learned count as measures, labels other than RFM as attributes.
    """
    attributes = measures = rfm = relative = False
    inside_related: set[int] = set()
    for _, node in walk(segment.where):
        if isinstance(node, RelatedLeaf):
            measures = True
            if node.where is not None:
                inside_related |= {id(inner) for _, inner in walk(node.where)}
        elif isinstance(node, LabelLeaf):
            rfm = rfm or node.label.startswith("rfm.")
            attributes = attributes or not node.label.startswith("rfm.")
        elif isinstance(node, FieldLeaf):
            relative = relative or node.operator in RELATIVE_OPERATORS
            if id(node) not in inside_related:
                origin = configuration.catalogue.scored_accounts[node.field].origin
                attributes = attributes or origin in ("canonical", "custom")
                measures = measures or origin in ("measure", "learned")
                rfm = rfm or origin == "score"
    return attributes, measures, rfm, bool(references(segment)), relative


_SUGGESTIONS: Final = {
    "suggestion_id": _TEXT,
    "name": _TEXT,
    "description": _TEXT,
    "position": _COUNT,
    "criteria": _TEXT,
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
