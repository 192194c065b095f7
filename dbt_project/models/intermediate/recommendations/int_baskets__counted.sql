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

deals as (
    select
        deal_id,
        min(period_number) as period_number,
        max(case when is_in_narrow_deal then 1 else 0 end) as narrow_count
    from items
    group by deal_id
),

-- Whoever began is known from the period of the first basket, the furthest back.
accounts as (
    select
        account_id,
        max(period_number) as period_number,
        max(case when is_of_narrow_account then 1 else 0 end) as narrow_count
    from items
    group by account_id
),

sold as (
    select
        period_number,
        count(*) as basket_count,
        sum(narrow_count) as narrow_basket_count
    from deals
    group by period_number
),

begun as (
    select
        period_number,
        count(*) as account_count,
        sum(narrow_count) as narrow_account_count
    from accounts
    group by period_number
),

by_period as (
    select
        purchases.period_number,
        purchases.purchase_count,
        coalesce(sold.basket_count, 0) as basket_count,
        coalesce(sold.narrow_basket_count, 0) as narrow_basket_count,
        coalesce(begun.account_count, 0) as account_count,
        coalesce(begun.narrow_account_count, 0) as narrow_account_count
    from purchases
    left join sold on purchases.period_number = sold.period_number
    left join begun on purchases.period_number = begun.period_number
),

counted as (
    select
        windows.window_number,
        windows.cutoff_on,
        windows.horizon_days,
        cast(coalesce(sum(by_period.purchase_count), 0) as bigint) as purchase_count,
        cast(coalesce(sum(by_period.basket_count), 0) as bigint) as basket_count,
        cast(coalesce(sum(by_period.narrow_basket_count), 0) as bigint) as narrow_basket_count,
        cast(coalesce(sum(by_period.account_count), 0) as bigint) as account_count,
        cast(coalesce(sum(by_period.narrow_account_count), 0) as bigint) as narrow_account_count
    from windows
    left join by_period on windows.window_number <= by_period.period_number
    group by windows.window_number, windows.cutoff_on, windows.horizon_days
)

select * from counted
