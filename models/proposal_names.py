"""Names that make `init` guess a role or a field; every guess is marked for a person to confirm.

Beside MAP-4 (`models.standard_names`), which maps without asking: what stands here is likely, not
certain, and is therefore written into `abm.yaml` instead of being applied in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from models.standard_names import header_key

ROLE_WORDS: Final[Mapping[str, str]] = {
    "currency_rates": r"(currency|exchange|fx) ?rates?",
    "leads": r"leads?|lead captures?|web ?leads?|(form|lead) submissions?",
    "deal_lines": r"(deals?|orders?|opportunit(y|ies)|invoices?|sales) "
    r"(lines?|details?|items?|products?|line items?)|line ?items?|deal lines?",
    "accounts": r"accounts?|customers?|compan(y|ies)|clients?|organi[sz]ations?",
    "contacts": r"contacts?|persons?|people",
    "products": r"products?|articles?|items?|catalog(ue)?|skus?",
    "deals": r"deals?|opportunit(y|ies)|orders?|pipeline|sales|purchases?|transactions?|invoices?",
}
"""What tables of a role are called, as a pattern over the words of the table name."""

NOISE_WORDS: Final = frozenset({"data", "export", "exports", "all", "full", "master", "table"})
"""Words of a table name that say nothing about its role."""


def table_words(name: str) -> str:
    """Return the words of a table name that say what it holds, in small letters."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    while len(words) > 1 and words[-1] in NOISE_WORDS:
        words.pop()
    return " ".join(words)


