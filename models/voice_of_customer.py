"""The voice-of-customer technique as configured: signals of responses as labels (VOC)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from models.definition import Definition, Identifier, LabelDefinition, PlainText
from models.text import fold

STANDARD_INTENTS: Final = ("request", "query", "complaint", "purchase")
"""Intents every engine knows (VOC-6)."""

Share = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]
ResponseCount = Annotated[int, Field(ge=0, le=1_000_000)]
Sentiment = Literal["positive", "negative", "neutral"]
Term = Annotated[PlainText, StringConstraints(min_length=1, max_length=200)]


class IntentPreference(Definition):
    """Share of the account's analysed responses that have an intent (VOC-17)."""

    intent: Identifier
    """Standard or custom intent."""
    above: Share | None = None
    """Percentage, strictly more."""
    at_least: Share | None = None
    """Percentage, this or more."""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.at_least is None):
            raise ValueError("an intent needs a percentage: above or at_least")
        return self


class SentimentPreference(Definition):
    """The sentiment with the largest share, or one that reaches a share (VOC-18)."""

    sentiment: Sentiment
    """The sentiment."""
    at_least: Share | None = None
    """Percentage it must reach; without it the largest share decides, a tie is neutral."""


class KeywordPreference(Definition):
    """Responses that contain one of the listed keywords (VOC-19)."""

    keywords: Annotated[tuple[Term, ...], Field(min_length=1, max_length=1000)]
    """Words or phrases."""
    sentiment: Sentiment | None = None
    """Only responses with this sentiment."""
    min_count: Annotated[ResponseCount, Field(ge=1)] = 1
    """Responses at least."""


class CompetitorPreference(Definition):
    """Responses that mention a competitor (VOC-9, VOC-16)."""

    competitor: Annotated[tuple[Term, ...], Field(min_length=1)] | Literal["any"]
    """Names from the competitor list, or `any`."""
    above: ResponseCount | None = None
    """Number of responses, strictly more."""
    at_least: ResponseCount | None = None
    """Number of responses, this or more; 1 by default."""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if self.above is not None and self.at_least is not None:
            raise ValueError("give above or at_least, not both")
        return self


class AllPreferences(Definition):
    """Every preference holds."""

    all: Annotated[tuple[Preference, ...], Field(min_length=1, max_length=50)]
    """The preferences."""


class AnyPreference(Definition):
    """At least one preference holds."""

    any: Annotated[tuple[Preference, ...], Field(min_length=1, max_length=50)]
    """The preferences."""


class NotPreference(Definition):
    """The preference does not hold."""

    negated: Annotated[Preference, Field(alias="not")]
    """The preference."""


_KINDS: Final = {
    "all": AllPreferences,
    "any": AnyPreference,
    "not": NotPreference,
    "intent": IntentPreference,
    "keywords": KeywordPreference,
    "competitor": CompetitorPreference,
    "sentiment": SentimentPreference,
}


def _kind(raw: object) -> str | None:
    if isinstance(raw, Mapping):
        return next((f"<{kind}>" for kind in _KINDS if kind in raw), None)
    return next((f"<{kind}>" for kind, type_ in _KINDS.items() if isinstance(raw, type_)), None)


Preference = Annotated[
    Annotated[AllPreferences, Tag("<all>")]
    | Annotated[AnyPreference, Tag("<any>")]
    | Annotated[NotPreference, Tag("<not>")]
    | Annotated[IntentPreference, Tag("<intent>")]
    | Annotated[KeywordPreference, Tag("<keywords>")]
    | Annotated[CompetitorPreference, Tag("<competitor>")]
    | Annotated[SentimentPreference, Tag("<sentiment>")],
    Discriminator(
        _kind,
        custom_error_type="preference",
        custom_error_message="expected one of: " + ", ".join(_KINDS),
    ),
]
"""One preference of a label, or a pattern of them (VOC-15)."""

Single = IntentPreference | SentimentPreference | KeywordPreference | CompetitorPreference
"""A preference that is no pattern."""

for _pattern in (AllPreferences, AnyPreference, NotPreference):
    _pattern.model_rebuild()


