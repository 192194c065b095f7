with windows as (
    select * from {{ ref('int_windows__dated') }}
),

products as (
    select * from {{ ref('int_products__numbered') }}
    where is_considered
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
),

-- Counted once by period; what a window knows are the periods before it.
by_period as (
    select
        product_number,
        period_number,
        count(*) as basket_count,
        sum(case when item_purchase_number = 1 then 1 else 0 end) as buyer_count,
        sum(case when item_purchase_number = 2 then 1 else 0 end) as repeat_buyer_count,
        sum(case when is_in_narrow_deal then 1 else 0 end) as narrow_basket_count,
        sum(case when item_purchase_number = 1 and is_of_narrow_account then 1 else 0 end)
            as narrow_buyer_count
    from items
    group by product_number, period_number
),

counted as (
    select
        windows.window_number,
        by_period.product_number,
        sum(by_period.basket_count) as basket_count,
        sum(by_period.buyer_count) as buyer_count,
        sum(by_period.repeat_buyer_count) as repeat_buyer_count,
        sum(by_period.narrow_basket_count) as narrow_basket_count,
        sum(by_period.narrow_buyer_count) as narrow_buyer_count,
        sum(case
            when by_period.period_number < windows.window_number + 2
                then by_period.basket_count
            else 0
        end) as recent_basket_count
    from by_period
    inner join windows on by_period.period_number >= windows.window_number
    group by windows.window_number, by_period.product_number
),

gaps as (
    select
        windows.window_number,
        items.product_number,
        {{ grouped_quantile('items.item_gap_days', '0.5') }} as typical_gap_days
    from items
    inner join windows on items.period_number >= windows.window_number
    where items.item_gap_days is not null
    group by windows.window_number, items.product_number
),

described as (
    select
        windows.window_number,
        products.product_number,
        products.product_id,
        products.is_offered,
        cast(coalesce(counted.basket_count, 0) as bigint) as basket_count,
        cast(coalesce(counted.buyer_count, 0) as bigint) as buyer_count,
        cast(coalesce(counted.repeat_buyer_count, 0) as bigint) as repeat_buyer_count,
        cast(coalesce(counted.recent_basket_count, 0) as bigint) as recent_basket_count,
        cast(coalesce(counted.narrow_basket_count, 0) as bigint) as narrow_basket_count,
        cast(coalesce(counted.narrow_buyer_count, 0) as bigint) as narrow_buyer_count,
        cast(gaps.typical_gap_days as bigint) as typical_gap_days
    from windows
    cross join products
    left join counted
        on
            windows.window_number = counted.window_number
            and products.product_number = counted.product_number
    left join gaps
        on
            windows.window_number = gaps.window_number
            and products.product_number = gaps.product_number
)

select * from described
