with run as (
    select * from {{ source('config', 'run') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

aged as (
    select
        signals.account_id,
        signals.signal,
        {{ days_between('signals.occurred_on', 'run.as_of') }} as age_days
    from {{ ref('int_response_signals__heard') }} as signals
    inner join scoped on signals.account_id = scoped.account_id
    cross join run
    where signals.kind = 'sentiment'
),

counted as (
    select
        account_id,
        sum(case when age_days < 7 then 1 else 0 end) as response_count,
        sum(case when age_days < 7 and signal = 'negative' then 1 else 0 end) as negative_count,
        sum(case when age_days between 7 and 34 then 1 else 0 end) as earlier_count,
        sum(case when age_days between 7 and 34 and signal = 'negative' then 1 else 0 end)
            as earlier_negative_count
    from aged
    where age_days < 35
    group by account_id
)

-- Half of five answers or more negative, and twice the share of the four weeks before (VOC-21).
select
    counted.account_id,
    cast(counted.response_count as bigint) as response_count,
    cast(counted.negative_count as bigint) as negative_count,
    {{ share_of('counted.negative_count', 'counted.response_count') }} as negative_share,
    cast(counted.earlier_count as bigint) as earlier_count,
    {{ share_of('counted.earlier_negative_count', 'counted.earlier_count') }}
        as earlier_negative_share,
    run.as_of
from counted
cross join run
where
    counted.response_count >= 5
    and 2 * counted.negative_count >= counted.response_count
    and coalesce(
        counted.negative_count * counted.earlier_count
        >= 2 * counted.earlier_negative_count * counted.response_count,
        true
    )
