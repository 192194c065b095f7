with run as (
    select * from {{ source('config', 'run') }}
),

rules as (
    select * from {{ source('ml', 'association_rules') }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
)

select
    rules.*,
    products.product_name as consequent_product_name,
    run.as_of
from rules
cross join run
left join products on rules.consequent_product_id = products.product_id
