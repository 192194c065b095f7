with run as (
    select * from {{ source('config', 'run') }}
)

select
    engaged.account_id,
    cast(engaged.engagement_score as decimal(5, 2)) as engagement_score,
    cast(engaged.engagement_trend as decimal(5, 2)) as engagement_trend,
    cast(engaged.positive_points as decimal(18, 4)) as positive_points,
    cast(engaged.negative_points as decimal(18, 4)) as negative_points,
    cast(engaged.capped_points as decimal(18, 4)) as capped_points,
    cast(engaged.net_points as decimal(18, 4)) as net_points,
    cast(engaged.event_count as bigint) as event_count,
    engaged.has_no_signal,
    engaged.last_engaged_on,
    run.as_of
from {{ ref('int_accounts__engaged') }} as engaged
cross join run
