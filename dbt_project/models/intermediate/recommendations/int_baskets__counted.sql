with windows as (
    select * from {{ ref('int_windows__dated') }}
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
),

purchases as (
    select
        period_number,
        count(*) as purchase_count
    from {{ ref('int_purchases__ordered') }}
    group by period_number
),

baskets as (
    select
        period_number,
        count(distinct deal_id) as basket_count,
        count(distinct case when basket_number = 1 then account_id end) as account_count
    from items
    group by period_number
),

by_period as (
    select
        purchases.period_number,
        purchases.purchase_count,
        coalesce(baskets.basket_count, 0) as basket_count,
        coalesce(baskets.account_count, 0) as account_count
    from purchases
    left join baskets on purchases.period_number = baskets.period_number
),

counted as (
    select
        windows.window_number,
        windows.cutoff_on,
        windows.horizon_days,
        cast(coalesce(sum(by_period.purchase_count), 0) as bigint) as purchase_count,
        cast(coalesce(sum(by_period.basket_count), 0) as bigint) as basket_count,
        cast(coalesce(sum(by_period.account_count), 0) as bigint) as account_count
    from windows
    left join by_period on windows.window_number <= by_period.period_number
    group by windows.window_number, windows.cutoff_on, windows.horizon_days
)

select * from counted
