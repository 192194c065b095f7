-- Of a deal only what its dates tell is known of a past day: it was open until it was closed.
with dated as (
    select
        seen.cutoff_on,
        seen.account_id,
        deals.base_amount,
        deals.created_on,
        deals.closed_on,
        coalesce(
            {{ is_purchase('deals') }} and deals.closed_on <= seen.cutoff_on, false
        ) as is_won,
        coalesce(deals.state = 'lost' and deals.closed_on <= seen.cutoff_on, false) as is_lost,
        coalesce(
            deals.created_on <= seen.cutoff_on
            and (deals.state = 'open' or deals.closed_on > seen.cutoff_on),
            false
        ) as is_open,
        {{ days_between('deals.closed_on', 'seen.cutoff_on') }} as closed_days
    from {{ ref('int_accounts__seen') }} as seen
    inner join {{ ref('int_deals__converted') }} as deals on seen.account_id = deals.account_id
    where least(deals.created_on, deals.closed_on) <= seen.cutoff_on
)

select
    cutoff_on,
    account_id,
    min(least(created_on, closed_on)) as first_deal_on,
    sum(case when is_won then 1 else 0 end) as won_count,
    sum(case when is_won and closed_days < 365 then 1 else 0 end) as won_count_365,
    sum(case when is_won then base_amount end) as won_amount,
    max(case when is_won then closed_days end) as first_won_days,
    min(case when is_won then closed_days end) as last_won_days,
    sum(case when is_lost then 1 else 0 end) as lost_count,
    sum(case when is_open then 1 else 0 end) as open_count
from dated
group by cutoff_on, account_id
