with run as (
    select * from {{ source('config', 'run') }}
),

weighed as (
    select * from {{ ref('int_engagement__weighed') }}
    where is_in_window
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

entries as (
    select
        account_id,
        contact_id,
        event_key,
        engagement_event,
        engagement_channel,
        message_id,
        occurred_at,
        counted_on,
        points,
        counted_points
    from weighed
    union all
    -- What a cap takes away is an entry as well, so that the entries add up to the score.
    select
        account_id,
        cast(null as string) as contact_id,
        'cap:' || account_id || ':' || engagement_channel as event_key,
        'cap' as engagement_event,
        engagement_channel,
        cast(null as string) as message_id,
        cast(null as timestamp) as occurred_at,
        cast(null as date) as counted_on,
        cut_points as points,
        cut_points as counted_points
    from {{ ref('int_engagement__capped') }}
    where cut_points < 0
)

select
    entries.account_id,
    entries.contact_id,
    entries.event_key,
    entries.engagement_event,
    entries.engagement_channel,
    entries.message_id,
    entries.occurred_at,
    entries.counted_on,
    cast(entries.points as decimal(18, 4)) as points,
    cast(entries.counted_points as decimal(18, 4)) as counted_points,
    scoped.account_id is not null as is_in_scope,
    run.as_of
from entries
cross join run
left join scoped on entries.account_id = scoped.account_id
