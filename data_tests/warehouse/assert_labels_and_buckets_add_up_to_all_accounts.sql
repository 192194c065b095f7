-- First labels and the buckets without a label hold every account once, by technique (RFM-24).
{{ config(meta={'dagster': {'ref': {'name': 'rpt_labels'}}}) }}

with labels as (
    select
        technique,
        sum(primary_account_count) as primary_account_count
    from {{ ref('rpt_labels') }}
    -- Registered labels have no bucket of those without one.
    where technique <> 'registry'
    group by technique
),

accounts as (
    select count(*) as account_count from {{ ref('dim_accounts') }}
)

select
    labels.technique,
    labels.primary_account_count,
    accounts.account_count
from labels
cross join accounts
where labels.primary_account_count <> accounts.account_count
