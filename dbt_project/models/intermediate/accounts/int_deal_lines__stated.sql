with run as (
    select * from {{ source('config', 'run') }}
),

-- The rule of conversion divides amounts of four decimals.
lines as (
    select
        merged.*,
        {{ rounded('merged.line_amount', 22, 4) }} as rounded_amount
    from {{ ref('int_deal_lines__merged') }} as merged
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
),

stated as (
    select
        ---------- ids
        lines.deal_id,
        lines.product_id,
        lines.line_id,
        deals.account_id,
        ---------- texts
        products.product_name,
        products.category as product_category,
        deals.state,
        ---------- numbers
        lines.line_count,
        lines.quantity,
        lines.unit_price,
        lines.discount_share,
        lines.line_amount,
        case
            when deals.rate_source = 'base' then lines.line_amount
            when run.rate_direction = 'base_per_record'
                then cast(
                    {{ exact_product('lines.line_amount', 'deals.conversion_rate') }}
                    as decimal(30, 12)
                )
            else cast(
                {{ exact_quotient('lines.rounded_amount', 'deals.conversion_rate') }}
                as decimal(30, 12)
            )
        end as base_line_amount,
        ---------- booleans
        products.product_id is not null as is_product_known,
        ---------- dates
        deals.closing_date,
        deals.closed_on
    from lines
    cross join run
    inner join deals on lines.deal_id = deals.deal_id
    left join products on lines.product_id = products.product_id
)

select * from stated
