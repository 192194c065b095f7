with windows as (
    select * from {{ ref('int_windows__dated') }}
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
    where is_in_narrow_deal
),

-- An account counts once for each step, from the first time it took it (REC-5).
steps as (
    select
        one.account_id,
        one.product_number,
        following.product_number as next_product_number,
        max(following.period_number) as period_number
    from items as one
    inner join items as following
        on
            one.account_id = following.account_id
            and one.basket_number + 1 = following.basket_number
    group by one.account_id, one.product_number, following.product_number
),

-- The same without the question by what: the denominator of every step from a product.
left_behind as (
    select
        account_id,
        product_number,
        max(period_number) as period_number
    from steps
    group by account_id, product_number
),

by_period as (
    select
        product_number,
        next_product_number,
        period_number,
        count(*) as account_count
    from steps
    group by product_number, next_product_number, period_number
    union all
    select
        product_number,
        cast(null as int) as next_product_number,
        period_number,
        count(*) as account_count
    from left_behind
    group by product_number, period_number
),

counted as (
    select
        windows.window_number,
        by_period.product_number,
        by_period.next_product_number,
        cast(sum(by_period.account_count) as bigint) as account_count
    from by_period
    inner join windows on by_period.period_number >= windows.window_number
    group by windows.window_number, by_period.product_number, by_period.next_product_number
)

select * from counted
