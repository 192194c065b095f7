with run as (
    select * from {{ source('config', 'run') }}
),

metrics as (
    select
        metric,
        method,
        cast(levels as int) as levels
    from {{ source('config', 'rfm_metrics') }}
),

populations as (
    select * from {{ ref('int_rfm__summarized') }}
),

-- Thresholds that a marketer set need no population, so only automatic methods warn (RFM-19).
warned as (
    select
        case
            when populations.worst_goodness = populations.best_goodness
                then 'rfm_degenerate_metric'
            else 'rfm_small_population'
        end as warning,
        populations.metric,
        populations.population_count,
        metrics.levels,
        run.as_of
    from populations
    cross join run
    inner join metrics on populations.metric = metrics.metric
    where
        metrics.method <> 'manual'
        and (
            populations.worst_goodness = populations.best_goodness
            or populations.population_count < metrics.levels
        )
)

select * from warned
