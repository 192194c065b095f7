with run as (
    select * from {{ source('config', 'run') }}
),

doubted as (
    select * from {{ ref('int_records__doubted') }}
)

select
    doubted.check_name,
    doubted.module,
    doubted.record_id,
    doubted.account_id,
    doubted.severity,
    run.as_of as found_on
from doubted
cross join run
