with events as (
    select
        message_id,
        account_id,
        person_id,
        event,
        occurred_at,
        row_number() over (
            partition by message_id
            order by case when account_id is null then 1 else 0 end, occurred_at, event_key
        ) as account_rank
    from {{ ref('int_events__matched') }}
    where
        channel = 'ticket'
        and event in ('opened', 'closed')
        and message_id is not null
        and not is_machine
),

-- Whoever closes a ticket, it belongs to the account that opened it.
tickets as (
    select
        message_id,
        max(case when account_rank = 1 then account_id end) as account_id,
        max(case when account_rank = 1 then person_id end) as person_id,
        min(case when event = 'opened' then occurred_at end) as opened_at,
        max(case when event = 'opened' then occurred_at end) as last_opened_at,
        max(case when event = 'closed' then occurred_at end) as closed_at
    from events
    group by message_id
),

summarized as (
    select
        message_id,
        account_id,
        person_id,
        last_opened_at,
        case when closed_at >= last_opened_at then closed_at end as closed_at,
        case
            when closed_at >= last_opened_at then {{ minutes_between('opened_at', 'closed_at') }}
        end as minutes_to_close
    from tickets
    where account_id is not null and opened_at is not null
)

select * from summarized
