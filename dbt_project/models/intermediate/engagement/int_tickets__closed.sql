with tickets as (
    select
        message_id,
        account_id,
        event,
        occurred_at,
        row_number() over (
            partition by message_id
            order by case when account_id is null then 1 else 0 end, occurred_at, event_key
        ) as account_rank
    from {{ ref('int_events__matched') }}
    where channel = 'ticket' and message_id is not null
),

-- Whoever closes a ticket, it belongs to the account that opened it.
closings as (
    select
        message_id,
        max(case when account_rank = 1 then account_id end) as account_id,
        min(case when event = 'opened' then occurred_at end) as opened_at,
        max(case when event = 'opened' then occurred_at end) as last_opened_at,
        max(case when event = 'closed' then occurred_at end) as closed_at
    from tickets
    group by message_id
),

closed as (
    select
        account_id,
        message_id,
        opened_at,
        closed_at,
        {{ minutes_between('opened_at', 'closed_at') }} as minutes_to_close
    from closings
    where closed_at >= last_opened_at and account_id is not null
)

select * from closed
