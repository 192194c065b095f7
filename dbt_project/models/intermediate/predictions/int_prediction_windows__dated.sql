with run as (
    select * from {{ source('config', 'run') }}
),

predictions as (
    select * from {{ source('config', 'predictions') }}
),

numbers as (
    select numbered.window_number
    from (values (0), (1), (2), (3), (4), (5)) as numbered (window_number)
),

dated as (
    select
        predictions.prediction_id,
        cast(numbers.window_number as int) as window_number,
        predictions.horizon_days,
        {{ add_days('run.as_of', '-(predictions.horizon_days * numbers.window_number)') }}
            as cutoff_on
    from predictions
    cross join numbers
    cross join run
),

-- Before it the data do not tell who won, so that no deal is no answer. A refund is none (REC-9).
reached as (
    select min(deals.closed_on) as first_won_on
    from {{ ref('int_deals__converted') }} as deals
    where {{ is_purchase('deals') }}
)

-- What a window knows of deals reaches one horizon back at least, as far as its answer does ahead.
select
    dated.prediction_id,
    dated.window_number,
    dated.horizon_days,
    dated.cutoff_on
from dated
cross join reached
where
    dated.window_number = 0
    or {{ add_days('reached.first_won_on', 'dated.horizon_days') }} <= dated.cutoff_on
