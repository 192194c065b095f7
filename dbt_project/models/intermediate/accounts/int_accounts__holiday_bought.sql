with run as (
    select * from {{ source('config', 'run') }}
),

holidays as (
    select distinct holiday_on from {{ source('config', 'holidays') }}
),

holiday_counts as (
    select count(*) as holiday_count from holidays
),

purchases as (
    select
        deals.deal_id,
        deals.account_id,
        deals.base_amount,
        deals.closed_on
    from {{ ref('int_deals__converted') }} as deals
    cross join run
    where
        deals.account_id is not null
        and deals.state = 'won'
        and deals.base_amount > 0
        and deals.closed_on > {{ add_months('run.as_of', -24) }}
        and deals.closed_on <= run.as_of
),

-- Up to 21 days before a holiday, and on it.
before_holidays as (
    select distinct purchases.deal_id
    from purchases
    inner join holidays
        on
            purchases.closed_on <= holidays.holiday_on
            and purchases.closed_on >= {{ add_days('holidays.holiday_on', -21) }}
),

summed as (
    select
        purchases.account_id,
        count(*) as purchase_count_24_months,
        cast(sum(purchases.base_amount) as decimal(22, 4)) as amount,
        cast(
            sum(case when before_holidays.deal_id is not null then purchases.base_amount else 0 end)
            as decimal(22, 4)
        ) as holiday_amount
    from purchases
    left join before_holidays on purchases.deal_id = before_holidays.deal_id
    group by purchases.account_id
)

select
    summed.account_id,
    summed.purchase_count_24_months,
    case
        when holiday_counts.holiday_count > 0
            then {{ exact_share_of('summed.holiday_amount', 'summed.amount') }}
    end as holiday_purchase_share
from summed
cross join holiday_counts
