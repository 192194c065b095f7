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

-- Who never got the mail could not react to it; the bounce has its own points.
answers as (
    select
        channel,
        message_id,
        person_id,
        min(occurred_on) as answered_on
    from events
    where (is_answer or event = 'bounced') and message_id is not null
    group by channel, message_id, person_id
),

follow_ups as (
    select
        events.*,
        {{ add_days('events.occurred_on', 'settings.no_reaction_days') }} as waited_until
    from events
    cross join settings
    where events.is_follow_up and events.event = 'sent'
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
    left join answers
        on
            follow_ups.channel = answers.channel
            and follow_ups.message_id = answers.message_id
            and follow_ups.person_id = answers.person_id
    where
        run.as_of > follow_ups.waited_until
        and coalesce(answers.answered_on > follow_ups.waited_until, true)
)

select * from unanswered
