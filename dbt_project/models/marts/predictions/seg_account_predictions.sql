with run as (
    select * from {{ source('config', 'run') }}
),

cards as (
    select
        prediction_id,
        base_rate_share
    from {{ source('ml', 'prediction_cards') }}
)

select
    predictions.account_id,
    predictions.prediction_id,
    predictions.prediction_probability,
    predictions.verdict,
    cast(
        {{ rounded(
            'cast(predictions.prediction_probability / nullif(100 * cards.base_rate_share, 0)'
            ~ ' as decimal(24, 10))', 18, 4
        ) }} as decimal(18, 4)
    ) as lift,
    predictions.reason_1,
    predictions.contribution_1,
    predictions.reason_2,
    predictions.contribution_2,
    predictions.reason_3,
    predictions.contribution_3,
    run.as_of
from {{ source('ml', 'predictions') }} as predictions
cross join run
left join cards on predictions.prediction_id = cards.prediction_id
