with run as (
    select * from {{ source('config', 'run') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

spanned as (
    select
        signals.account_id,
        signals.signal,
        {{ alarm_span(days_between('signals.occurred_on', 'run.as_of')) }} as span
    from {{ ref('int_response_signals__heard') }} as signals
    inner join scoped on signals.account_id = scoped.account_id
    cross join run
    where signals.kind = 'sentiment'
),

counted as (
    select
        account_id,
        sum(case when span = 'last' then 1 else 0 end) as response_count,
        sum(case when span = 'last' and signal = 'negative' then 1 else 0 end) as negative_count,
        sum(case when span = 'earlier' then 1 else 0 end) as earlier_count,
        sum(case when span = 'earlier' and signal = 'negative' then 1 else 0 end)
            as earlier_negative_count
    from spanned
    where span is not null
    group by account_id
)

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
where {{ is_alarming('counted') }}
