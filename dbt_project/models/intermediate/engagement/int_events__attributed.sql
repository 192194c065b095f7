with kinds as (
    select * from {{ source('config', 'event_kinds') }}
),

events as (
    select * from {{ ref('int_events__matched') }}
),

-- Machines do not engage, and what nobody is known for cannot be anyone's (ENG-13, INT-6).
attributed as (
    select
        events.event_key,
        events.account_id,
        events.contact_id,
        events.person_id,
        events.channel,
        events.event,
        events.message_id,
        events.occurred_at,
        events.occurred_on,
        events.is_follow_up,
        -- Nobody is blamed for a call that we did not answer (ENG-2).
        case
            when
                not kinds.is_attempt
                or kinds.is_answer
                or coalesce(events.direction <> 'incoming', true)
                then kinds.engagement_event
        end as engagement_event,
        kinds.counts_once,
        kinds.revokes,
        kinds.revokes_always,
        -- A call that the customer made is no attempt of ours to reach them (ENG-5).
        kinds.is_attempt and coalesce(events.direction <> 'incoming', true) as is_attempt,
        kinds.is_answer,
        kinds.is_incoming
    from events
    inner join kinds on events.channel = kinds.channel and events.event = kinds.event
    where
        not events.is_machine
        and events.person_id is not null
)

select * from attributed
