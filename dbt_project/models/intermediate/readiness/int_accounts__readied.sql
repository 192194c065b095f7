with settings as (
    select * from {{ source('config', 'sales_readiness_settings') }}
),

weighed as (
    select
        fitted.account_id,
        cast(coalesce(engaged.engagement_score, 0) as decimal(5, 2)) as engagement_score,
        fitted.fit_score,
        fitted.fulfilled_count,
        fitted.criterion_count,
        cast(coalesce(predictions.prediction_probability, 0) as decimal(5, 2))
            as prediction_probability,
        settings.engagement_weight,
        settings.fit_weight,
        settings.prediction_weight
    from {{ ref('int_accounts__fitted') }} as fitted
    cross join settings
    left join {{ ref('int_accounts__engaged') }} as engaged
        on fitted.account_id = engaged.account_id
    left join {{ source('ml', 'predictions') }} as predictions
        on
            fitted.account_id = predictions.account_id
            and settings.prediction_id = predictions.prediction_id
)

select
    account_id,
    engagement_score,
    fit_score,
    fulfilled_count,
    criterion_count,
    prediction_probability,
    cast(
        {{ rounded(
            'cast(engagement_weight * engagement_score + fit_weight * fit_score'
            ~ ' + prediction_weight * prediction_probability as decimal(18, 6))', 18, 2
        ) }} as decimal(5, 2)
    ) as sales_ready_score
from weighed
