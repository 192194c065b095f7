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

populations as (
    select
        metric,
        count(*) as population_count,
        min(goodness) as worst_goodness,
        max(goodness) as best_goodness,
        {{ rfm_quantiles('goodness') }} as quantiles
    from goodness
    group by metric
)

select * from populations
