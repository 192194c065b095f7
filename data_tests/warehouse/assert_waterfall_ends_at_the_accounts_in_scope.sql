-- Landed accounts less everything dropped are the accounts in scope (BEY-6).
{{ config(meta={'dagster': {'ref': {'name': 'dim_accounts'}}}) }}

with waterfall as (
    select
        max(kept_count) - sum(dropped_count) as remaining_count,
        min(kept_count) as kept_count
    from {{ ref('rpt_scope_waterfall') }}
),

accounts as (
    select count(*) as account_count from {{ ref('dim_accounts') }}
)

select
    waterfall.remaining_count,
    waterfall.kept_count,
    accounts.account_count
from waterfall
cross join accounts
where
    waterfall.remaining_count <> accounts.account_count
    or waterfall.kept_count <> accounts.account_count
