"""A small warehouse built by hand, with the tables that publishing and exporting read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.published import Publication, PublishedInput
from assets.publishing import publish
from models.fields import FieldType

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
INPUTS = {
    "accounts": PublishedInput(load_sequence=3, exported_on=date(2026, 3, 1)),
    "deals": PublishedInput(load_sequence=7, exported_on=date(2026, 2, 28)),
}
CUSTOM_FIELDS = {"tier": FieldType.TEXT, "seats": FieldType.INTEGER, "industry": FieldType.TEXT}

TABLES = """
create schema if not exists marts;
create schema if not exists history;
create or replace table marts.dim_accounts as
select printf('A%03d', i) as account_id, 'Account ' || i as account_name, 'steel' as industry,
       (i * -1.25)::decimal(18, 2) as revenue_amount, i::bigint as won_deal_count,
       (date '2026-01-01' + i::integer) as last_purchase_on,
       timestamp '2025-12-31 23:59:59' as created_at, i % 2 = 0 as is_deleted,
       case when i = 1 then null else map {'tier': 'gold', 'seats': i::varchar} end
           as custom_fields
from range(6) t(i);
create or replace table marts.seg_members as
select * from (values ('renewals', 'A004'), ('renewals', 'A001'), ('renewals', 'A002'),
                      ('big', 'A001')) t(segment_id, account_id);
create or replace table marts.seg_segments as
select * from (values ('renewals', 'Renewals: next month!'), ('big', '=Big'),
                      ('empty', 'Nobody')) t(segment_id, name);
create or replace table marts.seg_account_labels as
select * from (values ('A001', 'rfm', 'rfm.lost', 'Lost', 2), ('A001', 'rfm', 'rfm.new', 'New', 1),
                      ('A002', 'firmographics', 'firmographics.tech', 'Tech', 1))
           t(account_id, technique, label_id, label_name, position);
create or replace table history.ledger as
select date '2026-02-01' as as_of, 'renewals' as segment_id, 'A001' as account_id;
create or replace view marts.rpt_counts as select count(*) as accounts from marts.dim_accounts;
"""


def make_warehouse(path: Path, *more: str) -> Path:
    """Make the tables in a warehouse file and run more statements on it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)
        for statement in more:
            connection.execute(statement)
    return path


def publish_it(
    warehouse: Path | duckdb.DuckDBPyConnection, folder: Path, **more: Any
) -> Publication:
    """Publish with the fixed arguments of these tests, each of which can be replaced."""
    arguments: dict[str, Any] = {
        "as_of": AS_OF,
        "definition_hash": "definition",
        "inputs": INPUTS,
        "now": NOW,
        "currency": "USD",
        "custom_fields": CUSTOM_FIELDS,
        **more,
    }
    return publish(warehouse, folder, **arguments)
