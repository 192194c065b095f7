with measured as (
    select * from {{ ref('int_accounts__rfm_measured') }}
),

thresholds as (
    select
        {{ rfm_thresholds_of('recency') }},
        {{ rfm_thresholds_of('frequency') }},
        {{ rfm_thresholds_of('monetary') }}
    from {{ ref('int_rfm__cut_points') }}
),

scored as (
    select
        measured.account_id,
        measured.last_purchase_on,
        measured.recency_days,
        measured.frequency_value,
        measured.monetary_amount,
        {{ rfm_score('cast(-measured.recency_days as decimal(18, 4))', 'thresholds', 'recency') }}
            as recency_score,
        {{ rfm_score('measured.frequency_value', 'thresholds', 'frequency') }} as frequency_score,
        {{
            rfm_score(
                'cast(measured.monetary_amount as decimal(18, 4))', 'thresholds', 'monetary'
            )
        }}
            as monetary_score
    from measured
    cross join thresholds
)

select * from scored
