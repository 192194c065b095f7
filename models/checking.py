"""What makes a well-formed configuration a valid one: references, limits, criteria (TEC-8).

Every check returns problems with their paths; none stops at the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from models.binding import Binder
from models.catalogue import Place
from models.criteria import PSEUDO_LABELS
from models.engagement import range_cautions, range_problems
from models.feed_cautions import feed_cautions
from models.fields import FieldType, module_place
from models.module_checks import module_problems
from models.modules import AbsentModule
from models.predictions import prediction_problems
from models.problems import Caution, Path, Problem, choose_from, repeated
from models.recommendations import label_problems
from models.registry import RuleLabel, registry_problems
from models.rfm import METRICS, Rfm
from models.sales_readiness import criterion_problems
from models.score_steps import score_cautions, score_problems
from models.segments import segment_problems
from models.text import fold
from models.voice_of_customer import CompetitorPreference, IntentPreference, VoiceOfCustomer
from models.voice_patterns import PatternTooWideError, alternatives

if TYPE_CHECKING:
    from models.configuration import Configuration


def configuration_problems(configuration: Configuration) -> list[Problem]:
    """Return everything wrong with a well-formed configuration."""
    return [
        *module_problems(configuration),
        *_label_count_problems(configuration),
        *_label_identity_problems(configuration),
        *_rfm_problems(configuration),
        *_other_technique_problems(configuration),
        *prediction_problems(configuration.predictions, ("predictions",)),
        *registry_problems(
            configuration.labels, [p.id for p in configuration.predictions], ("labels",)
        ),
        *_readiness_problems(configuration),
        *_segment_count_problems(configuration),
        *segment_problems(configuration.segments),
        *_criteria_problems(configuration),
        *_export_problems(configuration),
    ]


def configuration_cautions(configuration: Configuration) -> tuple[Caution, ...]:
    """Return what is doubtful but does not stop a run: gaps and overlaps (RFM-11, ENG-10)."""
    found: list[Caution] = []
    techniques = configuration.techniques
    if techniques.rfm is not None:
        for metric in METRICS:
            found += score_cautions(techniques.rfm, metric, ("techniques", "rfm", metric))
    if techniques.engagement is not None:
        found += range_cautions(techniques.engagement, ("techniques", "engagement", "labels"))
    if "engagement" in techniques.active() and not configuration.modules.events:
        message = "without modules.events no account has a signal: every score is 0 (ENG-11)"
        found.append(Caution(("techniques", "engagement"), "no_events", message))
    for name in ("products", "deal_lines"):
        if name not in configuration.modules.mapped():
            message = f"without {name}, recommendations and product figures are off (CON-2)"
            found.append(Caution(("modules", name), "no_products", message))
    found += feed_cautions(configuration.modules.events)
    return tuple(found)


def _label_count_problems(configuration: Configuration) -> Iterator[Problem]:
    limits = configuration.limits
    bounds = {
        "rfm": (1, limits.max_rfm_labels, "RFM-22"),
        "firmographics": (
            limits.min_firmographic_labels,
            limits.max_firmographic_labels,
            "FIR-2",
        ),
        "engagement": (limits.min_engagement_labels, limits.max_engagement_labels, "ENG-4"),
        "voice_of_customer": (1, limits.max_voice_of_customer_labels, "TEC-8"),
        "recommendations": (
            limits.min_recommendation_labels,
            limits.max_recommendation_labels,
            "REC-17",
        ),
    }
    for technique, (least, most, rule) in bounds.items():
        definition = getattr(configuration.techniques, technique)
        if definition is None:
            continue
        found = len(definition.labels)
        if technique == "voice_of_customer" and not definition.active and not found:
            continue
        if not least <= found <= most:
            message = f"{found} labels; at least {least} and at most {most} are allowed ({rule})"
            yield Problem(("techniques", technique, "labels"), message)


def _label_identity_problems(configuration: Configuration) -> Iterator[Problem]:
    """Ids and names are unique in a technique; names ignoring case (TEC-11)."""
    for technique in type(configuration.techniques).model_fields:
        definition = getattr(configuration.techniques, technique)
        labels = () if definition is None else definition.labels
        place = ("techniques", technique, "labels")
        yield from repeated(labels, place, "TEC-11")
        for position, label in enumerate(labels):
            if label.id in PSEUDO_LABELS:
                message = f"{label.id!r} is reserved for accounts without one"
                yield Problem((*place, position, "id"), message)


def _rfm_problems(configuration: Configuration) -> Iterator[Problem]:
    rfm = configuration.techniques.rfm
    if rfm is None:
        return
    place: Path = ("techniques", "rfm")
    if isinstance(configuration.modules.deals, AbsentModule) and rfm.active:
        yield Problem((*place, "active"), "RFM needs deals, which modules.deals declares absent")
    for metric in METRICS:
        yield from score_problems(rfm, metric, (*place, metric))
    yield from _metric_field_problems(configuration, rfm, place)
    for position, label in enumerate(rfm.labels):
        for metric in METRICS:
            levels, (low, high) = rfm.metric(metric).levels, getattr(label, metric)
            is_any = (low, high) == (1, 5)
            if high > levels and not is_any:
                message = (
                    f"label {label.id!r} asks for {metric} {low} to {high}, but the metric has "
                    f"levels: {levels} (RFM-7); write labels that fit"
                )
                yield Problem((*place, "labels", position, metric), message)


def _metric_field_problems(
    configuration: Configuration, rfm: Rfm, place: Path
) -> Iterator[Problem]:
    deals = configuration.catalogue.related["deals"]
    dates = [f.name for f in deals.values() if f.type is FieldType.DATE]
    # A probability has the type of an amount, but it is none.
    amounts = [
        f.name for f in deals.values() if f.type is FieldType.AMOUNT and f.name != "probability"
    ]
    if rfm.recency.field not in dates:
        message = (
            f"{rfm.recency.field!r} is no date of deals{choose_from(rfm.recency.field, dates)}"
        )
        yield Problem((*place, "recency", "field"), message)
    if rfm.monetary.field not in amounts:
        advice = choose_from(rfm.monetary.field, amounts)
        message = f"{rfm.monetary.field!r} is no amount of deals{advice}"
        yield Problem((*place, "monetary", "field"), message)
    if rfm.frequency.basis != "deals" and "deal_lines" not in configuration.modules.mapped():
        message = f"basis {rfm.frequency.basis} counts deal_lines, which are not mapped (RFM-4)"
        yield Problem((*place, "frequency", "basis"), message)


def _other_technique_problems(configuration: Configuration) -> Iterator[Problem]:
    techniques = configuration.techniques
    if techniques.engagement is not None:
        yield from range_problems(techniques.engagement, ("techniques", "engagement", "labels"))
    if techniques.recommendations is not None:
        for position, label in enumerate(techniques.recommendations.labels):
            place = ("techniques", "recommendations", "labels", position)
            yield from label_problems(label, configuration.limits, place)
    if techniques.voice_of_customer is not None:
        yield from _voice_problems(techniques.voice_of_customer)


def _voice_problems(voice: VoiceOfCustomer) -> Iterator[Problem]:
    for position, label in enumerate(voice.labels):
        place = ("techniques", "voice_of_customer", "labels", position, "where")
        try:
            alternatives(label.where)
        except PatternTooWideError as error:
            yield Problem(place, str(error))
        for preference in label.preferences():
            if isinstance(preference, IntentPreference):
                if preference.intent not in voice.intent_names:
                    advice = choose_from(preference.intent, voice.intent_names)
                    yield Problem(place, f"no intent {preference.intent!r}{advice}")
            elif isinstance(preference, CompetitorPreference):
                yield from _competitor_problems(preference, voice, place)


def _competitor_problems(
    preference: CompetitorPreference, voice: VoiceOfCustomer, place: Path
) -> Iterator[Problem]:
    if not voice.competitors:
        yield Problem(place, "a competitor is asked for, but competitors is empty (VOC-9)")
        return
    for name in () if preference.competitor == "any" else preference.competitor:
        if fold(name) not in voice.competitor_names:
            advice = choose_from(name, [c.name for c in voice.competitors])
            yield Problem(place, f"no competitor {name!r}{advice}")


def _readiness_problems(configuration: Configuration) -> Iterator[Problem]:
    """What the sales-ready score needs must be there (SRS-3)."""
    readiness = configuration.sales_readiness
    if readiness is None:
        return
    place: Path = ("sales_readiness",)
    yield from criterion_problems(readiness, place)
    known = [prediction.id for prediction in configuration.predictions]
    if readiness.active and readiness.prediction not in known:
        message = f"no question {readiness.prediction!r}{choose_from(readiness.prediction, known)}"
        yield Problem((*place, "prediction"), message)
    if readiness.active and "engagement" not in configuration.techniques.active():
        message = (
            "the sales-ready score is built on engagement, and the technique is off; set "
            "techniques.engagement: {active: true}, or sales_readiness.active: false"
        )
        yield Problem((*place, "active"), message)


def _segment_count_problems(configuration: Configuration) -> Iterator[Problem]:
    found, most = len(configuration.segments), configuration.limits.max_segments
    if most is not None and found > most:
        message = f"{found} segments; at most {most} are allowed (limits.max_segments, SEG-6)"
        yield Problem(("segments",), message)


def _criteria_problems(configuration: Configuration) -> Iterable[Problem]:
    binder = Binder(configuration.catalogue, configuration.limits)
    if configuration.global_criteria is not None:
        binder.bind(configuration.global_criteria, Place.SCOPE, path=("global_criteria",))
    for name, module in configuration.modules.mapped().items():
        if module.where is not None:
            binder.bind(module.where, Place.ROWS, name, (*module_place(name), "where"))
    techniques = configuration.techniques
    if techniques.rfm is not None and techniques.rfm.where is not None:
        binder.bind(techniques.rfm.where, Place.RELATED, "deals", ("techniques", "rfm", "where"))
    firmographics = techniques.firmographics
    for position, label in enumerate(() if firmographics is None else firmographics.labels):
        path: Path = ("techniques", "firmographics", "labels", position, "where")
        binder.bind(label.where, Place.SCOPE, path=path)
    for position, prediction in enumerate(configuration.predictions):
        if prediction.deals is not None:
            path = ("predictions", position, "deals")
            binder.bind(prediction.deals, Place.RELATED, "deals", path)
    readiness = configuration.sales_readiness
    for position, criterion in enumerate(() if readiness is None else readiness.ideal_customer):
        path = ("sales_readiness", "ideal_customer", position, "where")
        binder.bind(criterion.where, Place.SCOPE, path=path)
    for position, segment in enumerate(configuration.segments):
        binder.bind(segment.where, Place.SEGMENT, path=("segments", position, "where"))
    return [*binder.problems, *_rule_problems(configuration)]


def _rule_problems(configuration: Configuration) -> Iterable[Problem]:
    """Criteria of registered labels, which know neither each other nor segments (LBL-4)."""
    binder = Binder(configuration.registry_catalogue, configuration.limits)
    for position, label in enumerate(configuration.labels):
        if isinstance(label, RuleLabel):
            for part in ("where", "unless"):
                node = getattr(label, part)
                if node is not None:
                    binder.bind(node, Place.SEGMENT, path=("labels", position, part))
    return binder.problems


def _export_problems(configuration: Configuration) -> Iterator[Problem]:
    ids = [segment.id for segment in configuration.segments]
    known = [*configuration.catalogue.scored_accounts]
    known += [f"{technique}_label" for technique in configuration.techniques.active()]
    most = configuration.limits.max_export_fields
    for position, request in enumerate(configuration.exports):
        place = ("exports", position)
        if request.segment not in ids:
            message = f"no segment {request.segment!r}{choose_from(request.segment, ids)}"
            yield Problem((*place, "segment"), message, f"segment {request.segment}")
        if request.fields == "all":
            continue
        if len(request.fields) > most:
            message = f"{len(request.fields)} fields; at most {most} (limits.max_export_fields)"
            yield Problem((*place, "fields"), message)
        for index, name in enumerate(request.fields):
            if name not in known:
                message = f"no field {name!r}{choose_from(name, known)}"
                yield Problem((*place, "fields", index), message)
            elif name in request.fields[:index]:
                yield Problem((*place, "fields", index), f"{name!r} is listed twice")
