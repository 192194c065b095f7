with cut_points as (
    select
        as_of,
        metric,
        score,
        method,
        levels,
        threshold,
        is_inclusive,
        population_count
    from {{ ref('rpt_rfm_cut_points') }}
)

select * from cut_points
