with lines as (
    select
        deal_id,
        product_id,
        line_id,
        unit_price,
        discount_share,
        quantity,
        -- Twelve decimals hold the product as it is; rounding it would cost more than all the rest.
        coalesce(
            cast(line_amount as decimal(30, 12)),
            cast(
                cast(
                    cast(quantity as decimal(19, 4)) * cast(unit_price as decimal(19, 4))
                    as decimal(28, 8)
                ) * cast(1 - coalesce(discount_share, 0) as decimal(9, 4)) as decimal(30, 12)
            )
        ) as line_amount,
        {{ row_fingerprint(['deal_id', 'product_id']) }} as pair
    from {{ ref('stg_crm__deal_lines') }}
),

-- Few pairs come twice, so only those are added up. Pairs that share a fingerprint by chance take
-- the same way and stay apart there.
repeated as (
    select pair
    from lines
    group by pair
    having count(*) > 1
),

-- The same product twice in a deal is one product; quantities and amounts add up (LKP-8).
merged as (
    select
        deal_id,
        product_id,
        cast(1 as bigint) as line_count,
        line_id,
        unit_price,
        discount_share,
        quantity,
        line_amount
    from lines
    where pair not in (select repeated.pair from repeated)
    union all
    select
        deal_id,
        product_id,
        count(*) as line_count,
        min(line_id) as line_id,
        max(unit_price) as unit_price,
        max(discount_share) as discount_share,
        cast(sum(quantity) as decimal(18, 4)) as quantity,
        cast(sum(line_amount) as decimal(30, 12)) as line_amount
    from lines
    where pair in (select repeated.pair from repeated)
    group by deal_id, product_id
)

select * from merged
