"""From headers to fields: automatic mapping, refusals with candidates, hashes (MAP, LKP, F35)."""

from __future__ import annotations

from typing import Any

import pytest

from models.fields import LANDED_MODULES as MODULES
from models.formats import ValueFormats
from models.mapping import MappingError, ResolvedMapping, resolve_mapping
from models.modules import AccountsModule, DealsModule, MappedModule
from models.sources import Source
from models.standard_names import STANDARD_NAMES, header_key
from tests.models.documents import problems


def resolve(module: str, headers: list[str], **declared: Any) -> ResolvedMapping:
    kind = {"accounts": AccountsModule, "deals": DealsModule}.get(module, MappedModule)
    if module == "deals":
        declared = {"stages": {"won": ["Won"]}, **declared}
    mapping = kind.model_validate({"from": f"crm.{module}", **declared})
    return resolve_mapping(mapping, MODULES[module], headers)


def columns(resolved: ResolvedMapping) -> dict[str, str]:
    return {f.name: f.column for f in (*resolved.fields, *resolved.custom) if f.column is not None}


ZOHO = ["Record Id", "Account Name", "Account Owner.id", "Account Owner", "Website", "Industry"]
ZOHO += ["Employees", "Annual Revenue", "Billing Country", "Created Time", "Modified Time"]
SALESFORCE = ["Id", "Name", "OwnerId", "Website", "Industry", "NumberOfEmployees", "AnnualRevenue"]
SALESFORCE += ["BillingCountry", "CreatedDate", "LastModifiedDate", "IsDeleted", "MasterRecordId"]
HUBSPOT = ["Record ID", "Company name", "Company Domain Name", "Industry", "Create Date"]
HUBSPOT += ["Number of Employees", "Annual Revenue", "Country/Region", "Last Modified Date"]


@pytest.mark.parametrize("headers", [ZOHO, SALESFORCE, HUBSPOT])
def test_exports_of_three_systems_map_themselves(headers: list[str]) -> None:
    """MAP-4."""
    found = columns(resolve("accounts", headers))
    wanted = {"account_id", "account_name", "created_at", "employees", "annual_revenue"}
    assert wanted | {"industry", "website", "billing_country", "modified_at"} <= set(found)
    assert found["account_id"] == headers[0]


DEALS = (
    "Record Id|Deal Name|Account Name.id|Account Name|Stage|Amount|Closing Date|Created Time"
    "|Probability (%)|Contact Name.id",
    "Id|AccountId|Name|StageName|Amount|CloseDate|CreatedDate|Probability|ContactId",
    "Record ID|Deal Name|Associated Company IDs|Deal Stage|Amount|Close Date|Create Date"
    "|Deal probability|Associated Contact IDs",
)


@pytest.mark.parametrize("headers", DEALS)
def test_deals_of_three_systems_map_themselves(headers: str) -> None:
    found = columns(resolve("deals", headers.split("|")))
    wanted = {"deal_id", "account_id", "stage", "closing_date", "created_at", "amount"}
    assert wanted | {"probability", "contact_id", "deal_name"} <= set(found)


@pytest.mark.parametrize("header", ["ACCOUNT_ID", "account id", "Account-Id", " AccountId "])
def test_case_blanks_and_marks_do_not_matter(header: str) -> None:
    found = resolve("accounts", [header, "account_name", "created_at"])
    assert columns(found)["account_id"] == header


def test_several_candidates_are_refused_and_listed() -> None:
    """LKP-3."""
    headers = ["Deal Id", "AccountId", "Company ID", "Stage", "Close Date", "Created Time"]
    with pytest.raises(MappingError, match="several columns fit") as caught:
        resolve("deals", headers)
    assert "'AccountId', 'Company ID'" in str(caught.value)
    found = resolve("deals", headers, fields={"account_id": "Company ID"})
    assert columns(found)["account_id"] == "Company ID"
    assert found.unmapped_columns == ("AccountId",)


