with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'engagement_settings') }}
    where is_active
),

events as (
    select * from {{ ref('int_events__attributed') }}
),

-- A mail that is sent again under its key is waited for once, from the first time on.
follow_ups as (
    select
        events.event_key,
        events.account_id,
        events.contact_id,
        events.person_id,
        events.channel,
        events.message_id,
        events.occurred_at,
        {{ add_days('events.occurred_on', 'settings.no_reaction_days') }} as waited_until,
        row_number() over (
            partition by events.person_id, events.channel, events.message_id
            order by events.occurred_at, events.event_key
        ) as sending_rank
    from events
    cross join settings
    where events.is_follow_up and events.event = 'sent' and events.message_id is not null
),

-- Who never got the mail could not react to it; the bounce has its own points.
answered as (
    select distinct follow_ups.event_key
    from follow_ups
    inner join events
        on
            follow_ups.channel = events.channel
            and follow_ups.message_id = events.message_id
            and follow_ups.person_id = events.person_id
    where
        (events.is_answer or events.event = 'bounced')
        and events.occurred_at >= follow_ups.occurred_at
        and events.occurred_on <= follow_ups.waited_until
),

-- Silence is an event of its own, on the day the time to react was over (ENG-7).
unanswered as (
    select
        follow_ups.event_key,
        follow_ups.account_id,
        follow_ups.contact_id,
        'email_no_reaction' as engagement_event,
        follow_ups.message_id,
        follow_ups.waited_until as counted_on,
        follow_ups.occurred_at
    from follow_ups
    cross join run
    left join answered on follow_ups.event_key = answered.event_key
    where
        follow_ups.sending_rank = 1
        and run.as_of >= follow_ups.waited_until
        and answered.event_key is null
)

select * from unanswered
