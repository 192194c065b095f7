with events as (
    select
        event_key,
        account_id,
        person_id,
        channel,
        event,
        coalesce(message_id, event_key) as message_id,
        occurred_at,
        occurred_on,
        duration_seconds,
        page_count,
        amount,
        score,
        bounce_type
    from {{ ref('int_events__matched') }}
    where account_id is not null and not is_machine
),

standing as (
    select * from {{ ref('int_events__standing') }}
),

derivations as (
    select * from {{ source('config', 'event_tallies') }}
),

-- The last answer of a person to a survey, so that nobody votes twice.
answers as (
    select
        event_key,
        row_number() over (
            partition by person_id, message_id order by occurred_at desc, event_key desc
        ) as answer_rank
    from events
    where channel = 'survey' and event = 'completed' and score between 0 and 10
),

counted as (
    select
        events.*,
        events.event as tally,
        1 as weight
    from events
    union all
    select
        events.*,
        derivations.tally,
        1 as weight
    from events
    inner join derivations
        on events.channel = derivations.channel and events.event = derivations.event
    union all
    select
        events.*,
        arrived.tally,
        1 as weight
    from events
    inner join {{ ref('int_mails__arrived') }} as arrived on events.event_key = arrived.event_key
    union all
    select
        events.*,
        events.bounce_type || '_bounced' as tally,
        1 as weight
    from events
    where events.event = 'bounced' and events.bounce_type is not null
    union all
    select
        events.*,
        'rated' as tally,
        1 as weight
    from events
    inner join answers on events.event_key = answers.event_key and answers.answer_rank = 1
    union all
    select
        events.*,
        'net_promoted' as tally,
        case when events.score >= 9 then 100 when events.score <= 6 then -100 else 0 end as weight
    from events
    inner join answers on events.event_key = answers.event_key and answers.answer_rank = 1
),

tallied as (
    select
        account_id,
        channel,
        tally,
        sum(weight) as event_count,
        count(distinct person_id || chr(31) || message_id) as message_count,
        count(distinct person_id || chr(31) || cast(occurred_on as string)) as day_count,
        sum(duration_seconds) as duration_seconds,
        sum(page_count) as page_count,
        sum(amount) as amount,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from counted
    group by account_id, channel, tally
    union all
    select
        account_id,
        channel,
        tally,
        count(*) as event_count,
        count(*) as message_count,
        count(*) as day_count,
        cast(null as bigint) as duration_seconds,
        cast(null as bigint) as page_count,
        sum(amount) as amount,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from standing
    group by account_id, channel, tally
)

select * from tallied
