with purchases as (
    select * from {{ ref('int_purchases__ordered') }}
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
        ) as item_previous_on
    from items
)

select
    account_id,
    deal_id,
    product_number,
    purchased_on,
    period_number,
    basket_number,
    item_purchase_number,
    {{ days_between('item_previous_on', 'purchased_on') }} as item_gap_days
from ordered
