with run as (
    select * from {{ source('config', 'run') }}
),

metrics as (
    select * from {{ source('config', 'channel_metrics') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

tallies as (
    select tallied.*
    from {{ ref('int_events__tallied') }} as tallied
    inner join scoped on tallied.account_id = scoped.account_id
),

tickets as (
    select summarized.*
    from {{ ref('int_tickets__summarized') }} as summarized
    inner join scoped on summarized.account_id = scoped.account_id
    where summarized.closed_at is not null
),

figures as (
    {{ channel_metrics('account_id', 'tallies', 'tickets') }}
)

select
    figures.*,
    run.as_of
from figures
cross join run
