with run as (
    select * from {{ source('config', 'run') }}
)

select
    readied.account_id,
    readied.sales_ready_score,
    readied.sales_ready_state,
    readied.engagement_score,
    readied.fit_score,
    cast(readied.fulfilled_count as bigint) as fulfilled_count,
    cast(readied.criterion_count as bigint) as criterion_count,
    readied.prediction_probability,
    readied.handed_off_on,
    run.as_of
from {{ ref('int_accounts__handed_off') }} as readied
cross join run
