with run as (
    select * from {{ source('config', 'run') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

sourced as (
    select
        account_id,
        lead_source,
        row_number() over (partition by account_id order by created_at, deal_id) as place
    from deals
    where lead_source is not null and created_at is not null
),

firsts as (
    select * from sourced
    where place = 1
),

purchase_days as (
    select distinct
        deals.account_id,
        deals.closed_on
    from deals
    cross join run
    where
        deals.state = 'won'
        and not {{ is_refund('deals') }}
        and deals.closed_on <= run.as_of
),

followed as (
    select
        account_id,
        closed_on,
        lead(closed_on) over (partition by account_id order by closed_on) as next_on
    from purchase_days
),

gaps as (
    select
        account_id,
        {{ days_between('closed_on', 'next_on') }} as gap_days
    from followed
    where next_on is not null
),

middles as (
    select
        account_id,
        cast({{ grouped_quantile('gap_days', 0.5) }} as bigint) as median_gap_days
    from gaps
    group by account_id
)

select
    coalesce(middles.account_id, firsts.account_id) as account_id,
    middles.median_gap_days,
    firsts.lead_source
from middles
full join firsts on middles.account_id = firsts.account_id
