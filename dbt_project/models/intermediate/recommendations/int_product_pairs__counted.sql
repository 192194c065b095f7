with windows as (
    select * from {{ ref('int_windows__dated') }}
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
),

owned as (
    select
        account_id,
        product_number,
        period_number,
        basket_number
    from items
    where item_purchase_number = 1 and is_of_narrow_account
),

owned_pairs as (
    select
        one.product_number,
        other.product_number as other_product_number,
        least(one.period_number, other.period_number) as period_number,
        count(*) as account_count,
        sum(case when other.basket_number > one.basket_number then 1 else 0 end) as after_count,
        sum(case when other.basket_number < one.basket_number then 1 else 0 end) as before_count
    from owned as one
    inner join owned as other
        on one.account_id = other.account_id and one.product_number < other.product_number
    group by
        one.product_number,
        other.product_number,
        least(one.period_number, other.period_number)
),

together as (
    select
        deal_id,
        product_number,
        period_number
    from items
    where is_in_narrow_deal
),

deal_pairs as (
    select
        one.product_number,
        other.product_number as other_product_number,
        one.period_number,
        count(*) as deal_count
    from together as one
    inner join together as other
        on one.deal_id = other.deal_id and one.product_number < other.product_number
    group by one.product_number, other.product_number, one.period_number
),

by_period as (
    select
        product_number,
        other_product_number,
        period_number,
        account_count,
        after_count,
        before_count,
        0 as deal_count
    from owned_pairs
    union all
    select
        product_number,
        other_product_number,
        period_number,
        0 as account_count,
        0 as after_count,
        0 as before_count,
        deal_count
    from deal_pairs
),

counted as (
    select
        windows.window_number,
        by_period.product_number,
        by_period.other_product_number,
        cast(sum(by_period.account_count) as bigint) as account_count,
        cast(sum(by_period.after_count) as bigint) as after_count,
        cast(sum(by_period.before_count) as bigint) as before_count,
        cast(sum(by_period.deal_count) as bigint) as deal_count
    from by_period
    inner join windows on by_period.period_number >= windows.window_number
    group by windows.window_number, by_period.product_number, by_period.other_product_number
)

select * from counted
