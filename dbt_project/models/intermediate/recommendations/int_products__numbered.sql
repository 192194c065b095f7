with products as (
    select * from {{ ref('stg_crm__products') }}
),

settings as (
    select * from {{ source('config', 'recommendation_settings') }}
),

purchases as (
    select
        deal_id,
        account_id
    from {{ ref('int_purchases__ordered') }}
),

bought as (
    select
        deal_lines.product_id,
        count(distinct purchases.account_id) as buyer_count
    from {{ ref('int_deal_lines__merged') }} as deal_lines
    inner join purchases on deal_lines.deal_id = purchases.deal_id
    where deal_lines.product_id is not null
    group by deal_lines.product_id
),

known as (
    select
        coalesce(products.product_id, bought.product_id) as product_id,
        coalesce(bought.buyer_count, 0) as buyer_count,
        -- Inactive, deleted and unknown products stay in the history, never offered (REC-11).
        products.product_id is not null
        and coalesce(products.is_active, true)
        and not coalesce(products.is_deleted, false) as is_offered
    from products
    full outer join bought on products.product_id = bought.product_id
),

-- The best sold products are learned from; the setting bounds time and memory.
ranked as (
    select
        known.*,
        row_number() over (order by known.buyer_count desc, known.product_id asc)
        <= settings.most_products as is_considered
    from known
    cross join settings
),

-- Numbered by their keys: a number must not tell what was bought after a cut-off.
numbered as (
    select
        cast(row_number() over (order by is_considered desc, product_id asc) - 1 as int)
            as product_number,
        product_id,
        buyer_count,
        is_offered,
        is_considered
    from ranked
)

select * from numbered
