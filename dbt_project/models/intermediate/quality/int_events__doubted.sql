with run as (
    select * from {{ source('config', 'run') }}
),

landed as (
    select
        event_key,
        occurred_at,
        ingested_at,
        is_of_later_export
    from {{ ref('stg_integrations__events') }}
    where not is_deleted
),

matched as (
    select * from {{ ref('int_events__matched') }}
),

said as (
    select
        channel,
        direction,
        bounce_type
    from {{ ref('int_events__visible') }}
    where direction is not null or bounce_type is not null
),

doubted as (
    select
        'events_without_contact' as check_name,
        event_key as record_id
    from matched
    where matched_by is null
    union all
    select
        'events_of_shared_address' as check_name,
        event_key as record_id
    from matched
    where is_shared_address
    union all
    select
        'events_of_unknown_kind' as check_name,
        channel || ' ' || coalesce(event, '(empty)') as record_id
    from matched
    where not is_known_event
    union all
    select
        'events_of_unknown_direction' as check_name,
        channel || ' ' || direction as record_id
    from said
    where direction is not null and {{ known_direction('direction') }} is null
    union all
    select
        'events_of_unknown_bounce_type' as check_name,
        channel || ' ' || bounce_type as record_id
    from said
    where bounce_type is not null and {{ known_bounce_type('bounce_type') }} is null
    union all
    select
        'events_without_time' as check_name,
        event_key as record_id
    from landed
    where occurred_at is null
    union all
    select
        'events_in_future' as check_name,
        landed.event_key as record_id
    from landed
    cross join run
    where landed.occurred_at >= run.ends_at
    union all
    select
        'events_known_too_late' as check_name,
        landed.event_key as record_id
    from landed
    cross join run
    where
        landed.occurred_at < run.ends_at
        and (landed.is_of_later_export or landed.ingested_at >= run.ends_at)
)

select * from doubted
