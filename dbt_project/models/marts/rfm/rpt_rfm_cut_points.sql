with run as (
    select * from {{ source('config', 'run') }}
),

metrics as (
    select * from {{ source('config', 'rfm_metrics') }}
),

cut_points as (
    select * from {{ ref('int_rfm__cut_points') }}
),

populations as (
    select * from {{ ref('int_rfm__summarized') }}
),

published as (
    select
        cut_points.metric,
        cut_points.score,
        metrics.method,
        cast(metrics.levels as int) as levels,
        case
            when cut_points.metric = 'recency' then -cut_points.threshold
            else cut_points.threshold
        end as threshold,
        cut_points.is_inclusive,
        case
            when cut_points.metric = 'recency'
                then {{ add_days('run.as_of', 'ceil(cut_points.threshold)') }}
        end as threshold_on,
        coalesce(populations.population_count, 0) as population_count,
        case
            when cut_points.metric = 'recency' then -populations.worst_goodness
            else populations.worst_goodness
        end as worst_value,
        case
            when cut_points.metric = 'recency' then -populations.best_goodness
            else populations.best_goodness
        end as best_value,
        run.as_of
    from cut_points
    cross join run
    inner join metrics on cut_points.metric = metrics.metric
    left join populations on cut_points.metric = populations.metric
)

select * from published
