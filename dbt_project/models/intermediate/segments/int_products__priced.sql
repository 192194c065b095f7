with run as (
    select * from {{ source('config', 'run') }}
),

-- What a product brought per deal lately: more than its list price where pieces are many.
sold as (
    select
        deal_lines.product_id,
        deal_lines.base_line_amount
    from {{ ref('int_deal_lines__stated') }} as deal_lines
    cross join run
    where
        deal_lines.state = 'won'
        and deal_lines.base_line_amount > 0
        and deal_lines.closed_on <= run.as_of
        and deal_lines.closed_on > {{ add_months('run.as_of', -24) }}
        and deal_lines.product_id is not null
),

medians as (
    {{ discrete_quantiles_by('sold', 'product_id', 'base_line_amount', ['0.499999999999']) }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
)

select
    products.product_id,
    cast(
        coalesce({{ list_element('medians.quantiles', 1) }}, products.unit_price, 0)
        as decimal(18, 2)
    ) as typical_price_amount
from products
left join medians on products.product_id = medians.product_id
