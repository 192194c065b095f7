"""The canonical modules and their fields: the input contract of the whole system (MAP, section 2).

Holds the closed catalogue of modules, fields and types that every source is mapped onto at the
door. Landed Parquet has exactly these columns, staging reads exactly these columns, and the
criteria language resolves names against them. Add a field here first, then in the staging dbt
model of its module. Never put here how a source spells a field: that is the user's mapping.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

_FEED_MARK: Final = "."


class FieldType(StrEnum):
    """Logical type of a field, with its exact column type on both engines.

    TEXT is NFC, trimmed and never empty (empty becomes null). AMOUNT is DECIMAL(18,4), exact
    money. RATE is DECIMAL(20,10). TIMESTAMP is UTC without zone, microseconds. DATE is never
    shifted between time zones (EDG-2).
    """

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"
    RATE = "rate"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"

    @property
    def sql(self) -> str:
        """Column type as both engines spell it (Spark reads VARCHAR as STRING)."""
        return _SQL_TYPES[self]


_SQL_TYPES: Final = {
    FieldType.TEXT: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.AMOUNT: "DECIMAL(18,4)",
    FieldType.RATE: "DECIMAL(20,10)",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.TIMESTAMP: "TIMESTAMP",
}


class Need(StrEnum):
    """How much a field is needed.

    KEY: must be mapped, a row without it goes to quarantine. REQUIRED: must be mapped (or declared
    unknown), a row without it is kept and reported. OPTIONAL: may be left out.
    """

    KEY = "key"
    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Field:
    """One canonical field of a module.

    `references` names the module whose key this field must be found in (LKP-1).
    """

    name: str
    type: FieldType
    description: str
    need: Need = Need.OPTIONAL
    references: str | None = None


@dataclass(frozen=True)
class Module:
    """One canonical module: a role (MAP-1), or one of the tables beside the roles.

    The events of one integration are a *feed*; its module is `events.<feed>` (`module_named`).

    `key` is the column that identifies a record; a module without one (deal lines without an own
    id) is replaced parent by parent (`parent`).
    """

    name: str
    description: str
    fields: tuple[Field, ...]
    key: str | None
    is_role: bool = False
    parent: str | None = None

    def field(self, name: str) -> Field:
        """Return the field of that name; KeyError when the module has none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of all canonical fields, in contract order."""
        return tuple(field.name for field in self.fields)

    @property
    def contract(self) -> str:
        """Name of the contract: that of the module, of a feed `events`."""
        return contract_of(self.name)


_T, _I, _A, _R = FieldType.TEXT, FieldType.INTEGER, FieldType.AMOUNT, FieldType.RATE
_B, _D, _TS = FieldType.BOOLEAN, FieldType.DATE, FieldType.TIMESTAMP

_MODIFIED = Field("modified_at", _TS, "When the record was last changed in the CRM.")
_DELETED = Field("is_deleted", _B, "Soft-delete flag of the CRM (EDG-11).")

ACCOUNTS: Final = Module(
    "accounts",
    "Customer companies: what is segmented (MAP-5).",
    (
        Field("account_id", _T, "Key of the account, exact text (EDG-20).", Need.KEY),
        Field("account_name", _T, "Name of the account.", Need.REQUIRED),
        Field("created_at", _TS, "When the account was created in the CRM.", Need.REQUIRED),
        Field("owner_id", _T, "User who owns the account."),
        Field("website", _T, "Website of the account."),
        Field("industry", _T, "Industry, as the CRM says it; normalised by FIR-7."),
        Field("account_type", _T, "Type of account, such as customer or partner."),
        Field("employees", _I, "Number of employees."),
        Field("annual_revenue", _A, "The account's own yearly revenue."),
        Field("ownership", _T, "Organisation status, such as public or private."),
        Field("rating", _T, "Rating given in the CRM."),
        Field("parent_account_id", _T, "Parent account (EDG-16).", references="accounts"),
        Field("phone", _T, "Phone number."),
        Field("billing_country", _T, "Country of the billing address."),
        Field("billing_state", _T, "State of the billing address."),
        Field("billing_city", _T, "City of the billing address."),
        Field("billing_street", _T, "Street of the billing address."),
        Field("billing_code", _T, "Postal code of the billing address."),
        Field("currency", _T, "Currency of the account, ISO 4217."),
        Field("status", _T, "Status; inactive ones leave the scope (GLC-7)."),
        _MODIFIED,
        _DELETED,
        Field("merged_into_id", _T, "Survivor of a merge (EDG-12).", references="accounts"),
        Field("contract_end_date", _D, "Last day of the running contract."),
    ),
    key="account_id",
    is_role=True,
)

CONTACTS: Final = Module(
    "contacts",
    "Persons at accounts: whom engagement reaches (MAP-5).",
    (
        Field("contact_id", _T, "Key of the contact.", Need.KEY),
        Field("account_id", _T, "Account of the contact.", Need.REQUIRED, "accounts"),
        Field("email", _T, "Mail address.", Need.REQUIRED),
        Field("first_name", _T, "First name."),
        Field("last_name", _T, "Last name."),
        Field("title", _T, "Job title."),
        Field("phone", _T, "Phone number."),
        Field("is_primary", _B, "Primary contact of the account."),
        Field("email_opt_out", _B, "Has opted out of mail (EDG-19)."),
        Field("created_at", _TS, "When the contact was created."),
        _MODIFIED,
        _DELETED,
    ),
    key="contact_id",
    is_role=True,
)

PRODUCTS: Final = Module(
    "products",
    "Things sold: feed recommendations and product filters (MAP-5).",
    (
        Field("product_id", _T, "Key of the product.", Need.KEY),
        Field("product_name", _T, "Name of the product.", Need.REQUIRED),
        Field("product_code", _T, "Code of the product."),
        Field("unit_price", _A, "List price."),
        Field("quantity_in_stock", _A, "Quantity in stock."),
        Field("quantity_ordered", _A, "Quantity ordered."),
        Field("vendor", _T, "Vendor."),
        Field("category", _T, "Category."),
        Field("is_active", _B, "Sold today; inactive ones are never recommended (REC-11)."),
        _MODIFIED,
        _DELETED,
    ),
    key="product_id",
    is_role=True,
)

DEALS: Final = Module(
    "deals",
    "Sales opportunities: source of recency, frequency and monetary value (MAP-5).",
    (
        Field("deal_id", _T, "Key of the deal.", Need.KEY),
        Field("account_id", _T, "Account of the deal.", Need.REQUIRED, "accounts"),
        Field("stage", _T, "Stage; its category decides the state (EDG-5).", Need.REQUIRED),
        Field("closing_date", _D, "Date the deal closed or is expected to.", Need.REQUIRED),
        Field("created_at", _TS, "When the deal was created.", Need.REQUIRED),
        Field("deal_name", _T, "Name of the deal."),
        Field("contact_id", _T, "Main contact of the deal.", references="contacts"),
        Field("amount", _A, "Amount in the deal's currency; negative for refunds (RFM-31)."),
        Field("currency", _T, "Currency of the amount, ISO 4217; empty means base currency."),
        Field("exchange_rate", _R, "Rate stored with the deal (EDG-4)."),
        Field("discount", _A, "Discount amount."),
        Field("probability", _A, "Probability of winning, 0 to 100."),
        Field("type", _T, "New or existing business, renewal."),
        Field("pipeline", _T, "Pipeline; stage names are read per pipeline (EDG-5)."),
        Field("campaign_source_id", _T, "Campaign the deal came from."),
        Field("lead_source", _T, "Source of the lead."),
        Field("loss_reason", _T, "Why the deal was lost."),
        Field("won_on", _D, "Date the stage became won, if the CRM knows it (RFM-32)."),
        _MODIFIED,
        _DELETED,
    ),
    key="deal_id",
    is_role=True,
)

DEAL_LINES: Final = Module(
    "deal_lines",
    "Products of deals: one row per line item (LKP-4, LKP-8).",
    (
        Field("deal_id", _T, "Deal of the line.", Need.KEY, "deals"),
        Field("product_id", _T, "Product of the line.", Need.REQUIRED, "products"),
        Field("line_id", _T, "Key of the line, where the CRM has one."),
        Field("quantity", _A, "Quantity."),
        Field("unit_price", _A, "Price per unit in the deal's currency."),
        Field("discount_share", _A, "Discount of the line as a share, 0 to 1."),
        Field("line_amount", _A, "Amount of the line; else quantity x price less discount."),
        _MODIFIED,
        _DELETED,
    ),
    key=None,
    parent="deal_id",
)

CURRENCY_RATES: Final = Module(
    "currency_rates",
    "Exchange rates by day, for deals without a rate of their own (EDG-4).",
    (
        Field("currency", _T, "Currency, ISO 4217.", Need.KEY),
        Field("valid_from", _D, "First day the rate holds.", Need.REQUIRED),
        Field("exchange_rate", _R, "Rate, as organization.rate_direction says.", Need.REQUIRED),
    ),
    key=None,
    parent="currency",
)

LEADS: Final = Module(
    "leads",
    "Persons who came to us or were listed, as captured, with the path they took (HYG-5, HYG-7).",
    (
        Field("lead_id", _T, "Key of the lead.", Need.KEY),
        Field("captured_at", _TS, "When the lead was captured.", Need.REQUIRED),
        Field("lead_source", _T, "Where the lead came from.", Need.REQUIRED),
        Field("campaign_kind", _T, "Kind of campaign: inbound, outbound or one of your own."),
        Field("path", _T, "Steps from search term or list to the form: step > step > step."),
        Field("campaign_id", _T, "Campaign the lead came from."),
        Field("email", _T, "Mail address."),
        Field("phone", _T, "Phone number."),
        Field("first_name", _T, "First name."),
        Field("last_name", _T, "Last name."),
        Field("company_name", _T, "Company, as the lead says it."),
        Field("website", _T, "Website of the company."),
        Field("country", _T, "Country of the company."),
        Field("contact_id", _T, "Contact the CRM made of it.", references="contacts"),
        Field("account_id", _T, "Account the CRM put it to.", references="accounts"),
        Field("converted_at", _TS, "When the CRM made a contact of it."),
        _MODIFIED,
        _DELETED,
    ),
    key="lead_id",
)

EVENTS: Final = Module(
    "events",
    "What happened over every channel: mails, calls, surveys, webinars, visits, tickets (INT-4).",
    (
        Field("event_id", _T, "Key of the event in its source (ENG-13).", Need.KEY),
        Field("event", _T, "What happened, as the channel calls it (INT-4).", Need.REQUIRED),
        Field("occurred_at", _TS, "When it happened.", Need.REQUIRED),
        Field("ingested_at", _TS, "When the source learned of it (INT-7)."),
        Field("contact_id", _T, "Contact it happened with (INT-6).", references="contacts"),
        Field("contact_email", _T, "Mail address of the contact, used where the id is unknown."),
        Field("account_id", _T, "Account, where no contact is known.", references="accounts"),
        Field("direction", _T, "incoming when the customer acted, else outgoing."),
        Field("message_id", _T, "Mail, survey, webinar, conference or ticket it is about."),
        Field("message_name", _T, "Name of the survey, webinar, conference or document."),
        Field("campaign_id", _T, "Campaign it belongs to."),
        Field("subject", _T, "Subject of the mail or ticket."),
        Field("body", _T, "Text: of the mail, comment, ticket or chat."),
        Field("score", _I, "Answer to how likely the customer is to recommend us, 0 to 10."),
        Field("duration_seconds", _I, "How long it took, in seconds."),
        Field("duration_minutes", _I, "How long it took, in minutes."),
        Field("page_count", _I, "Pages looked at."),
        Field("page", _T, "Page or document."),
        Field("referrer", _T, "Where the visitor came from."),
        Field("amount", _A, "Price of the ticket, in base currency."),
        Field("priority", _T, "Priority of the ticket."),
        Field("bounce_type", _T, "hard or soft."),
        Field("participant_role", _T, "attendee, speaker or sponsor."),
        Field("is_machine", _B, "Done by a machine, as the source says (ENG-13)."),
        Field("is_follow_up", _B, "The mail follows up on an earlier one (ENG-7)."),
        _MODIFIED,
        _DELETED,
    ),
    key="event_id",
)

MODULES: Final = MappingProxyType(
    {
        module.name: module
        for module in (ACCOUNTS, CONTACTS, PRODUCTS, DEALS, DEAL_LINES, CURRENCY_RATES, LEADS)
    }
)
"""The modules of a CRM by name, in landing order."""

LANDED_MODULES: Final = MappingProxyType({**MODULES, EVENTS.name: EVENTS})
"""Every landed table by name: the modules of the CRM, then the events of all feeds."""


def feed_name(feed: str) -> str:
    """Return the name under which one feed of events lands: `events.<feed>`."""
    return f"{EVENTS.name}{_FEED_MARK}{feed}"


def contract_of(name: str) -> str:
    """Return the name of the contract a module or feed lands by: `events` for `events.<feed>`."""
    return name.partition(_FEED_MARK)[0]


def module_place(name: str) -> tuple[str, ...]:
    """Return where a module or feed stands in the configuration, as a path of keys."""
    return ("modules", *name.split(_FEED_MARK, 1))


def module_named(name: str) -> Module:
    """Return a module, or one feed of events (`events.<feed>`), by name; KeyError when unknown."""
    known = LANDED_MODULES[contract_of(name)]
    return known if known.name == name else replace(known, name=name)


LANDING_COLUMNS: Final = MappingProxyType(
    {
        "custom_fields": "MAP(VARCHAR, VARCHAR)",
        "load_id": "VARCHAR",
        "load_sequence": "BIGINT",
        "source_file": "VARCHAR",
        "source_row": "BIGINT",
    }
)
"""Columns every landed table has after its canonical fields, with their types.

`custom_fields` holds the mapped custom fields in canonical text: ISO dates and timestamps, plain
decimals, `true`/`false`. `source_row` counts records in the file from 1, header excluded.
"""
