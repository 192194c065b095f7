with events as (
    select * from {{ ref('int_events__attributed') }}
),

-- What another event of the same person and message takes back: a check-in undone, a registration
-- cancelled, the start of a survey that was completed, whenever that was told.
revocations as (
    select
        channel,
        revokes as event,
        message_id,
        person_id,
        max(occurred_at) as revoked_at,
        max(case when revokes_always then 1 else 0 end) as is_always
    from events
    where revokes is not null and message_id is not null
    group by channel, revokes, message_id, person_id
),

standing as (
    select
        events.*,
        case
            when events.counts_once = 'message'
                then coalesce(events.channel || ':' || events.message_id, events.event_key)
            when events.counts_once = 'day' then cast(events.occurred_on as string)
            else events.event_key
        end as once_key
    from events
    left join revocations
        on
            events.channel = revocations.channel
            and events.event = revocations.event
            and events.message_id = revocations.message_id
            and events.person_id = revocations.person_id
            and (revocations.is_always = 1 or events.occurred_at <= revocations.revoked_at)
    where events.engagement_event is not null and revocations.event is null
),

arranged as (
    select
        standing.*,
        row_number() over (
            partition by person_id, engagement_event, once_key order by occurred_at, event_key
        ) as occurrence_rank
    from standing
),

reacted as (
    select
        event_key,
        account_id,
        contact_id,
        engagement_event,
        message_id,
        occurred_on as counted_on,
        occurred_at
    from arranged
    where occurrence_rank = 1
    union all
    select
        event_key,
        account_id,
        contact_id,
        engagement_event,
        message_id,
        counted_on,
        occurred_at
    from {{ ref('int_mails__unanswered') }}
)

select * from reacted
