with run as (
    select * from {{ source('config', 'run') }}
),

metrics as (
    select * from {{ source('config', 'channel_metrics') }}
),

members as (
    select
        segment_id,
        account_id
    from {{ ref('seg_members') }}
),

tallies as (
    select
        members.segment_id,
        tallied.*
    from {{ ref('int_events__tallied') }} as tallied
    inner join members on tallied.account_id = members.account_id
),

tickets as (
    select
        members.segment_id,
        summarized.*
    from {{ ref('int_tickets__summarized') }} as summarized
    inner join members on summarized.account_id = members.account_id
    where summarized.closed_at is not null
),

figures as (
    {{ channel_metrics('segment_id', 'tallies', 'tickets') }}
)

select
    figures.*,
    run.as_of
from figures
cross join run
