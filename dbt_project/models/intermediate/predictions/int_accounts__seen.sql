with cutoffs as (
    select distinct
        cutoff_on,
        window_number = 0 as is_today
    from {{ ref('int_prediction_windows__dated') }}
)

select
    cutoffs.cutoff_on,
    accounts.account_id,
    accounts.industry,
    accounts.size_label_id,
    accounts.created_on
from {{ ref('int_accounts__sampled') }} as accounts
inner join cutoffs on cutoffs.is_today or accounts.is_sampled
