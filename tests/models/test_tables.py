"""The `config.*` tables, their shape and what the statements in them may contain."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import sqlglot
from pydantic import ValidationError
from sqlglot import exp

from models.configuration import definition_hash, segment_hash
from models.documents import parse_document
from models.expressions import text_literal
from models.reading import read_with_cautions
from models.schema import json_schema
from models.tables import ConfigurationTable, configuration_tables
from tests.models.documents import base, configured
from tests.models.hostile import HOSTILE_TEXTS

AS_OF = date(2024, 2, 29)
EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*/abm.yaml"))


def tables(**changes: Any) -> dict[str, ConfigurationTable]:
    found = configuration_tables(configured(**changes), AS_OF, "duckdb")
    return {table.name: table for table in found}


def test_every_table_loads_into_duckdb_with_its_types() -> None:
    connection = duckdb.connect()
    for table in tables().values():
        columns = ", ".join(f"{name} {type_}" for name, type_ in table.columns.items())
        connection.execute(f"create table {table.name} ({columns})")
        marks = ", ".join("?" for _ in table.columns)
        for row in table.rows:
            connection.execute(f"insert into {table.name} values ({marks})", list(row))
    run = connection.execute("select as_of, ends_at, currency, max_accounts from run").fetchall()
    assert run == [(AS_OF, datetime.fromisoformat("2024-03-01"), "USD", None)]
    assert connection.execute("select count(*) from rfm_labels").fetchone() == (8,)
    assert connection.execute("select count(*) from labels").fetchone() == (13,)


def test_the_tables_are_the_same_whatever_is_configured() -> None:
    full = {name: table.columns for name, table in tables().items()}
    without = {name: table.columns for name, table in tables(techniques={}).items()}
    assert full == without
    assert tables(techniques={})["labels"].rows == ()


def test_stages_statuses_and_synonyms_are_folded() -> None:
    modules = base()["modules"]
    modules["accounts"]["inactive_statuses"] = [" Closed Down ", "closed down"]
    stages = {
        "open": [{"stage": "Negotiation", "probability": 60}],
        "won": ["Closed WON"],
        "lost": ["Lost"],
    }
    modules["deals"] = {"from": "crm.deals", "pipelines": {"Standard": stages}}
    synonyms = {"industry_synonyms": {"Technology": ["technolgy", "IT"]}}
    found = tables(modules=modules, techniques={"firmographics": synonyms})
    assert found["stages"].rows == (
        ("standard", "negotiation", "open", Decimal(60)),
        ("standard", "closed won", "won", None),
        ("standard", "lost", "lost", None),
    )
    assert found["inactive_statuses"].rows == (("closed down",),)
    assert dict(found["industry_synonyms"].rows) == {  # type: ignore[arg-type]
        "technology": "Technology",
        "technolgy": "Technology",
        "it": "Technology",
    }


USES = (
    "uses_attributes",
    "uses_measures",
    "uses_rfm",
    "uses_segments",
    "uses_relative_dates",
    "uses_events",
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"field": "industry", "is": "empty"}, "uses_attributes"),
        ({"field": "tier", "is": "empty"}, "uses_attributes"),
        ({"field": "revenue_amount", "above": 1}, "uses_measures"),
        ({"any_of": "deals", "where": {"field": "stage", "is": "empty"}}, "uses_measures"),
        ({"field": "recency_score", "above": 1}, "uses_rfm"),
        ({"not": {"label": "rfm.lost"}}, "uses_rfm"),
        ({"label": "firmographics.small"}, "uses_attributes"),
        ({"segment": "other"}, "uses_segments"),
        ({"field": "last_purchase_on", "in": "this_month"}, "uses_measures uses_relative_dates"),
        ({"field": "engagement_score", "above": 1}, "uses_events"),
        ({"not": {"label": "engagement.high"}}, "uses_events"),
        ({"field": "last_response_on", "in_last_days": 9}, "uses_events uses_relative_dates"),
        ({"field": "opted_out_contact_count", "above": 1}, "uses_measures"),
        # A bounced mail bars an address; a click makes an account ready for sales.
        ({"field": "mailable_contact_count", "above": 1}, "uses_measures uses_events"),
        (
            {"field": "sales_ready_score", "above": 1},
            "uses_attributes uses_measures uses_events",
        ),
        ({"field": "data_quality_score", "above": 1}, "uses_attributes uses_measures uses_events"),
        ({"field": "duplicate_count", "above": 1}, "uses_attributes"),
        ({"any_of": "predictions"}, "uses_measures uses_events"),
        (
            {"any_of": "events", "where": {"field": "occurred_on", "in_last_days": 9}},
            "uses_events uses_relative_dates",
        ),
    ],
)
def test_what_a_segment_uses(where: dict[str, Any], expected: str) -> None:
    other = {"id": "other", "name": "Other", "where": {"field": "industry", "is": "empty"}}
    modules = base()["modules"] | {"events": {"mails": {"from": "crm.mails", "channel": "email"}}}
    techniques = base()["techniques"] | {"engagement": {}}
    segments = [{"id": "s", "name": "S", "where": where}, other]
    table = tables(segments=segments, modules=modules, techniques=techniques)["segments"]
    row = next(dict(zip(table.columns, r, strict=True)) for r in table.rows if r[0] == "s")
    assert {name for name in USES if row[name]} == set(expected.split())


def test_segments_stand_after_those_they_read() -> None:
    where = {"field": "industry", "is": "empty"}
    segments = [
        {"id": "c", "name": "C", "where": {"all": [{"segment": "b"}, {"segment": "a"}]}},
        {"id": "b", "name": "B", "where": where, "parent": "a"},
        {"id": "a", "name": "A", "where": where},
    ]
    found = tables(segments=segments)
    assert [row[0] for row in found["segments"].rows] == ["a", "b", "c"]
    assert set(found["segment_references"].rows) == {("b", "a"), ("c", "b"), ("c", "a")}


def test_a_segment_hash_follows_its_members_not_its_name() -> None:
    def hashed(**changes: Any) -> str:
        where = {"field": "industry", "equals": "Retail"}
        segment = {"id": "a", "name": "A", "where": where, **changes}
        return segment_hash(configured(segments=[segment]).segments[0])

    assert hashed(name="Other", description="x", publish_as_filter=True) == hashed()
    others = [
        hashed(nature="static"),
        hashed(frame="weekly"),
        hashed(where={"field": "industry", "equals": "Retail!"}),
        hashed(where={"field": "industry", "not_equals": "Retail"}),
    ]
    assert len({hashed(), *others}) == 5


def test_statements_read_only_the_promised_tables() -> None:
    where = {
        "all": [
            {"label": "rfm.lost"},
            {"any_of": "deals", "where": {"field": "amount", "above": 5}},
            {"count_of": "deal_lines", "at_least": 1},
            {"none_of": "contacts"},
            {
                "any_of": "events",
                "where": {
                    "all": [
                        {"field": "event", "equals": "opened"},
                        {"field": "occurred_at", "in_last_days": 30},
                    ]
                },
            },
            {"count_of": "responses", "where": {"field": "language", "equals": "de"}, "below": 2},
            {
                "none_of": "response_signals",
                "where": {"field": "kind", "equals": "competitor"},
            },
            {
                "any_of": "predictions",
                "where": {"field": "prediction_probability", "at_least": 60},
            },
            {
                "any_of": "recommendations",
                "where": {
                    "all": [
                        {"field": "recommendation_type", "equals": "next_purchase"},
                        {"field": "product_name", "equals": "Core"},
                        {"field": "recommendation_probability", "at_least": 60},
                    ]
                },
            },
        ]
    }
    techniques = {
        "rfm": {"labels": "default"},
        "recommendations": {"labels": "default"},
        "voice_of_customer": {
            "labels": [{"id": "cross", "name": "Cross", "where": {"sentiment": "negative"}}]
        },
    }
    modules = base()["modules"] | {"events": {"mails": {"from": "crm.mails", "channel": "email"}}}
    segment = {"id": "s", "name": "S", "where": where}
    found = tables(segments=[segment], techniques=techniques, modules=modules)["criteria"]
    promised = {
        "accounts",
        "contacts",
        "deals",
        "deal_lines",
        "events",
        "responses",
        "response_signals",
        "recommendations",
        "account_labels",
        "predictions",
    }
    promised |= {"prior_members", "segment_revisions"}
    for _, statement in found.rows:
        tree = sqlglot.parse_one(statement, dialect="duckdb")
        inner = {cte.alias for cte in tree.find_all(exp.CTE)}
        read = {table.name for table in tree.find_all(exp.Table)} - inner
        assert read <= promised
        assert not any(table.db for table in tree.find_all(exp.Table))


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_hostile_texts_stay_values(dialect: Any) -> None:
    """F51: as values, names and descriptions; the statement is one select, the literals survive."""
    for text in HOSTILE_TEXTS:
        clean = "".join(c for c in text if c.isprintable() or c.isspace()).strip() or "x"
        where = {"field": "industry", "equals": text}
        name = "".join(c for c in clean if c.isprintable())[:40] or "x"
        segment = {"id": "s", "name": name, "where": where}
        configuration = configured(segments=[segment], global_criteria=where)
        for table in configuration_tables(configuration, AS_OF, dialect):
            for _, statement in table.rows if table.name == "criteria" else ():
                parsed = sqlglot.parse(statement, dialect=dialect)
                assert len(parsed) == 1
                assert isinstance(parsed[0], exp.Select | exp.Union)
                assert dialect == "duckdb" or "${" not in statement


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_texts_no_engine_stores_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        configured(global_criteria={"field": "industry", "equals": text})


def test_spark_literals_mean_the_same_text() -> None:
    """What Spark reads between quotes, undone by its own rules of escaping."""
    for text in HOSTILE_TEXTS:
        parsed = sqlglot.parse_one(text_literal(text, "spark").sql("spark"), dialect="spark")
        literals = [literal.this for literal in parsed.find_all(exp.Literal)]
        assert "".join(literals) == text


def test_duckdb_literals_mean_the_same_text() -> None:
    connection = duckdb.connect()
    for text in HOSTILE_TEXTS:
        query = f"select {text_literal(text, 'duckdb').sql('duckdb')}"
        assert connection.execute(query).fetchone() == (text,)


def plain(value: Any) -> Any:
    """Return values as JSON has them: keys as text, decimals as numbers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def schema_errors(document: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.message for error in validator.iter_errors(plain(document))]


def test_the_schema_is_one_and_knows_its_criteria() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "$comment" not in str(schema)
    assert schema_errors(base()) == []
    for wrong in (
        base(organisation={}),
        base(global_criteria={"field": "industry", "equls": "x"}),
        base(global_criteria={"field": "industry", "equals": "x", "above": 1}),
        base(techniques={"rfm": {"recency": {"levels": 6}}}),
    ):
        assert schema_errors(wrong)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_are_valid_and_fit_the_schema(path: Path) -> None:
    reading = read_with_cautions(path)
    assert definition_hash(reading.configuration)
    for dialect in ("duckdb", "spark"):
        for table in configuration_tables(reading.configuration, AS_OF, dialect):  # type: ignore[arg-type]
            for _, statement in table.rows if table.name == "criteria" else ():
                sqlglot.parse_one(statement, dialect=dialect)
    for file in reading.files:
        tree, problems = parse_document(file.read_bytes(), file.name)
        assert problems == []
        if file == path:
            document = tree.plain()
            document.setdefault("segments", [])
            assert schema_errors(document) == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3
