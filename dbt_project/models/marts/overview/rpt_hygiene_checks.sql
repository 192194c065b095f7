with run as (
    select * from {{ source('config', 'run') }}
),

checks as (
    {{ hygiene_checks() }}
),

found as (
    select
        check_name,
        count(*) as finding_count,
        count(distinct account_id) as account_count
    from {{ ref('int_records__doubted') }}
    group by check_name
)

select
    checks.check_name,
    checks.module,
    checks.severity,
    checks.description,
    coalesce(found.finding_count, 0) as finding_count,
    coalesce(found.account_count, 0) as account_count,
    run.as_of
from checks
cross join run
left join found on checks.check_name = found.check_name
