-- Account revenue is the sum of its won deals closed by the business date (EDG-6), rounded once.
{{ config(meta={'dagster': {'ref': {'name': 'dim_accounts'}}}) }}

with deals as (
    select
        account_id,
        cast(sum(base_amount) as decimal(18, 2)) as revenue_amount
    from {{ ref('fct_deals') }}
    where state = 'won' and closed_on is not null and not is_closed_in_future
    group by account_id
)

select
    accounts.account_id,
    accounts.revenue_amount,
    deals.revenue_amount as summed_amount
from {{ ref('dim_accounts') }} as accounts
left join deals on accounts.account_id = deals.account_id
where accounts.revenue_amount <> coalesce(deals.revenue_amount, 0)
