with measured as (
    select * from {{ ref('int_accounts__rfm_measured') }}
),

-- Larger is better for every metric: a later purchase is a smaller number of days, negated.
goodness as (
    select
        'recency' as metric,
        cast(-recency_days as decimal(18, 4)) as goodness
    from measured
    union all
    select
        'frequency' as metric,
        frequency_value as goodness
    from measured
    union all
    select
        'monetary' as metric,
        cast(monetary_amount as decimal(18, 4)) as goodness
    from measured
),

summarized as (
    {{ rfm_quantiles('goodness', 'metric', 'goodness') }}
),

populations as (
    select
        metric,
        population_count,
        least_value as worst_goodness,
        greatest_value as best_goodness,
        quantiles
    from summarized
)

select * from populations
