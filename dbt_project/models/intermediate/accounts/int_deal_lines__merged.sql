with lines as (
    select
        deal_id,
        product_id,
        line_id,
        unit_price,
        discount_share,
        quantity,
        coalesce(
            line_amount,
            cast(
                cast(
                    cast(quantity as decimal(19, 4)) * cast(unit_price as decimal(19, 4))
                    as decimal(28, 8)
                ) * cast(1 - coalesce(discount_share, 0) as decimal(9, 4)) as decimal(28, 10)
            )
        ) as line_amount
    from {{ ref('stg_crm__deal_lines') }}
),

-- The same product twice in a deal is one product; quantities and amounts add up (LKP-8).
merged as (
    select
        deal_id,
        product_id,
        count(*) as line_count,
        min(line_id) as line_id,
        max(unit_price) as unit_price,
        max(discount_share) as discount_share,
        cast(sum(quantity) as decimal(18, 4)) as quantity,
        cast(sum(line_amount) as decimal(28, 10)) as line_amount
    from lines
    group by deal_id, product_id
)

select * from merged
