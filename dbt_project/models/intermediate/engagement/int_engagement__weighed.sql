with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'engagement_settings') }}
),

points as (
    select * from {{ source('config', 'engagement_points') }}
),

aged as (
    select
        reacted.*,
        points.engagement_channel,
        points.points,
        settings.window_days,
        settings.half_life_days,
        {{ days_between('reacted.counted_on', 'run.as_of') }} as age_days
    from {{ ref('int_events__reacted') }} as reacted
    inner join points on reacted.engagement_event = points.engagement_event
    cross join run
    cross join settings
),

-- The window as it is, and as it was 90 days earlier: the trend is their difference (ENG-14).
weighed as (
    select
        event_key,
        account_id,
        contact_id,
        engagement_event,
        engagement_channel,
        message_id,
        occurred_at,
        counted_on,
        points,
        age_days < window_days as is_in_window,
        case
            when age_days >= window_days then null
            else {{ decayed('points', 'age_days', 'half_life_days') }}
        end as counted_points,
        case
            when age_days between 90 and window_days + 89
                then {{ decayed('points', 'age_days - 90', 'half_life_days') }}
        end as earlier_points
    from aged
    where age_days < window_days + 90
)

select * from weighed
