-- Every scored account has one score of each metric in the published distribution (BEY-7).
{{ config(meta={'dagster': {'ref': {'name': 'seg_account_rfm'}}}) }}

with distribution as (
    select
        metric,
        sum(account_count) as account_count
    from {{ ref('rpt_rfm_distribution') }}
    group by metric
),

scored as (
    select count(*) as account_count from {{ ref('seg_account_rfm') }}
    where is_scored
)

select
    distribution.metric,
    distribution.account_count,
    scored.account_count as scored_count
from distribution
cross join scored
where distribution.account_count <> scored.account_count
