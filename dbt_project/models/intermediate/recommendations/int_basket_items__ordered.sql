with purchases as (
    select * from {{ ref('int_purchases__ordered') }}
),

settings as (
    select * from {{ source('config', 'recommendation_settings') }}
),

products as (
    select * from {{ ref('int_products__numbered') }}
    where is_considered
),

-- A basket is the set of products of a purchase (REC-9); lines are merged by product already.
items as (
    select
        purchases.account_id,
        purchases.deal_id,
        products.product_number,
        purchases.purchased_on,
        purchases.period_number,
        purchases.purchase_number
    from purchases
    inner join {{ ref('int_deal_lines__merged') }} as deal_lines
        on purchases.deal_id = deal_lines.deal_id
    inner join products on deal_lines.product_id = products.product_id
),

ordered as (
    select
        *,
        -- Purchases without products are no baskets: consecutive baskets stay consecutive.
        dense_rank() over (partition by account_id order by purchase_number) as basket_number,
        row_number() over (
            partition by account_id, product_number order by purchase_number
        ) as item_purchase_number,
        lag(purchased_on) over (
            partition by account_id, product_number order by purchase_number
        ) as item_previous_on,
        count(*) over (partition by deal_id) as deal_product_count
    from items
),

sized as (
    select
        *,
        sum(case when item_purchase_number = 1 then 1 else 0 end) over (
            partition by account_id
        ) as account_product_count
    from ordered
)

select
    sized.account_id,
    sized.deal_id,
    sized.product_number,
    sized.purchased_on,
    sized.period_number,
    sized.basket_number,
    sized.item_purchase_number,
    {{ days_between('sized.item_previous_on', 'sized.purchased_on') }} as item_gap_days,
    -- What is wide says little about any one pair, and costs the square of its size.
    sized.deal_product_count <= settings.largest_basket as is_in_narrow_deal,
    sized.account_product_count <= settings.largest_basket as is_of_narrow_account
from sized
cross join settings
