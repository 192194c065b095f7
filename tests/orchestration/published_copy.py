"""A small published copy made by hand: three accounts, two runs, one segment, a ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets.home import Home
from assets.published import PublishedInput
from assets.publishing import publish
from models.configuration import definition_hash
from models.reading import read_configuration

FIRST, AS_OF = date(2026, 2, 1), date(2026, 3, 1)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)

CONFIGURATION = """\
organization: {name: Steel & Co, currency: EUR, as_of: 2026-03-01}
sources: {crm: {files: exports/*.csv}}
modules:
  accounts: {from: crm.accounts, fields: {account_id: Id}, custom: {tier: Tier}}
  contacts: {absent: none are kept}
  products: {absent: none are kept}
  deals: {from: crm.deals, stages: {won: [Won]}}
global_criteria: {all: [{field: billing_country, is: not_empty}]}
techniques: {rfm: {}, firmographics: {}}
segments:
  - id: large
    name: Large companies
    where:
      all:
        - {field: employees, at_least: 100}
        - {any_of: deals, where: {field: state, equals: won}}
  - {id: kept, name: Kept, nature: static, where: {field: tier, equals: Gold}}
"""

TABLES = f"""
create schema marts; create schema history;
create table marts.dim_landed_accounts as
select *, 'ACME' as owner_id, true as is_in_scope, null::varchar as scope_reason,
       null::bigint as first_failed_step, account_id as survivor_id
from (values ('A1', 'Acme Clinic', 'Germany', 96, map {{'tier': 'Gold'}}),
             ('A2', 'Acme Hospital', 'France', 250, map {{'tier': 'GOLD'}}),
             ('A4', '=Sum(Clinic)', 'Spain', null, null))
     t(account_id, account_name, billing_country, employees, custom_fields);
insert into marts.dim_landed_accounts by name
select 'A3' as account_id, 'Nowhere Ltd' as account_name, 500 as employees,
       false as is_in_scope, 'criteria' as scope_reason, 1 as first_failed_step,
       'A3' as survivor_id;
create table marts.dim_accounts as
select *, 2 as recency_score, 3 as frequency_score, 1 as monetary_score
from marts.dim_landed_accounts where is_in_scope;
create table marts.dim_contacts as select 'none' as contact_id, 'none' as account_id where false;
create table marts.fct_deals as
select * from (values ('D1', 'A1', 'won'), ('D2', 'A2', 'open'), ('D3', 'A2', 'won'))
     t(deal_id, account_id, state);
create table marts.fct_deal_lines as select 'none' as deal_id, 'none' as account_id where false;
create table marts.seg_account_labels as
select * from (values ('A2', 'firmographics', 'firmographics.mid_size', 'Mid-size', 2, true))
     t(account_id, technique, label_id, label_name, position, is_primary);
create table marts.seg_account_rfm as
select account_id, 40 as recency_days, 3::decimal(18,4) as frequency_value,
       12.5::decimal(18,2) as monetary_amount, 2 as recency_score, 3 as frequency_score,
       1 as monetary_score
from marts.dim_accounts where account_id = 'A1'
union all by name select account_id from marts.dim_accounts where account_id <> 'A1';
create table marts.rpt_rfm_cut_points as
select * from (values ('recency', 2, 90.0, false, date '2025-12-01'),
                      ('recency', 3, 30.0, false, date '2026-01-30'),
                      ('frequency', 3, 2.0, true, null))
     t(metric, score, threshold, is_inclusive, threshold_on);
create table marts.rpt_scope_waterfall as
select 'criteria' as scope_reason, 1::bigint as step, 'billing_country is not empty' as description;
create table marts.rpt_data_quality as
select 'deals_without_rate' as check_name, 'deals' as module, 'error' as severity,
       'Deals without a rate (EDG-4).' as description, 7 as finding_count, 'D9' as example_ids;
create table marts.seg_segments as
select * from (values ('large', 'Large companies', 'dynamic', 'daily', 1),
                      ('kept', 'Kept', 'static', 'daily', 2))
     t(segment_id, segment_name, nature, frame, position);
alter table marts.seg_segments add column revised_on date default date '{AS_OF}';
create table marts.seg_membership_ledger (
    as_of date, segment_id varchar, account_id varchar, event varchar, cause varchar,
    is_member boolean, is_visible boolean, member_since_on date);
insert into marts.seg_membership_ledger values
    ('{FIRST}', 'large', 'A1', 'entered', 'definition_changed', true, true, '{FIRST}'),
    ('{FIRST}', 'kept', 'A4', 'entered', 'definition_changed', true, true, '{FIRST}'),
    ('{AS_OF}', 'large', 'A1', 'exited', 'data_changed', false, false, '{FIRST}'),
    ('{AS_OF}', 'large', 'A2', 'entered', 'data_changed', true, true, '{AS_OF}');
create table marts.seg_members as
select * from (values ('large', 'A2', date '{AS_OF}', true), ('kept', 'A4', date '{FIRST}', false))
     t(segment_id, account_id, entered_on, is_matching);
create table history.run_history as
select * from (values (date '{FIRST}'), (date '{AS_OF}')) t(as_of);
"""


def installed(folder: Path, *statements: str, published: bool = True) -> tuple[Path, Home]:
    """Write the configuration and publish the tables; more statements change them before."""
    configuration = folder / "abm.yaml"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    home = Home.beside(configuration)
    if published:
        with duckdb.connect() as connection:
            for statement in (TABLES, *statements):
                connection.execute(statement)
            publish(
                connection,
                home.published,
                as_of=AS_OF,
                definition_hash=definition_hash(read_configuration(configuration)),
                inputs={"accounts": PublishedInput(load_sequence=1)},
                now=NOW,
                currency="EUR",
            )
    return configuration, home
