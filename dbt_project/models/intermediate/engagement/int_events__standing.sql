with events as (
    select
        events.*,
        coalesce('contact:' || events.contact_id, 'account:' || events.account_id) as person_id
    from {{ ref('int_events__matched') }} as events
    where events.message_id is not null and not events.is_machine
),

-- What each event says of its state, by who has it: a registration belongs to a person, a ticket to
-- itself, whoever closes it.
stated as (
    select
        events.*,
        case
            when events.channel = 'ticket' then 'open'
            when events.event in ('registered', 'cancelled') then 'ticketed'
            else 'present'
        end as tally,
        events.event in ('opened', 'registered', 'checked_in') as is_begun,
        case when events.channel = 'ticket' then 'ticket' else events.person_id end as holder
    from events
    where
        (events.channel = 'ticket' and events.event in ('opened', 'closed'))
        or (
            events.channel = 'event'
            and events.event in ('registered', 'cancelled', 'checked_in', 'check_in_undone')
            and events.account_id is not null
        )
),

arranged as (
    select
        stated.*,
        row_number() over (
            partition by channel, tally, message_id, holder
            order by occurred_at desc, event_key desc
        ) as last_rank,
        first_value(account_id) over (
            partition by channel, tally, message_id, holder
            order by case when account_id is null then 1 else 0 end, occurred_at, event_key
        ) as first_account_id,
        first_value(person_id) over (
            partition by channel, tally, message_id, holder
            order by case when account_id is null then 1 else 0 end, occurred_at, event_key
        ) as first_person_id
    from stated
),

-- The last word counts: two cancellations do not sell a ticket back twice.
standing as (
    select
        first_account_id as account_id,
        first_person_id as person_id,
        channel,
        tally,
        message_id,
        participant_role,
        amount,
        occurred_at,
        occurred_on
    from arranged
    where last_rank = 1 and is_begun and first_account_id is not null
)

-- Speakers and sponsors among those who are registered.
select * from standing
union all
select
    account_id,
    person_id,
    channel,
    participant_role as tally,
    message_id,
    participant_role,
    amount,
    occurred_at,
    occurred_on
from standing
where tally = 'ticketed' and participant_role in ('speaker', 'sponsor')
