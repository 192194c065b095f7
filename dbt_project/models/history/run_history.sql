with run as (
    select * from {{ ref('int_runs__begun') }}
),

-- Appended to last: a business date counts as run once all that it remembers is there.
remembered as (
    select count(*) as row_count from {{ ref('account_state_history') }}
    union all
    select count(*) as row_count from {{ ref('rfm_cut_point_history') }}
    union all
    select count(*) as row_count from {{ ref('segment_revision_history') }}
    union all
    select count(*) as row_count from {{ ref('segment_event_history') }}
    union all
    select count(*) as row_count from {{ ref('sales_readiness_history') }}
    union all
    select count(*) as row_count from {{ ref('handoff_history') }}
),

completed as (
    select
        run.as_of,
        run.definition_hash,
        cast(sum(remembered.row_count) as bigint) as remembered_row_count,
        run.engine,
        run.techniques_hash
    from run
    cross join remembered
    group by run.as_of, run.definition_hash, run.engine, run.techniques_hash
)

select * from completed
