with windows as (
    select * from {{ ref('int_prediction_windows__dated') }}
    where window_number > 0
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

chosen as (
    {{ criterion('predictions') }}
),

won as (
    select
        chosen.prediction_id,
        deals.account_id,
        deals.closed_on
    from chosen
    inner join deals on chosen.deal_id = deals.deal_id
    where {{ is_purchase('deals') }}
)

select
    windows.prediction_id,
    windows.window_number,
    won.account_id
from won
inner join windows
    on
        won.prediction_id = windows.prediction_id
        and won.closed_on > windows.cutoff_on
        and won.closed_on <= {{ add_days('windows.cutoff_on', 'windows.horizon_days') }}
inner join {{ ref('int_accounts__sampled') }} as accounts
    on won.account_id = accounts.account_id and accounts.is_sampled
group by windows.prediction_id, windows.window_number, won.account_id
