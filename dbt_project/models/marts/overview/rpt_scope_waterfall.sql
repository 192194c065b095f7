with run as (
    select * from {{ source('config', 'run') }}
),

scope_steps as (
    select
        cast(position as bigint) as position,
        description
    from {{ source('config', 'scope_steps') }}
),

dropped as (
    select
        scope_reason,
        first_failed_step,
        count(*) as dropped_count
    from {{ ref('int_accounts__scoped') }}
    group by scope_reason, first_failed_step
),

landed as (
    select coalesce(sum(dropped_count), 0) as landed_count from dropped
),

steps as (
    select
        0 as stage,
        cast(0 as bigint) as step,
        cast(null as string) as scope_reason,
        'All landed accounts' as description
    union all
    select
        1,
        0,
        'merged',
        'Not merged into another account'
    union all
    select
        2,
        0,
        'deleted',
        'Not deleted in the CRM'
    union all
    select
        3,
        0,
        'status',
        'Status does not mean inactive'
    union all
    select
        4,
        0,
        'dormant',
        'Active recently enough'
    union all
    select
        5,
        position,
        'criteria',
        description
    from scope_steps
    union all
    select
        6,
        0,
        'cap',
        'Within the cap on accounts'
),

counted as (
    select
        cast(row_number() over (order by steps.stage, steps.step) as bigint) as position,
        steps.scope_reason,
        case when steps.stage = 5 then steps.step end as step,
        steps.description,
        coalesce(dropped.dropped_count, 0) as dropped_count
    from steps
    left join dropped
        on
            steps.scope_reason = dropped.scope_reason
            and (steps.stage <> 5 or steps.step = dropped.first_failed_step)
),

running as (
    select
        counted.position,
        counted.scope_reason,
        counted.step,
        counted.description,
        counted.dropped_count,
        cast(
            landed.landed_count - sum(counted.dropped_count) over (order by counted.position)
            as bigint
        ) as kept_count,
        run.as_of
    from counted
    cross join landed
    cross join run
)

select * from running