class VoiceLabel(LabelDefinition):
    """A label given by what customers say; at least one preference (VOC-15)."""

    where: Preference
    """The preference, or a pattern of preferences."""

    def preferences(self) -> tuple[Single, ...]:
        """Return the single preferences of the pattern, in order."""
        return tuple(_singles(self.where))


def _singles(preference: Preference) -> list[Single]:
    if isinstance(preference, AllPreferences):
        return [single for child in preference.all for single in _singles(child)]
    if isinstance(preference, AnyPreference):
        return [single for child in preference.any for single in _singles(child)]
    if isinstance(preference, NotPreference):
        return _singles(preference.negated)
    return [preference]


class CompetitorAlias(Definition):
    """A name that a competitor goes by, and when it means it (VOC-10)."""

    alias: Term
    """The name; it is found as whole words, ignoring case."""
    needs_capital: bool = False
    """Only with a capital first letter: for a name that is an ordinary word (Monday)."""
    needs_context: bool = False
    """Only after a comparing or using word (switch to, than, use, 比, 用)."""


def _spelling(raw: object) -> str:
    return "<alias>" if isinstance(raw, Mapping | CompetitorAlias) else "<text>"


Alias = Annotated[
    Annotated[Term, Tag("<text>")] | Annotated[CompetitorAlias, Tag("<alias>")],
    Discriminator(_spelling),
]


class Competitor(Definition):
    """A competitor and the names it goes by (VOC-9, VOC-10)."""

    name: Term
    """Name of the competitor; it is searched as well."""
    aliases: Annotated[tuple[Alias, ...], Field(max_length=1000)] = ()
    """Other names that mean it; a name, or a mapping of alias, needs_capital, needs_context."""
    needs_capital: bool = False
    """Of the name itself: only with a capital first letter."""
    needs_context: bool = False
    """Of the name itself: only after a comparing or using word."""

    @property
    def spellings(self) -> tuple[CompetitorAlias, ...]:
        """The name and its aliases, each with when it means the competitor (VOC-10)."""
        own = CompetitorAlias(
            alias=self.name, needs_capital=self.needs_capital, needs_context=self.needs_context
        )
        others = (
            one if isinstance(one, CompetitorAlias) else CompetitorAlias(alias=one)
            for one in self.aliases
        )
        return (own, *others)


class VoiceOfCustomer(Definition):
    """The voice-of-customer technique."""

    active: bool = True
    """Whether the technique is on."""
    sources: Annotated[
        tuple[Literal["email", "survey", "ticket", "call", "social", "chat", "note"], ...],
        Field(min_length=1),
    ] = ("email", "survey", "ticket")
    """Kinds of responses that are read (VOC-1)."""
    engine: Literal["untrained", "trained", "lexicon"] = "untrained"
    """Which engine reads them (VOC-14)."""
    languages: Annotated[tuple[Literal["en", "zh", "de", "es", "fr"], ...], Field(min_length=1)] = (
        "en",
        "zh",
    )
    """Languages that are analysed (VOC-11)."""
    intents: tuple[Identifier, ...] = ()
    """Custom intents beside request, query, complaint and purchase (VOC-6)."""
    competitors: tuple[Competitor, ...] = ()
    """Competitor list; empty switches the competitor part off (VOC-9)."""
    window_months: Annotated[int, Field(ge=1, le=60)] = 6
    """Months of responses that labels and charts look at (VOC-12)."""
    trend_months: Annotated[int, Field(ge=1, le=60)] = 3
    """Months of the customer trend (VOC-12)."""
    mention_days: Annotated[int, Field(ge=1, le=1000)] = 90
    """Days in which a deal closes that follows the mention of a competitor (VOC-23)."""
    min_responses: Annotated[int, Field(ge=1, le=1000)] = 3
    """Analysed responses an account needs for a label (VOC-20)."""
    labels: tuple[VoiceLabel, ...] = ()
    """Labels in order; none is shipped (TEC-8)."""

    @property
    def intent_names(self) -> tuple[str, ...]:
        """Standard and custom intents."""
        return STANDARD_INTENTS + self.intents

    @property
    def competitor_names(self) -> frozenset[str]:
        """Names of the competitor list, folded."""
        return frozenset(fold(competitor.name) for competitor in self.competitors)