def test_missing_fields_name_the_nearest_column() -> None:
    """F35."""
    with pytest.raises(MappingError) as caught:
        resolve("accounts", ["Account Id", "Acount Naem", "Since"])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("modules.accounts: fields.account_name: no column fits this requi")
    assert "the nearest column is 'Acount Naem'" in lines[0]
    assert "fields.created_at" in lines[1]
    assert "{unknown: true}" in lines[1]


def test_a_key_cannot_be_left_unknown() -> None:
    with pytest.raises(MappingError) as caught:
        resolve("accounts", ["Account Name", "Created Time"])
    assert "no column fits this key field" in str(caught.value)
    assert "unknown: true" not in str(caught.value)


def test_every_problem_is_reported() -> None:
    with pytest.raises(MappingError) as caught:
        resolve(
            "accounts",
            ["id", "Name", "name", "Sector", "Created"],
            fields={"industry": "Sectr", "rating": "Sector", "ownership": "Sector"},
        )
    text = str(caught.value)
    assert "'name' twice (also as 'Name')" in text
    assert "no column 'Sectr'; did you mean 'Sector'?" in text
    assert "'Sector' is already read by rating (MAP-8); write {copy: rating}" in text
    assert "fields.created_at: no column fits" in text


def test_a_problem_of_a_custom_field_names_its_own_place() -> None:
    with pytest.raises(
        MappingError, match=r"^modules\.accounts: custom\.tier: the table has no col"
    ):
        resolve("accounts", ["id", "Name", "Created Time"], custom={"tier": "Tier"})


def test_the_same_column_declared_twice_is_refused_before_any_header() -> None:
    """MAP-8."""
    module = {"from": "crm.accounts", "fields": {"rating": "X"}, "custom": {"x": "X"}}
    found = problems(modules={**_others(), "accounts": module})
    assert "already read by 'rating'" in found["modules.accounts.custom.x"]


def _others() -> dict[str, Any]:
    return {
        "contacts": {"absent": "no persons"},
        "products": {"absent": "no products"},
        "deals": {"from": "crm.deals", "stages": {"won": ["Won"]}},
    }


def test_forms() -> None:
    resolved = resolve(
        "deals",
        ["No", "Customer", "date"],
        fields={
            "deal_id": {"row_number": True},
            "account_id": {"column": "customer", "replace": {"ACME": "Acme Inc"}},
            "stage": {"value": "Won"},
            "closing_date": {"column": "date", "date_format": "%Y%m%d"},
            "created_at": {"unknown": True},
            "deal_name": {"copy": "account_id"},
        },
        custom={"number": {"column": "No", "type": "integer"}},
    )
    origins = {f.name: f.origin for f in resolved.fields if f.origin != "unmapped"}
    assert origins == {
        "deal_id": "row_number",
        "account_id": "column",
        "stage": "constant",
        "closing_date": "column",
        "created_at": "unknown",
        "deal_name": "copy",
    }
    assert resolved.field("closing_date").formats.date_formats == ("%Y%m%d",)
    assert resolved.field("stage").constant == "Won"
    assert resolved.field("account_id").column == "Customer"
    assert resolved.field("account_id").replaced("  acme ") == "Acme Inc"
    assert resolved.field("account_id").replaced("Other ") == "Other"
    assert resolved.field("number").type == "integer"
    assert resolved.columns == ("Customer", "date", "No")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"account_idd": "X"}, "did you mean 'account_id'?"),
        ({"account_id": {"unknown": True}}, "a key cannot be unknown"),
        ({"industry": {"row_number": True}}, "only a key can be a row number"),
        ({"industry": {"copy": "indstry"}}, "did you mean 'industry'?"),
        ({"employees": {"value": "many"}}, "expected a plain number"),
        ({"created_at": {"value": "soon"}}, "expected an ISO timestamp"),
        ({"industry": {"column": "X", "replace": {"a": "b", "A": "c"}}}, "same text ignoring case"),
        ({"created_at": {"column": "X", "date_format": ["%d/%m/%Y", "%m/%d/%Y"]}}, "different dat"),
        ({"created_at": {"column": "X", "date_format": "%d/%m"}}, "does not read a whole date"),
        ({"annual_revenue": {"column": "X", "decimal": ",", "thousands": ","}}, "both ','"),
    ],
)
def test_impossible_forms_are_refused(fields: dict[str, Any], expected: str) -> None:
    module = {"from": "crm.accounts", "fields": fields}
    found = problems(modules={**_others(), "accounts": module})
    assert any(expected in message for message in found.values()), found


