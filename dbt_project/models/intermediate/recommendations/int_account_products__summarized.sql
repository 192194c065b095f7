with accounts as (
    select
        window_number,
        account_id
    from {{ ref('int_accounts__purchased') }}
),

windows as (
    select * from {{ ref('int_windows__dated') }}
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
),

known as (
    select
        accounts.window_number,
        items.*
    from accounts
    inner join items
        on
            accounts.account_id = items.account_id
            and accounts.window_number <= items.period_number
),

last_baskets as (
    select
        window_number,
        account_id,
        max(basket_number) as basket_number
    from known
    group by window_number, account_id
),

owned as (
    select
        known.window_number,
        known.account_id,
        known.product_number,
        count(*) as purchase_count,
        max(known.purchased_on) as last_purchased_on,
        max(known.basket_number) as last_basket_number
    from known
    group by known.window_number, known.account_id, known.product_number
),

-- Most products are bought once. A quantile keeps a list per group: one for every account and
-- product of half a million accounts would take gigabytes.
rhythms as (
    select
        known.window_number,
        known.account_id,
        known.product_number,
        {{ grouped_quantile('known.item_gap_days', '0.5') }} as typical_gap_days,
        {{ grouped_quantile('known.item_gap_days', '0.75') }}
        - {{ grouped_quantile('known.item_gap_days', '0.25') }} as gap_spread_days
    from known
    where known.item_gap_days is not null
    group by known.window_number, known.account_id, known.product_number
),

-- What is open today. Which products an open deal of the past had then, nobody can say any more.
offered as (
    select
        cast(0 as int) as window_number,
        deals.account_id,
        products.product_number
    from {{ ref('int_deals__converted') }} as deals
    inner join {{ ref('int_deal_lines__merged') }} as deal_lines
        on deals.deal_id = deal_lines.deal_id
    inner join {{ ref('int_products__numbered') }} as products
        on deal_lines.product_id = products.product_id and products.is_considered
    where deals.state = 'open'
    group by deals.account_id, products.product_number
),

open_items as (
    select offered.*
    from offered
    inner join accounts
        on
            offered.window_number = accounts.window_number
            and offered.account_id = accounts.account_id
),

summarized as (
    select
        coalesce(owned.window_number, open_items.window_number) as window_number,
        coalesce(owned.account_id, open_items.account_id) as account_id,
        coalesce(owned.product_number, open_items.product_number) as product_number,
        cast(coalesce(owned.purchase_count, 0) as bigint) as purchase_count,
        {{ days_between('owned.last_purchased_on', 'windows.cutoff_on') }} as last_purchase_days,
        cast(rhythms.typical_gap_days as bigint) as typical_gap_days,
        cast(rhythms.gap_spread_days as bigint) as gap_spread_days,
        coalesce(owned.last_basket_number = last_baskets.basket_number, false)
            as is_in_last_basket,
        open_items.product_number is not null as is_in_open_deal
    from owned
    full outer join open_items
        on
            owned.window_number = open_items.window_number
            and owned.account_id = open_items.account_id
            and owned.product_number = open_items.product_number
    inner join windows
        on coalesce(owned.window_number, open_items.window_number) = windows.window_number
    left join rhythms
        on
            owned.window_number = rhythms.window_number
            and owned.account_id = rhythms.account_id
            and owned.product_number = rhythms.product_number
    left join last_baskets
        on
            owned.window_number = last_baskets.window_number
            and owned.account_id = last_baskets.account_id
)

select * from summarized
