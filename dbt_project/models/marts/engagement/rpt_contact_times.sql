with run as (
    select * from {{ source('config', 'run') }}
),

rates as (
    select
        account_id,
        contact_id,
        channel,
        weekday,
        from_hour,
        count(*) as attempt_count,
        sum(is_answered) as answer_count
    from {{ ref('int_attempts__answered') }}
    group by account_id, contact_id, channel, weekday, from_hour
    having {{ enough_attempts('count(*)') }}
)

select
    rates.contact_id,
    rates.account_id,
    rates.channel,
    rates.weekday,
    rates.from_hour,
    cast(rates.attempt_count as bigint) as attempt_count,
    cast(rates.answer_count as bigint) as answer_count,
    {{ share_of('rates.answer_count', 'rates.attempt_count') }} as answer_share,
    run.as_of
from rates
cross join run
