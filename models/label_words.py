"""What gives a label, in words: of every technique and of the registry (LBL-4)."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from models.definition import LabelDefinition
from models.describing import describe, value_text
from models.engagement import EngagementLabel
from models.firmographics import FirmographicLabel
from models.recommendations import (
    BundleCondition,
    ProductCondition,
    RecommendationLabel,
    asked_products,
)
from models.registry import EnsembleLabel, ModelLabel, RuleLabel, label_rule
from models.rfm import METRICS, RfmLabel
from models.voice_of_customer import (
    AllPreferences,
    AnyPreference,
    CompetitorPreference,
    IntentPreference,
    KeywordPreference,
    NotPreference,
    Preference,
    SentimentPreference,
    VoiceLabel,
)


def technique_label_words(label: LabelDefinition) -> str:
    """Return what gives a label of a technique.

    Raises:
        TypeError: the label is of no technique.
    """
    if isinstance(label, FirmographicLabel):
        return describe(label.where)
    if isinstance(label, EngagementLabel):
        return _range_words(*label.range)
    if isinstance(label, RfmLabel):
        spans = {metric: getattr(label, metric) for metric in METRICS}
        return ", ".join(f"{metric} {low} to {high}" for metric, (low, high) in spans.items())
    if isinstance(label, VoiceLabel):
        return _preference_words(label.where)
    if isinstance(label, RecommendationLabel):
        return _recommendation_words(label)
    raise TypeError(f"{type(label).__name__} is no label of a technique")


def registered_label_words(label: RuleLabel | ModelLabel | EnsembleLabel) -> str:
    """Return what gives a registered label."""
    rule = label_rule(label)
    if rule is not None:
        return describe(rule)
    assert isinstance(label, EnsembleLabel)
    if label.vote is not None:
        votes = [f"{m.prediction} at {m.at_least}" for m in label.models]
        return f"more than half of: {', '.join(votes)}"
    parts = [f"{m.weight} x {m.prediction}" for m in label.models]
    return f"{' + '.join(parts)} is at least {label.at_least}"


def _range_words(low: Decimal, high: Decimal) -> str:
    """Which scores are in a range: its upper end is not, but for 100 (ENG-10)."""
    until = value_text(high) if high == 100 else f"below {value_text(high)}"
    return f"engagement score from {value_text(low)} to {until}"


def _preference_words(preference: Preference) -> str:
    """What customers must say (VOC-15 to VOC-19)."""
    if isinstance(preference, AllPreferences):
        return " and ".join(map(_grouped_words, preference.all))
    if isinstance(preference, AnyPreference):
        return " or ".join(map(_grouped_words, preference.any))
    if isinstance(preference, NotPreference):
        return f"not ({_preference_words(preference.negated)})"
    if isinstance(preference, IntentPreference):
        share = _bound_words(preference.above, preference.at_least)
        return f"{share} % of responses have the intent {preference.intent}"
    if isinstance(preference, SentimentPreference):
        if preference.at_least is None:
            return f"{preference.sentiment} responses have the largest share"
        return (
            f"at least {value_text(preference.at_least)} % of responses are {preference.sentiment}"
        )
    if isinstance(preference, KeywordPreference):
        kind = "" if preference.sentiment is None else f"{preference.sentiment} "
        words = value_text(preference.keywords)
        return f"{kind}responses with any of: {words}: at least {preference.min_count}"
    if isinstance(preference, CompetitorPreference):
        least = 1 if preference.at_least is None else preference.at_least
        count = _bound_words(preference.above, least)
        names = preference.competitor
        whom = "a competitor" if names == "any" else f"any of: {value_text(names)}"
        return f"responses that mention {whom}: {count}"
    assert_never(preference)


def _grouped_words(preference: Preference) -> str:
    words = _preference_words(preference)
    is_pattern = isinstance(preference, AllPreferences | AnyPreference)
    return f"({words})" if is_pattern else words


def _bound_words(above: Decimal | int | None, at_least: Decimal | int | None) -> str:
    if above is not None:
        return f"more than {value_text(above)}"
    return f"at least {value_text(at_least)}"


def _recommendation_words(label: RecommendationLabel) -> str:
    """Which probabilities must be reached, or must not be exceeded (REC-21)."""
    conditions = [
        f"{name.replace('_', ' ')} of {_product_words(condition)}"
        f" at {'most' if label.kind == 'cold' else 'least'} {value_text(condition.probability)} %"
        for name, condition in label.types.given().items()
    ]
    if label.kind == "cold":
        return f"every probability that there is: {', '.join(conditions)}"
    return f"{label.combine} of: {', '.join(conditions)}"


def _product_words(condition: ProductCondition | BundleCondition) -> str:
    asked = asked_products(condition)
    if asked == ((None, None),):
        return "any two products" if isinstance(condition, BundleCondition) else "any product"
    return " or ".join(" with ".join(product for product in pair if product) for pair in asked)