def test_a_copy_needs_a_field_with_a_value() -> None:
    with pytest.raises(MappingError, match="copies 'owner_id', which is no field"):
        resolve(
            "accounts",
            ["account_id", "account_name", "created_at"],
            fields={"owner_id": {"copy": "owner_id"}},
        )


def test_custom_names_may_not_shadow_fields_or_measures() -> None:
    for name in ("industry", "revenue_amount", "recency_score", "load_id"):
        module = {"from": "crm.accounts", "custom": {name: "X"}}
        found = problems(modules={**_others(), "accounts": module})
        assert "is a field of accounts already" in found[f"modules.accounts.custom.{name}"]


def test_formats_of_the_source_hold_until_a_field_says_otherwise() -> None:
    source = Source.model_validate(
        {
            "files": "x.csv",
            "decimal": ",",
            "thousands": ".",
            "null_values": ["NULL", None],
            "true_values": ["Ja", True, 1],
        }
    )
    formats = source.value_formats("Asia/Shanghai")
    assert formats == ValueFormats(
        decimal=",",
        thousands=".",
        time_zone="Asia/Shanghai",
        null_values=("", "NULL"),
        true_values=("ja", "true", "1"),
    )
    declared = {"annual_revenue": {"column": "R", "decimal": ".", "thousands": ""}}
    mapping = AccountsModule.model_validate(
        {"from": "crm.accounts", "fields": {**declared, "created_at": {"unknown": True}}}
    )
    headers = ["account_id", "account_name", "R"]
    resolved = resolve_mapping(mapping, MODULES["accounts"], headers, formats=formats)
    assert resolved.field("annual_revenue").formats.decimal == "."
    assert resolved.field("annual_revenue").formats.null_values == ("", "NULL")
    assert resolved.field("account_id").formats is formats


def test_the_hash_follows_what_is_read_and_how() -> None:
    headers = ["account_id", "account_name", "created_at", "Extra"]
    first = resolve("accounts", headers)
    assert resolve("accounts", [*headers, "More"]).mapping_hash == first.mapping_hash
    changed = [
        resolve("accounts", headers, keep="first"),
        resolve("accounts", headers, custom={"extra": "Extra"}),
        resolve("accounts", headers, fields={"rating": {"column": "Extra"}}),
        resolve(
            "accounts",
            headers,
            fields={"created_at": {"column": "created_at", "timestamp_format": "excel_serial"}},
        ),
    ]
    hashes = {found.mapping_hash for found in (first, *changed)}
    assert len(hashes) == 5


def test_known_spellings_never_mean_two_fields_of_a_module() -> None:
    for module, by_field in STANDARD_NAMES.items():
        known = MODULES[module]
        seen: dict[str, str] = {}
        for field in known.field_names:
            for key in (header_key(field), *by_field.get(field, ())):
                assert seen.setdefault(key, field) == field, (module, key)
        assert set(by_field) <= set(known.field_names)


def test_blank_headers_are_nobodys_column() -> None:
    found = resolve("accounts", ["account_id", "account_name", "created_at", "", ""])
    assert found.unmapped_columns == ()


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("env:CRM_DATABASE_URL", True),
        ("sqlite:///crm.db", True),
        ("postgresql://reader@host/crm", True),
        ("postgresql://reader:secret@host/crm", False),
        ("env:", False),
        ("crm.db", False),
    ],
)
def test_a_configuration_holds_no_password(url: str, is_allowed: bool) -> None:
    """F55."""
    found = problems(sources={"crm": {"database": {"url": url}}})
    assert (found == {}) is is_allowed
    assert not any("secret" in message for message in found.values())
