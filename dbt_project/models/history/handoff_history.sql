with run as (
    select * from {{ ref('int_runs__begun') }}
),

decided as (
    select * from {{ ref('int_handoffs__decided') }}
    where is_handed_off
),

handed_off as (
    select
        run.as_of,
        decided.account_id,
        decided.sales_ready_score,
        run.definition_hash
    from decided
    cross join run
)

select * from handed_off
