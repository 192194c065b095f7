with run as (
    select * from {{ source('config', 'run') }}
),

events as (
    select * from {{ ref('int_events__matched') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
)

select
    events.event_key,
    events.account_id,
    events.contact_id,
    events.channel,
    events.event,
    events.direction,
    events.occurred_at,
    events.occurred_on,
    events.ingested_at,
    events.matched_by,
    events.message_id,
    events.message_name,
    events.campaign_id,
    events.subject,
    events.score,
    events.duration_seconds,
    events.page_count,
    events.page,
    events.referrer,
    events.amount,
    events.priority,
    events.bounce_type,
    events.participant_role,
    events.is_machine,
    events.is_follow_up,
    events.is_known_event,
    events.is_shared_address,
    scoped.account_id is not null as is_in_scope,
    run.as_of
from events
cross join run
left join scoped on events.account_id = scoped.account_id
