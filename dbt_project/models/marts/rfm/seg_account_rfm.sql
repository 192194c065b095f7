with run as (
    select * from {{ source('config', 'run') }}
),

techniques as (
    select is_active from {{ source('config', 'techniques') }}
    where technique = 'rfm'
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

scores as (
    select * from {{ ref('int_accounts__rfm_scored') }}
),

rfm as (
    select
        accounts.account_id,
        scores.account_id is not null as is_scored,
        accounts.first_purchase_on,
        accounts.last_purchase_on,
        accounts.purchase_count,
        scores.recency_days,
        scores.frequency_value,
        scores.monetary_amount,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        accounts.rfm_label_id,
        accounts.rfm_label_name,
        run.as_of
    from accounts
    cross join run
    inner join techniques on techniques.is_active
    left join scores on accounts.account_id = scores.account_id
)

select * from rfm