def free_identifier(text: str, taken: set[str], otherwise: str) -> str:
    """Return an identifier that says what a text says, and add it to those that are taken.

    `otherwise` is what it is, or begins with, where the text has no letters to begin with.
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:50] or otherwise
    name = name if name[0].isalpha() else f"{otherwise}_{name}"
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free


PURCHASE_WORDS: Final = r"orders?|sales|purchases?|transactions?|invoices?"
"""Tables in which every row is a purchase already."""

GENERIC_FIELDS: Final = frozenset(
    {
        "account_type", "billing_city", "billing_code", "billing_country", "billing_state",
        "billing_street", "created_at", "currency", "deal_name", "is_active", "is_deleted",
        "modified_at", "owner_id", "phone", "status", "type",
    }
)  # fmt: skip
"""Fields that tables of every role have; they tell nothing about the role."""

GENERIC_HEADERS: Final = frozenset({"id", "name", "recordid", "hsobjectid", "title", "description"})

_GUESSES: Final[Mapping[str, Mapping[str, str]]] = {
    "accounts": {
        "account_id": "Customer ID|Client ID|Customer Number|Customer No|Client Number|Cust ID"
        "|Account Number|Account No|Organization ID|Organisation ID|Customer|Client|Account",
        "account_name": "Customer Name|Client Name|Organization|Organisation|Organization Name"
        "|Organisation Name|Customer|Client|Account",
        "created_at": "Created|Creation Date|Date Created|Customer Since|Signup Date|Since"
        "|Registration Date|Registered At|Onboarded At",
        "owner_id": "Owner|Account Owner|Account Manager|Sales Rep|Sales Agent",
        "website": "URL|Homepage|Web|Home Page",
        "industry": "Sector|Branch|Vertical|Line Of Business",
        "account_type": "Customer Type|Kind|Category",
        "employees": "Headcount|Staff|Company Size|Employee Number",
        "annual_revenue": "Revenue|Turnover|Annual Turnover|Yearly Revenue",
        "parent_account_id": "Subsidiary Of|Parent|Parent Company|Parent Account|Belongs To",
        "phone": "Telephone|Phone No",
        "billing_country": "Country Name|Country Code|Nation|Headquarters|Office Location"
        "|Location|Billing Address Country",
        "billing_state": "Region|Province|State Code",
        "billing_city": "Town|City Name",
        "billing_street": "Address 1|Address Line 1|Street Name",
        "billing_code": "ZIP/Postal|Post Code|Postcode",
        "status": "Customer Status|Lifecycle Stage|State Of Account",
        "contract_end_date": "Contract End Date|Contract Expiry|Expiry Date|Expiration Date"
        "|License End|Licence End|Subscription End|Subscription End Date|Valid Until",
    },
    "contacts": {
        "contact_id": "Contact|Person ID|Contact Number",
        "account_id": "Customer ID|Client ID|Company|Account|Customer|Organization ID|Account No",
        "email": "Mail Address|Contact Email|E Mail Address|Work Email|Email 1",
        "first_name": "First|Contact First Name",
        "last_name": "Last|Contact Last Name|Contact Name|Full Name|Name|Contact Person",
        "title": "Position|Role|Contact Title|Function|Job Designation",
        "phone": "Telephone|Mobile|Contact Phone",
        "is_primary": "Primary|Main Contact|Primary Contact",
        "email_opt_out": "Opt Out|Unsubscribed|Do Not Email",
    },
    "products": {
        "product_id": "Product|Item ID|Article ID|Article Number|Item Number|SKU|Product Number",
        "product_name": "Item|Item Name|Article|Title|Description|Product",
        "unit_price": "Sales Price|Retail Price|Suggested Retail Price|MSRP|Catalog Price",
        "category": "Series|Category Name|Category ID|Group|Product Group|Product Line|Type",
        "vendor": "Supplier ID|Supplier Name|Manufacturer|Brand",
        "quantity_in_stock": "Stock|In Stock|Inventory",
        "quantity_ordered": "Ordered",
    },
    "deals": {
        "deal_id": "Order ID|Order Number|Order No|Invoice ID|Invoice Number|Invoice No|Deal"
        "|Transaction ID|Purchase ID|Sale ID|Opportunity",
        "account_id": "Customer ID|Client ID|Cust ID|Company|Account|Customer|Client"
        "|Organization ID|Account No|Customer Number|Customer No",
        "stage": "Status|Deal Status|Order Status|State|Phase|Sales Stage",
        "closing_date": "Order Date|Invoice Date|Purchase Date|Transaction Date|Sale Date|Closed At"
        "|Closed Date|Closed On|Won Date|Date|Invoicedate",
        "created_at": "Created|Creation Date|Date Created|Engage Date|Opened At|Open Date"
        "|Start Date|Order Date",
        "deal_name": "Title|Subject|Opportunity",
        "contact_id": "Contact|Contact Person ID|Person ID",
        "amount": "Close Value|Value|Deal Value|Total|Total Amount|Order Total|Net Amount|Sum"
        "|Sales Amount|Dollar Value|Revenue|Price|Order Value|Invoice Total|Amount In Usd",
        "currency": "Currency|Curr",
        "exchange_rate": "Rate|FX Rate",
        "probability": "Win Probability|Chance|Confidence",
        "lead_source": "Source|Channel",
        "loss_reason": "Reason Lost|Lost Because|Loss Reason",
        "won_on": "Won At|Won On",
    },
    "deal_lines": {
        "deal_id": "Order ID|Order Number|Order No|Invoice ID|Invoice Number|Invoice No|Deal"
        "|Transaction ID|Opportunity",
        "product_id": "Product|Item ID|Article ID|Article Number|Item Number|SKU|Product Code|Item",
        "line_id": "Line Number|Line No|Item Row|Row ID",
        "quantity": "Units|Count|Amount Ordered",
        "unit_price": "Price Per Unit|Item Price",
        "discount_share": "Discount|Discount Rate",
        "line_amount": "Amount|Line Value|Total|Extended Price|Subtotal",
    },
    "currency_rates": {
        "currency": "Code|Currency",
        "valid_from": "Valid On|Day|From|Effective Date",
        "exchange_rate": "Value|FX Rate|Exchange",
    },
    "leads": {
        "lead_id": "Lead|Lead Number|Submission ID|Response ID",
        "captured_at": "Captured|Captured On|Capture Time|Submitted At|Submission Time|Submitted On"
        "|Form Submitted At|Lead Date|Created|Date",
        "lead_source": "Source|Channel|Origin|UTM Source",
        "campaign_kind": "Direction|Kind|Campaign Type|Lead Type",
        "path": "Journey|Steps|Click Path|Conversion Path|Visitor Path",
        "campaign_id": "Campaign|UTM Campaign",
        "email": "Mail Address|Work Email|E Mail Address",
        "phone": "Telephone|Mobile|Phone No",
        "first_name": "First",
        "last_name": "Last|Full Name|Name|Lead Name",
        "company_name": "Organization|Organisation|Employer|Account Name",
        "website": "URL|Homepage|Web",
        "country": "Country Name|Country Code|Nation",
        "converted_at": "Converted|Converted On|Conversion Date",
    },
}

GUESSED_NAMES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    module: {
        field: tuple(dict.fromkeys(header_key(text) for text in spellings.split("|")))
        for field, spellings in fields.items()
    }
    for module, fields in _GUESSES.items()
}
"""Header keys by module and field, the likeliest first."""

INVERTED_NAMES: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "products": {"is_active": frozenset({"discontinued", "isdiscontinued", "inactive", "retired"})}
}
"""Flags that say the opposite of the field."""

_LOST: Final = re.compile(
    r"\b(lost|loss|lose|dead|cancel\w*|abandon\w*|reject\w*|declin\w*|disqualif\w*|refus\w*"
    r"|churn\w*|unsuccessful\w*|no decision|not (won|renewed|sold|interested)|verloren|storniert"
    r"|perdue?s?|perdid\w*|annul\w*|refund\w*)\b|丢|输|失",
    re.I,
)
_WON: Final = re.compile(
    r"\b(won|win|renewed|sold|signed|paid|completed?|fulfilled|shipped|delivered|invoiced|purchased"
    r"|gewonnen|gagn\w*|ganad\w*|vint[oa]|success\w*)\b|赢|成交",
    re.I,
)


def stage_category(stage: str) -> str:
    """Return the category that the words of a stage suggest: won, lost or open."""
    # HubSpot writes `closedwon`, exports of databases `CLOSED_WON`.
    text = re.sub(r"[_\-]+|(?<=[a-z])(?=[A-Z])|(?<=closed)(?=won|lost)", " ", stage)
    if _LOST.search(text):
        return "lost"
    return "won" if _WON.search(text) else "open"
