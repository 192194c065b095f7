with closings as (
    select
        account_id,
        message_id,
        min(case when event = 'opened' then occurred_at end) as opened_at,
        max(case when event = 'closed' then occurred_at end) as closed_at
    from {{ ref('int_events__matched') }}
    where channel = 'ticket' and message_id is not null and account_id is not null
    group by account_id, message_id
),

closed as (
    select
        account_id,
        message_id,
        opened_at,
        closed_at,
        {{ minutes_between('opened_at', 'closed_at') }} as minutes_to_close
    from closings
    where closed_at >= opened_at
)

select * from closed
