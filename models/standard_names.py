"""How the exports of Zoho, Salesforce and HubSpot spell the canonical fields (MAP-4).

Spellings are compared without case, blanks, `_`, `-`, `.` and brackets. A spelling stands here
only when it names exactly that field in its module: a doubtful one would map data wrongly, a
missing one only asks for a line in the configuration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_IGNORED = re.compile(r"[\s_\-./()\[\]#%:]+")


def header_key(header: str) -> str:
    """Return a header as headers are compared: NFC, lower case, without blanks and marks.

    HubSpot's `property_` in front of a field name is left out too.
    """
    lowered = unicodedata.normalize("NFC", header).casefold().removeprefix("property_")
    return _IGNORED.sub("", lowered)


_CREATED: Final = {
    "created_at": "Created Time|Created Date|Create Date|Createdate|hs_createdate|Created On",
}
_AUDIT: Final = {
    "modified_at": "Modified Time|Last Modified Date|Last Modified Time|SystemModstamp"
    "|hs_lastmodifieddate|Updated At|Last Modified On",
    "is_deleted": "Is Deleted|Deleted|Archived",
}

_SPELLINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "accounts": {
        **_CREATED,
        **_AUDIT,
        "account_id": "Id|Record Id|hs_object_id|Company ID",
        "account_name": "Account Name|Name|Company Name|Company",
        "owner_id": "Account Owner Id|Owner Id|Account Owner.id|hubspot_owner_id|Company Owner",
        "website": "Company Domain Name|Domain|Website URL|Web Site",
        "industry": "Primary Industry",
        "account_type": "Account Type|Type",
        "employees": "No. of Employees|Number Of Employees|Numberofemployees|Employee Count",
        "annual_revenue": "Annualrevenue",
        "parent_account_id": "Parent Account.id|Parent Id|Parent Account Id|Parent Company ID"
        "|hs_parent_company_id",
        "phone": "Phone Number",
        "billing_country": "Country|Country/Region|Billing Country/Region",
        "billing_state": "State|State/Region|Billing State/Province",
        "billing_city": "City",
        "billing_street": "Street|Street Address|Address",
        "billing_code": "Postal Code|Zip|Zip Code|Billing Postal Code|Billing Zip|Billing Zip Code",
        "currency": "Currency Iso Code|Account Currency|Currency Code",
        "status": "Account Status",
        "merged_into_id": "Master Record Id",
        "contract_end_date": "Contract End|Renewal Date",
    },
    "contacts": {
        **_CREATED,
        **_AUDIT,
        "contact_id": "Id|Record Id|hs_object_id|Vid",
        "account_id": "Account Name.id|AccountId|Associated Company ID|Associated Company IDs"
        "|associatedcompanyid|Primary Associated Company ID|Company ID",
        "email": "Email Address|E-mail|Mail",
        "first_name": "Firstname|Given Name",
        "last_name": "Lastname|Family Name|Surname",
        "title": "Job Title|Jobtitle",
        "phone": "Phone Number",
        "email_opt_out": "Has Opted Out Of Email|Unsubscribed From All Email|hs_email_optout",
    },
    "products": {
        **_AUDIT,
        "product_id": "Id|Record Id|hs_object_id",
        "product_name": "Name",
        "product_code": "SKU|hs_sku",
        "unit_price": "Price|List Price",
        "quantity_in_stock": "Qty in Stock|Units In Stock",
        "quantity_ordered": "Qty Ordered|Units On Order",
        "vendor": "Vendor Name|Supplier",
        "category": "Product Category|Family|Product Family|hs_product_type",
        "is_active": "Product Active|Active",
    },
    "deals": {
        **_CREATED,
        **_AUDIT,
        "deal_id": "Id|Record Id|hs_object_id|Opportunity Id",
        "account_id": "Account Name.id|Associated Company ID|Associated Company IDs|Company ID"
        "|Primary Associated Company ID",
        "stage": "Deal Stage|Stage Name|Dealstage",
        "closing_date": "Close Date|Closedate|Expected Close Date",
        "deal_name": "Name|Opportunity Name|Dealname",
        "contact_id": "Contact Name.id|Primary Contact Id|Associated Contact ID"
        "|Associated Contact IDs",
        "amount": "Deal Amount",
        "currency": "Currency Iso Code|Deal Currency Code|Currency Code",
        "probability": "Probability (%)|Deal Probability|hs_deal_stage_probability",
        "type": "Deal Type|Opportunity Type|Dealtype",
        "pipeline": "Deal Pipeline",
        "campaign_source_id": "Campaign Source.id|Campaign Id",
        "lead_source": "Original Source",
        "loss_reason": "Reason For Loss|Closed Lost Reason|Lost Reason|Reason For Loss (Lost)",
    },
    "events": {
        **_AUDIT,
        "event_id": "Id|Record Id|hs_object_id",
        "event": "Event Type",
        "occurred_at": "Occurred At|Event Time|Timestamp|hs_timestamp",
        "ingested_at": "Ingested At|Received By Us At",
        "contact_id": "Contact Name.id|Who Id|Who Id.id",
        "contact_email": "Recipient|Email|Email Address|Recipient Email|From Address",
        "account_id": "Account Name.id|Company ID",
        "message_id": "Thread Id|Ticket Id|Webinar Id|Survey Id|Conference Id",
        "message_name": "Survey|Webinar|Conference|Document",
        "body": "Comment|Description|Visitor Text|Text|hs_email_text|Content",
        "score": "NPS|NPS Score",
        "duration_minutes": "Minutes Attended",
        "duration_seconds": "Seconds On Site|Call Duration",
        "page_count": "Pages",
        "page": "Landing Page|URL",
        "amount": "Ticket Amount",
    },
    "deal_lines": {
        **_AUDIT,
        "deal_id": "Opportunity Id|Deal.id|Parent Id.id|Associated Deal ID|Associated Deal IDs",
        "product_id": "Product2Id|Product Name.id|hs_product_id",
        "line_id": "Id|Record Id|hs_object_id|Line Item Id",
        "quantity": "Qty",
        "unit_price": "Sales Price|List Price|Price",
        "line_amount": "Total Price|Net Total|Line Total",
    },
    "currency_rates": {
        "currency": "Iso Code|Currency Iso Code|Currency Code",
        "valid_from": "Start Date|Date",
        "exchange_rate": "Conversion Rate|Rate",
    },
    "leads": {
        **_AUDIT,
        "lead_id": "Id|Record Id|hs_object_id",
        "captured_at": _CREATED["created_at"],
        "lead_source": "Original Source|hs_analytics_source",
        "campaign_id": "Campaign Source.id",
        "email": "Email Address|E-mail|Mail",
        "phone": "Phone Number",
        "first_name": "Firstname|Given Name",
        "last_name": "Lastname|Family Name|Surname",
        "company_name": "Company",
        "website": "Website URL|Web Site|Company Domain Name",
        "country": "Country/Region",
        "contact_id": "Converted Contact Id|Converted Contact.id|Associated Contact ID",
        "account_id": "Converted Account Id|Converted Account.id|Associated Company ID",
        "converted_at": "Converted Date|Converted Time|Converted Date Time",
    },
}


def _keys() -> Mapping[str, Mapping[str, frozenset[str]]]:
    return MappingProxyType(
        {
            module: MappingProxyType(
                {
                    field: frozenset(header_key(text) for text in spellings.split("|"))
                    for field, spellings in by_field.items()
                }
            )
            for module, by_field in _SPELLINGS.items()
        }
    )


STANDARD_NAMES: Final = _keys()
"""Header keys by module and canonical field, beside the canonical name itself."""
