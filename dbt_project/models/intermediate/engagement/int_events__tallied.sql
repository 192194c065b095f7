with events as (
    select
        account_id,
        coalesce(contact_id, account_id) as person_id,
        channel,
        event,
        coalesce(message_id, event_key) as message_id,
        occurred_at,
        occurred_on,
        duration_seconds,
        page_count,
        amount,
        score,
        bounce_type,
        participant_role
    from {{ ref('int_events__matched') }}
    where account_id is not null and not is_machine
),

-- What is counted beside the events themselves: a mail that was opened was delivered (INT-5), a
-- registration that was cancelled is no ticket.
derivations as (
    select derivations.* from (
        values
        ('email', 'delivered', 'reached', 1), ('email', 'opened', 'reached', 1),
        ('email', 'clicked', 'reached', 1), ('email', 'replied', 'reached', 1),
        ('campaign', 'delivered', 'reached', 1), ('campaign', 'opened', 'reached', 1),
        ('campaign', 'clicked', 'reached', 1), ('campaign', 'replied', 'reached', 1),
        ('call', 'answered', 'attempted', 1), ('call', 'not_answered', 'attempted', 1),
        ('survey', 'started', 'responded', 1), ('survey', 'completed', 'responded', 1),
        ('event', 'registered', 'ticketed', 1), ('event', 'cancelled', 'ticketed', -1),
        ('event', 'checked_in', 'present', 1), ('event', 'check_in_undone', 'present', -1),
        ('ticket', 'opened', 'open', 1), ('ticket', 'closed', 'open', -1)
    ) as derivations (channel, event, tally, weight)
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
        derivations.weight
    from events
    inner join derivations
        on events.channel = derivations.channel and events.event = derivations.event
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
        events.participant_role as tally,
        1 as weight
    from events
    where events.event = 'registered' and events.participant_role in ('speaker', 'sponsor')
    union all
    select
        events.*,
        'rated' as tally,
        1 as weight
    from events
    where events.channel = 'survey' and events.score between 0 and 10
    union all
    select
        events.*,
        'net_promoted' as tally,
        case when events.score >= 9 then 100 when events.score <= 6 then -100 else 0 end as weight
    from events
    where events.channel = 'survey' and events.score between 0 and 10
),

tallied as (
    select
        account_id,
        channel,
        tally,
        sum(weight) as event_count,
        count(distinct person_id || ':' || message_id) as message_count,
        count(distinct person_id || ':' || cast(occurred_on as string)) as day_count,
        sum(duration_seconds) as duration_seconds,
        sum(page_count) as page_count,
        sum(amount) as amount,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from counted
    group by account_id, channel, tally
)

select * from tallied
