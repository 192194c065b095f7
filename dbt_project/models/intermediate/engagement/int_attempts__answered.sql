with run as (
    select * from {{ source('config', 'run') }}
),

events as (
    select
        events.*,
        {{ weekday_of('events.occurred_on') }} as weekday,
        floor({{ local_hour('events.occurred_at', 'run.time_zone') }} / 3) * 3 as from_hour
    from {{ ref('int_events__attributed') }} as events
    cross join run
    where events.contact_id is not null and (events.is_attempt or events.is_answer)
),

answers as (
    select
        channel,
        message_id,
        contact_id,
        occurred_at
    from events
    where is_answer and not is_attempt and message_id is not null
),

tried as (
    select
        events.*,
        lead(events.occurred_at) over (
            partition by events.contact_id, events.channel, events.message_id
            order by events.occurred_at, events.event_key
        ) as tried_again_at
    from events
    where events.is_attempt
),

-- A call is its own answer; a mail is answered by what came back of the same message before it was
-- sent again.
attempts as (
    select
        tried.event_key,
        tried.account_id,
        tried.contact_id,
        tried.channel,
        tried.occurred_on,
        cast(tried.weekday as bigint) as weekday,
        cast(tried.from_hour as bigint) as from_hour,
        max(case when tried.is_answer or answers.contact_id is not null then 1 else 0 end)
            as is_answered
    from tried
    left join answers
        on
            tried.channel = answers.channel
            and tried.message_id = answers.message_id
            and tried.contact_id = answers.contact_id
            and tried.occurred_at <= answers.occurred_at
            and coalesce(tried.tried_again_at > answers.occurred_at, true)
    group by
        tried.event_key, tried.account_id, tried.contact_id, tried.channel, tried.occurred_on,
        tried.weekday, tried.from_hour
)

select * from attempts
