with run as (
    select * from {{ source('config', 'run') }}
),

checked as (
    select
        account_id,
        cast(applicable_check_count as bigint) as applicable_check_count,
        cast(failed_check_count as bigint) as failed_check_count,
        cast(applicable_check_count - failed_check_count as double) as passed_check_count
    from {{ ref('int_accounts__checked') }}
)

select
    checked.account_id,
    checked.applicable_check_count,
    checked.failed_check_count,
    -- So few checks make no ties at the second digit.
    cast(
        round(10000 * checked.passed_check_count / checked.applicable_check_count) / 100
        as decimal(5, 2)
    ) as data_quality_score,
    run.as_of
from checked
cross join run
