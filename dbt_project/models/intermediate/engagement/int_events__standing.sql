-- What each event says of its state: somebody is registered or not, has come or not.
with stated as (
    select
        event_key,
        account_id,
        person_id,
        channel,
        case when event in ('registered', 'cancelled') then 'ticketed' else 'present' end as tally,
        message_id,
        event in ('registered', 'checked_in') as is_begun,
        participant_role,
        amount,
        occurred_at
    from {{ ref('int_events__matched') }}
    where
        channel = 'event'
        and event in ('registered', 'cancelled', 'checked_in', 'check_in_undone')
        and account_id is not null
        and message_id is not null
        and not is_machine
),

arranged as (
    select
        stated.*,
        row_number() over (
            partition by tally, message_id, person_id order by occurred_at desc, event_key desc
        ) as last_rank,
        first_value(account_id) over (
            partition by tally, message_id, person_id order by occurred_at, event_key
        ) as first_account_id
    from stated
),

-- The last word counts: two cancellations do not sell a ticket back twice.
standing as (
    select
        first_account_id as account_id,
        person_id,
        channel,
        tally,
        message_id,
        participant_role,
        amount,
        occurred_at
    from arranged
    where last_rank = 1 and is_begun
)

select
    account_id,
    person_id,
    channel,
    tally,
    message_id,
    amount,
    occurred_at
from standing
-- Speakers and sponsors among those who are registered.
union all
select
    account_id,
    person_id,
    channel,
    participant_role as tally,
    message_id,
    amount,
    occurred_at
from standing
where tally = 'ticketed' and participant_role in ('speaker', 'sponsor')
union all
select
    account_id,
    person_id,
    'ticket' as channel,
    'open' as tally,
    message_id,
    cast(null as decimal(38, 4)) as amount,
    last_opened_at as occurred_at
from {{ ref('int_tickets__summarized') }}
where closed_at is null
