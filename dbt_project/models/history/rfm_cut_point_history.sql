with run as (
    select * from {{ ref('int_runs__begun') }}
),

cut_points as (
    select
        run.as_of,
        published.metric,
        published.score,
        published.method,
        published.levels,
        published.threshold,
        published.is_inclusive,
        published.population_count
    from {{ ref('rpt_rfm_cut_points') }} as published
    cross join run
)

select * from cut_points
