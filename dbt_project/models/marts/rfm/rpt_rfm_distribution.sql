with run as (
    select * from {{ source('config', 'run') }}
),

metrics as (
    select
        metric,
        cast(levels as int) as levels
    from {{ source('config', 'rfm_metrics') }}
),

accounts as (
    select
        account_id,
        exact_revenue_amount
    from {{ ref('int_accounts__measured') }}
),

scores as (
    select * from {{ ref('int_accounts__rfm_scored') }}
),

levels as (
    select 1 as score
    union all
    select 2 as score
    union all
    select 3 as score
    union all
    select 4 as score
    union all
    select 5 as score
),

scored as (
    select
        'recency' as metric,
        scores.recency_score as score,
        scores.account_id,
        cast(scores.recency_days as decimal(18, 4)) as metric_value
    from scores
    union all
    select
        'frequency' as metric,
        scores.frequency_score as score,
        scores.account_id,
        scores.frequency_value as metric_value
    from scores
    union all
    select
        'monetary' as metric,
        scores.monetary_score as score,
        scores.account_id,
        cast(scores.monetary_amount as decimal(18, 4)) as metric_value
    from scores
),

summarized as (
    select
        scored.metric,
        scored.score,
        count(*) as account_count,
        sum(accounts.exact_revenue_amount) as revenue_amount,
        min(scored.metric_value) as lowest_value,
        max(scored.metric_value) as highest_value
    from scored
    inner join accounts on scored.account_id = accounts.account_id
    group by scored.metric, scored.score
),

population as (
    select count(*) as population_count from scores
),

-- Every level has its row, also where ties leave it empty (RFM-17).
distribution as (
    select
        metrics.metric,
        levels.score,
        coalesce(summarized.account_count, 0) as account_count,
        cast(
            case
                when population.population_count > 0
                    then
                        cast(coalesce(summarized.account_count, 0) as double)
                        / population.population_count
            end as double
        ) as account_share,
        cast(coalesce(summarized.revenue_amount, 0) as decimal(18, 2)) as revenue_amount,
        summarized.lowest_value,
        summarized.highest_value,
        run.as_of
    from metrics
    cross join run
    cross join population
    inner join levels on metrics.levels >= levels.score
    left join summarized
        on metrics.metric = summarized.metric and levels.score = summarized.score
)

select * from distribution
