select
    windows.window_number,
    windows.cutoff_on,
    windows.horizon_days,
    accounts.account_id,
    accounts.industry,
    accounts.created_on,
    accounts.size_label_id
from {{ ref('int_accounts__sampled') }} as accounts
inner join {{ ref('int_windows__dated') }} as windows
    on windows.window_number = 0 or accounts.is_sampled
