with run as (
    select * from {{ source('config', 'run') }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
),

described as (
    select
        products.product_id,
        products.product_name,
        products.product_code,
        products.category,
        products.vendor,
        products.unit_price,
        products.quantity_in_stock,
        products.quantity_ordered,
        coalesce(products.is_active, true) and not products.is_deleted as is_active,
        products.is_deleted,
        products.custom_fields,
        run.as_of
    from products
    cross join run
)

select * from described
