with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'engagement_settings') }}
),

-- A contact without an account is scored by itself and added to none (ENG-12).
summed as (
    select
        contact_id,
        sum(case when counted_points > 0 then counted_points else 0 end) as positive_points,
        sum(case when counted_points < 0 then counted_points else 0 end) as negative_points,
        sum(counted_points) as net_points,
        count(*) as event_count,
        max(counted_on) as last_engaged_on
    from {{ ref('int_engagement__weighed') }}
    where is_in_window and contact_id is not null
    group by contact_id
)

select
    summed.contact_id,
    contacts.account_id,
    cast(
        {{ engagement_score('summed.net_points', 'settings.points_for_full_score') }}
        as decimal(5, 2)
    ) as engagement_score,
    cast(summed.positive_points as decimal(18, 4)) as positive_points,
    cast(summed.negative_points as decimal(18, 4)) as negative_points,
    cast(summed.net_points as decimal(18, 4)) as net_points,
    cast(summed.event_count as bigint) as event_count,
    summed.last_engaged_on,
    run.as_of
from summed
cross join run
cross join settings
inner join {{ ref('int_contacts__addressed') }} as contacts
    on summed.contact_id = contacts.contact_id
