with metrics as (
    select
        metric,
        method,
        cast(levels as int) as levels
    from {{ source('config', 'rfm_metrics') }}
),

thresholds as (
    select
        metric,
        cast(score as int) as score,
        cast(threshold as decimal(18, 4)) as threshold,
        is_inclusive
    from {{ source('config', 'rfm_thresholds') }}
),

populations as (
    select * from {{ ref('int_rfm__summarized') }}
),

cuts as (
    {{ rfm_cuts() }}
),

-- Cut j is passed by what is better than the value at position ceil(j * n / k); the best value
-- always reaches the top, unless it is the worst as well (RFM-17, RFM-19).
percentile_cuts as (
    select
        metrics.metric,
        cuts.cut + 1 as score,
        {{ list_element('populations.quantiles', 'cuts.element') }} as threshold,
        cuts.cut = metrics.levels - 1
        and {{ list_element('populations.quantiles', 'cuts.element') }} = populations.best_goodness
        and populations.best_goodness <> populations.worst_goodness as is_inclusive,
        1 as multiplier,
        {{ list_element('populations.quantiles', 'cuts.element') }} as scaled_threshold
    from metrics
    inner join cuts on metrics.levels = cuts.levels
    inner join populations on metrics.metric = populations.metric
    where metrics.method = 'percentile'
),

-- Bins of equal width (RFM-20), multiplied by the levels so that nothing is rounded.
range_cuts as (
    select
        metrics.metric,
        cuts.cut + 1 as score,
        cast(
            populations.worst_goodness
            + (populations.best_goodness - populations.worst_goodness)
            * cuts.cut / metrics.levels as decimal(18, 4)
        ) as threshold,
        true as is_inclusive,
        metrics.levels as multiplier,
        cast(populations.best_goodness as decimal(20, 4)) * cuts.cut
        + cast(populations.worst_goodness as decimal(20, 4)) * (metrics.levels - cuts.cut)
            as scaled_threshold
    from metrics
    inner join cuts on metrics.levels = cuts.levels
    inner join populations on metrics.metric = populations.metric
    where
        metrics.method = 'range'
        and populations.best_goodness <> populations.worst_goodness
),

manual_cuts as (
    select
        metrics.metric,
        thresholds.score,
        thresholds.threshold,
        thresholds.is_inclusive,
        1 as multiplier,
        thresholds.threshold as scaled_threshold
    from metrics
    inner join thresholds on metrics.metric = thresholds.metric
    where metrics.method = 'manual' and thresholds.score > 1
),

all_cuts as (
    select * from percentile_cuts
    union all
    select * from range_cuts
    union all
    select * from manual_cuts
),

-- One threshold a score: a manual score that several ranges reach takes the lowest of them.
ranked as (
    select
        all_cuts.*,
        row_number() over (
            partition by metric, score
            order by scaled_threshold asc, is_inclusive desc
        ) as threshold_rank
    from all_cuts
)

select
    metric,
    score,
    threshold,
    is_inclusive,
    cast(multiplier as decimal(2, 0)) as multiplier,
    cast(scaled_threshold as decimal(24, 4)) as scaled_threshold
from ranked
where threshold_rank = 1
