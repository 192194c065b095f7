with lines as (
    select
        deal_id,
        product_id
    from {{ ref('int_deal_lines__merged') }}
),

-- Landed, though perhaps not visible yet on this business date.
deals as (
    select deal_id from {{ source('landing', 'deals') }}
),

products as (
    select product_id from {{ ref('stg_crm__products') }}
),

doubted as (
    select
        'lines_of_unknown_deal' as check_name,
        lines.deal_id as record_id
    from lines
    where
        not exists (
            select 1 from deals
            where deals.deal_id = lines.deal_id
        )
    union all
    select
        'lines_without_product' as check_name,
        deal_id as record_id
    from lines
    where product_id is null
    union all
    select
        'lines_of_unknown_product' as check_name,
        lines.product_id as record_id
    from lines
    left join products on lines.product_id = products.product_id
    where lines.product_id is not null and products.product_id is null
)

select * from doubted
