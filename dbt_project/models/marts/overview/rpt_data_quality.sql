with run as (
    select * from {{ source('config', 'run') }}
),

checks as (
    {{ quality_checks() }}
),

doubted as (
    select * from {{ ref('int_deals__doubted') }}
    union all
    select * from {{ ref('int_deal_lines__doubted') }}
    union all
    select * from {{ ref('int_accounts__doubted') }}
    union all
    select * from {{ ref('int_events__doubted') }}
),

findings as (
    {{ counted_with_examples('doubted', ['check_name'], 'record_id') }}
),

loads as (
    select
        module,
        load_id
    from {{ ref('stg_landing__loads') }}
    where is_current
),

-- Kept rows with a doubtful value, as the door named them (MAP-9).
landing_warnings as (
    select
        warnings.module || '_' || coalesce(warnings.field, 'row') || '_' || warnings.reason
            as check_name,
        warnings.module,
        warnings.reason,
        warnings.field,
        warnings.record_id
    from {{ source('landing', 'warnings') }} as warnings
    inner join loads on warnings.module = loads.module and warnings.load_id = loads.load_id
),

landing_findings as (
    {{
        counted_with_examples(
            'landing_warnings', ['check_name', 'module', 'reason', 'field'], 'record_id'
        )
    }}
),

reported as (
    select
        checks.check_name,
        checks.module,
        checks.severity,
        checks.description,
        coalesce(findings.finding_count, 0) as finding_count,
        findings.example_ids
    from checks
    left join findings on checks.check_name = findings.check_name
    union all
    select
        check_name,
        module,
        'warning' as severity,
        'Kept at the door although doubtful: ' || reason || coalesce(' in ' || field, '')
        || ' (MAP-9).' as description,
        finding_count,
        example_ids
    from landing_findings
)

select
    reported.*,
    run.as_of
from reported
cross join run
