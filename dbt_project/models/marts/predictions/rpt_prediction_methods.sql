with run as (
    select * from {{ source('config', 'run') }}
),

learned as (
    select * from {{ source('ml', 'prediction_methods') }}
)

select
    learned.*,
    run.as_of
from learned
cross join run
