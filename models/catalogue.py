"""What criteria may speak of: fields with their types, by place; labels and segments.

Built from a configuration: canonical fields, its custom fields, the measures and scores that the
warehouse computes. Identifiers in SQL come from here and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from models.criteria import RELATED_MODULES
from models.fields import EVENTS, LANDING_COLUMNS, MODULES, FieldType, Module, Need, module_named
from models.modules import Modules

FieldOrigin = Literal["canonical", "custom", "measure", "score", "learned", "related"]


class Place(StrEnum):
    """Where a tree stands; decides what it may refer to.

    SCOPE: global criteria and label criteria, on accounts with measures. SEGMENT: also scores,
    labels and segments. RELATED: records of one module, with what the warehouse adds to them
    (contribution, quantifiers). ROWS: landed rows of one module (the row filter of a mapping).
    """

    SCOPE = "scope"
    SEGMENT = "segment"
    RELATED = "related"
    ROWS = "rows"


@dataclass(frozen=True)
class CatalogueField:
    """A field criteria may use. `is_exact`: identifiers, compared with case (EDG-20)."""

    name: str
    type: FieldType
    origin: FieldOrigin
    description: str
    is_exact: bool = False


def _computed(origin: FieldOrigin, *rows: tuple[str, FieldType, str]) -> tuple[CatalogueField, ...]:
    return tuple(
        CatalogueField(name, type_, origin, text, is_exact=name.endswith("_id"))
        for name, type_, text in rows
    )


_I, _A, _D, _T = FieldType.INTEGER, FieldType.AMOUNT, FieldType.DATE, FieldType.TEXT
_B, _TS = FieldType.BOOLEAN, FieldType.TIMESTAMP
RECOMMENDATIONS: Final = "recommendations"
PREDICTIONS: Final = "predictions"
RESPONSES: Final = "responses"
RESPONSE_SIGNALS: Final = "response_signals"
_VOICE_IS_OFF: Final = "the technique is off; set techniques.voice_of_customer: {active: true}"
COMPUTED_MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        EVENTS.name: "no feed of events is mapped; map one under modules.events",
        RESPONSES: _VOICE_IS_OFF,
        RESPONSE_SIGNALS: _VOICE_IS_OFF,
        RECOMMENDATIONS: "the technique is off; set techniques.recommendations: {active: true}",
        PREDICTIONS: "no question is asked; write one under predictions",
    }
)
"""Related records that are made from accounts in scope, and so told in segments and registered
labels only. With what to do where there are none."""

MEASURES: Final = _computed(
    "measure",
    ("won_deal_count", _I, "Won deals closed by as_of."),
    ("lost_deal_count", _I, "Lost deals."),
    ("open_deal_count", _I, "Open deals."),
    ("contact_count", _I, "Contacts of the account."),
    ("purchase_count", _I, "Purchases by as_of, refunds not counted (RFM-31)."),
    ("revenue_amount", _A, "Won amount by as_of in base currency, refunds netted (EDG-6)."),
    ("revenue_12_months_amount", _A, "The same over the past 12 months."),
    ("open_pipeline_amount", _A, "Amount of open deals in base currency."),
    ("expected_pipeline_amount", _A, "Amount of open deals times their probability."),
    ("first_purchase_on", _D, "Date of the first purchase."),
    ("last_purchase_on", _D, "Date of the last purchase."),
    ("last_activity_on", _D, "Date of the last activity."),
)
"""Measures of accounts, by the names and types all engines compute them."""

SCORES: Final = _computed(
    "score",
    ("recency_score", _I, "RFM recency score; 5 is best, null when unscored."),
    ("frequency_score", _I, "RFM frequency score."),
    ("monetary_score", _I, "RFM monetary score."),
)
"""Scores of accounts; in segments only."""

ENGAGED: Final = _computed(
    "measure",
    ("engagement_score", _A, "Engagement, 0 to 100 (ENG-8); null while the technique is off."),
    ("engagement_trend", _A, "Engagement score less that of 90 days earlier (ENG-14)."),
    ("has_no_signal", _B, "No event of the account in the window (ENG-11)."),
    ("last_engaged_on", _D, "Day its people last did something."),
)
"""Engagement of accounts; in segments only."""

LEARNED: Final = _computed(
    "learned",
    (
        "purchase_probability",
        _A,
        "Probability of buying anything within the horizon, 0 to 100; null while off (REC-20).",
    ),
)
"""What was learned of accounts; in segments only."""

HEARD: Final = _computed(
    "measure",
    ("response_count", _I, "Analysed responses in the window (VOC-17); null for none."),
    ("positive_response_count", _I, "Positive ones of them."),
    ("negative_response_count", _I, "Negative ones of them."),
    ("leading_sentiment", _T, "positive, negative or neutral: the largest share (VOC-18)."),
    ("last_response_on", _D, "Day of the last analysed response."),
    (
        "promoter_state",
        _T,
        "new_promoter, stays_promoter, detractor_to_promoter, new_detractor, stays_detractor or "
        "promoter_to_detractor (VOC-22); null for none.",
    ),
)
"""What the people of accounts say; in segments only."""

READIED: Final = _computed(
    "measure",
    ("sales_ready_score", _A, "Sales-ready score, 0 to 100 (SRS-3); null while it is off."),
    (
        "sales_ready_state",
        _T,
        "nurture, ready, handed_off, accepted or converted (SRS-5); null while it is off.",
    ),
)
"""Where accounts stand between marketing and sales; in segments only."""

SEASONAL: Final = _computed(
    "measure",
    ("purchase_count_24_months", _I, "Won deals above 0 of the past 24 months."),
    (
        "holiday_purchase_share",
        FieldType.RATE,
        "Share of their amount within 21 days before a holiday, 0 to 1 (LBL-6); null without them.",
    ),
)
"""When accounts buy; in segments only."""

REACHED: Final = _computed(
    "measure",
    (
        "preferred_channel",
        _T,
        "Channel they answer on most often, of five attempts or more (ACC-6); null for none.",
    ),
    ("last_contacted_on", _D, "Day of our last attempt to reach its people."),
    ("mailable_contact_count", _I, "Contacts with a valid mail, not opted out, not blocked."),
    ("opted_out_contact_count", _I, "Contacts who opted out of mail (EDG-19)."),
)
"""How people of accounts are reached; in segments only."""

IDENTIFIED: Final = _computed(
    "measure",
    ("data_quality_score", _A, "Share of the checks passed, 0 to 100 (HYG-4)."),
    ("duplicate_count", _I, "Accounts that may be the same (ACC-9)."),
)
"""How clean the data of accounts are; in segments only."""

COMPUTED: Final = (
    *SCORES,
    *ENGAGED,
    *HEARD,
    *LEARNED,
    *READIED,
    *SEASONAL,
    *REACHED,
    *IDENTIFIED,
)
"""What the techniques say of accounts; in segments only."""

RELATED_FIELDS: Final[Mapping[str, tuple[CatalogueField, ...]]] = MappingProxyType(
    {
        "contacts": (),
        "deals": _computed(
            "related",
            ("state", _T, "open, won or lost (EDG-5)."),
            ("base_amount", _A, "Amount in base currency (EDG-4)."),
        ),
        "deal_lines": _computed(
            "related",
            ("account_id", _T, "Account of the deal."),
            ("product_name", _T, "Name of the product."),
            ("product_category", _T, "Category of the product."),
            ("state", _T, "State of the deal."),
            ("closing_date", _D, "Closing date of the deal."),
            ("base_line_amount", _A, "Amount of the line in base currency."),
        ),
        EVENTS.name: _computed(
            "related",
            ("account_id", _T, "Account."),
            ("contact_id", _T, "Contact it happened with; null where only the account is known."),
            ("channel", _T, "email, call, survey, webinar, event, website, ticket and so on."),
            ("event", _T, "What happened, by the names of INT-4, such as opened."),
            ("direction", _T, "incoming when the customer acted, else outgoing."),
            ("occurred_on", _D, "Local day on which it happened."),
            ("occurred_at", _TS, "When it happened."),
            ("message_id", _T, "Mail, survey, webinar, conference or ticket it is about."),
            ("message_name", _T, "Name of the survey, webinar, conference or document."),
            ("campaign_id", _T, "Campaign it belongs to."),
            ("subject", _T, "Subject of the mail or ticket."),
            ("score", _I, "Answer to how likely they are to recommend us, 0 to 10."),
            ("duration_seconds", _I, "How long it took, in seconds."),
            ("page_count", _I, "Pages looked at."),
            ("page", _T, "Page or document."),
            ("referrer", _T, "Where the visitor came from."),
            ("amount", _A, "Price of the ticket, in base currency."),
            ("priority", _T, "Priority of the ticket."),
            ("bounce_type", _T, "hard or soft."),
            ("participant_role", _T, "attendee, speaker or sponsor."),
            ("is_follow_up", _B, "The mail follows up on an earlier one (ENG-7)."),
        ),
        RESPONSES: _computed(
            "related",
            ("account_id", _T, "Account."),
            ("contact_id", _T, "Contact who wrote it; null where only the account is known."),
            ("channel", _T, "Where it was written, such as email or ticket."),
            ("occurred_on", _D, "Local day on which it was written."),
            ("language", _T, "Language of the text, ISO 639-1."),
            ("sentiment", _T, "positive, negative or neutral (VOC-5); null when not analysed."),
            ("sentiment_score", _A, "How positive it is, -1 to 1."),
            ("emotion", _T, "One of the eight emotions (VOC-7)."),
            ("is_analysed", _B, "It has text in a language that is read (VOC-11)."),
        ),
        RESPONSE_SIGNALS: _computed(
            "related",
            ("account_id", _T, "Account."),
            ("contact_id", _T, "Contact who wrote it; null where only the account is known."),
            ("channel", _T, "Where it was written."),
            ("occurred_on", _D, "Local day on which it was written."),
            ("kind", _T, "sentiment, intent, keyword or competitor (VOC-4)."),
            ("signal", _T, "Which one: complaint, a keyword, the name of a competitor."),
            ("signal_sentiment", _T, "Sentiment of the words around it; null for none."),
        ),
        RECOMMENDATIONS: _computed(
            "related",
            ("account_id", _T, "Account."),
            ("recommendation_type", _T, "first_purchase, next_purchase, cross_sell and so on."),
            ("product_id", _T, "Product that is recommended."),
            ("product_name", _T, "Its name."),
            ("source_product_id", _T, "Product that points at it; of a bundle, its other half."),
            ("recommendation_rank", _I, "Place among those of the type, 1 for the best."),
            ("recommendation_probability", _A, "Probability of buying it, 0 to 100 (REC-20)."),
            ("due_on", _D, "Day the next purchase is due (REC-6)."),
            ("is_overdue", _B, "That day has passed."),
            ("is_in_open_deal", _B, "An open deal holds the product already."),
        ),
        PREDICTIONS: _computed(
            "related",
            ("account_id", _T, "Account."),
            ("prediction_id", _T, "Question that is asked (PRD-1)."),
            ("prediction_probability", _A, "How likely the answer is yes, 0 to 100 (PRD-3)."),
            ("verdict", _T, "likely_to_win or likely_to_lose (PRD-4)."),
            ("lift", _A, "Probability over that of all accounts (PRD-2)."),
        ),
    }
)
"""What the warehouse adds to the fields of related records."""


@dataclass(frozen=True)
class Catalogue:
    """Fields by place and module, labels and segments that criteria may refer to."""

    accounts: Mapping[str, CatalogueField]
    scored_accounts: Mapping[str, CatalogueField]
    related: Mapping[str, Mapping[str, CatalogueField]]
    rows: Mapping[str, Mapping[str, CatalogueField]]
    labels: Mapping[str, str] = field(default_factory=dict)
    """`<technique>.<label id>` of active techniques, pseudo-labels included -> its name."""
    segments: frozenset[str] = frozenset()

    def fields(self, place: Place, module: str = "accounts") -> Mapping[str, CatalogueField]:
        """Return the fields a tree at that place may use, by name."""
        if place is Place.SEGMENT:
            return self.scored_accounts
        if place is Place.SCOPE:
            return self.accounts
        return self.related[module] if place is Place.RELATED else self.rows[module]


def build_catalogue(
    modules: Modules,
    labels: Mapping[str, str],
    segments: frozenset[str],
    absent: Collection[str] = (),
) -> Catalogue:
    """Return the catalogue of a configuration's modules, labels and segments.

    `absent` names the related records of COMPUTED_MODULES that this configuration has none of.
    """
    names = dict.fromkeys((*MODULES, *modules.mapped()))
    rows = {name: module_fields(modules, module_named(name)) for name in names}
    accounts = {**rows["accounts"], **{f.name: f for f in MEASURES}}
    return Catalogue(
        accounts=MappingProxyType(accounts),
        scored_accounts=MappingProxyType({**accounts, **{f.name: f for f in COMPUTED}}),
        related=MappingProxyType(
            {
                name: MappingProxyType(
                    {**rows.get(name, {}), **{f.name: f for f in RELATED_FIELDS[name]}}
                )
                for name in RELATED_MODULES
                if name not in absent
            }
        ),
        rows=MappingProxyType(rows),
        labels=MappingProxyType(dict(labels)),
        segments=segments,
    )


def module_fields(modules: Modules, module: Module) -> Mapping[str, CatalogueField]:
    """Return the canonical and custom fields of one module by name."""
    found = {
        f.name: CatalogueField(
            f.name,
            f.type,
            "canonical",
            f.description,
            is_exact=f.type is FieldType.TEXT
            and (f.need is Need.KEY or f.references is not None or f.name.endswith("_id")),
        )
        for f in module.fields
    }
    mapped = modules.mapped().get(module.name)
    for name, custom in {} if mapped is None else mapped.custom.items():
        found[name] = CatalogueField(name, custom.type, "custom", f"Custom field {name}.")
    return MappingProxyType(found)


def reserved_names(module: str) -> frozenset[str]:
    """Return the names a custom field of a module may not take."""
    names = {f.name for f in RELATED_FIELDS.get(module, ())}
    names |= {*module_named(module).field_names, *LANDING_COLUMNS}
    if module == "accounts":
        names |= {f.name for f in (*MEASURES, *COMPUTED)}
    return frozenset(names)
