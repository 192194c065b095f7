with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'engagement_settings') }}
    where is_active
),

accounts as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

entries as (
    select
        account_id,
        counted_points,
        earlier_points,
        cast(null as decimal(18, 4)) as capped_points,
        cast(is_in_window as int) as event_count
    from {{ ref('int_engagement__weighed') }}
    where account_id is not null
    union all
    select
        account_id,
        cast(null as decimal(18, 4)) as counted_points,
        earlier_cut_points as earlier_points,
        cut_points as capped_points,
        0 as event_count
    from {{ ref('int_engagement__capped') }}
),

summed as (
    select
        account_id,
        sum(case when counted_points > 0 then counted_points end) as positive_points,
        sum(case when counted_points < 0 then counted_points end) as negative_points,
        sum(capped_points) as capped_points,
        sum(coalesce(counted_points, 0) + coalesce(capped_points, 0)) as net_points,
        sum(earlier_points) as earlier_points,
        sum(event_count) as event_count
    from entries
    group by account_id
),

-- Any sign of life, with points or without: a ticket, a mail of theirs, a call that was logged.
signs as (
    select
        events.account_id,
        max(case when events.is_incoming or events.is_answer then events.occurred_on end)
            as last_engaged_on,
        max(
            case
                when {{ days_between('events.occurred_on', 'run.as_of') }} < settings.window_days
                    then 1
                else 0
            end
        ) as has_event
    from {{ ref('int_events__attributed') }} as events
    cross join run
    cross join settings
    where events.account_id is not null
    group by events.account_id
),

scored as (
    select
        accounts.account_id,
        coalesce(summed.positive_points, 0) as positive_points,
        coalesce(summed.negative_points, 0) as negative_points,
        coalesce(summed.capped_points, 0) as capped_points,
        coalesce(summed.net_points, 0) as net_points,
        coalesce(summed.event_count, 0) as event_count,
        -- Score 0 and no sign of life are not the same: nobody may have written to them (ENG-11).
        coalesce(signs.has_event, 0) = 0 as has_no_signal,
        signs.last_engaged_on,
        {{ engagement_score('coalesce(summed.net_points, 0)', 'settings.points_for_full_score') }}
            as engagement_score,
        {{ engagement_score(
            'coalesce(summed.earlier_points, 0)', 'settings.points_for_full_score'
        ) }} as earlier_engagement_score
    from accounts
    cross join settings
    left join summed on accounts.account_id = summed.account_id
    left join signs on accounts.account_id = signs.account_id
)

select
    scored.*,
    engagement_score - earlier_engagement_score as engagement_trend
from scored
