with windows as (
    select * from {{ ref('int_windows__dated') }}
),

settings as (
    select * from {{ source('config', 'recommendation_settings') }}
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

account_sizes as (
    select
        account_id,
        sum(case when item_purchase_number = 1 then 1 else 0 end) as item_count
    from items
    group by account_id
),

deal_sizes as (
    select
        deal_id,
        count(*) as item_count
    from items
    group by deal_id
),

-- Whoever began with a product, and whatever was sold; narrow are those that pairs are counted of.
begun as (
    select
        items.account_id,
        items.deal_id,
        items.period_number,
        items.basket_number = 1 as is_first,
        account_sizes.item_count <= settings.largest_basket as is_narrow_account,
        deal_sizes.item_count <= settings.largest_basket as is_narrow_deal
    from items
    cross join settings
    inner join account_sizes on items.account_id = account_sizes.account_id
    inner join deal_sizes on items.deal_id = deal_sizes.deal_id
),

baskets as (
    select
        period_number,
        count(distinct deal_id) as basket_count,
        count(distinct case when is_narrow_deal then deal_id end) as narrow_basket_count,
        count(distinct case when is_first then account_id end) as account_count,
        count(distinct case when is_first and is_narrow_account then account_id end)
            as narrow_account_count
    from begun
    group by period_number
),

by_period as (
    select
        purchases.period_number,
        purchases.purchase_count,
        coalesce(baskets.basket_count, 0) as basket_count,
        coalesce(baskets.narrow_basket_count, 0) as narrow_basket_count,
        coalesce(baskets.account_count, 0) as account_count,
        coalesce(baskets.narrow_account_count, 0) as narrow_account_count
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
        cast(coalesce(sum(by_period.narrow_basket_count), 0) as bigint) as narrow_basket_count,
        cast(coalesce(sum(by_period.account_count), 0) as bigint) as account_count,
        cast(coalesce(sum(by_period.narrow_account_count), 0) as bigint) as narrow_account_count
    from windows
    left join by_period on windows.window_number <= by_period.period_number
    group by windows.window_number, windows.cutoff_on, windows.horizon_days
)

select * from counted
