-- Few pairs come twice, so only those are added up. Pairs that share a fingerprint by chance take
-- the same way and stay apart there.
with repeated as (
    select {{ row_fingerprint(['deal_id', 'product_id']) }} as pair
    from {{ ref('stg_crm__deal_lines') }}
    group by {{ row_fingerprint(['deal_id', 'product_id']) }}
    having count(*) > 1
),

-- Lines are read once for either way: kept between the two they would cost as much as being read.
single as (
    select
        lines.deal_id,
        lines.product_id,
        cast(1 as bigint) as line_count,
        lines.line_id,
        lines.unit_price,
        lines.discount_share,
        lines.quantity,
        {{ line_amount('lines') }} as line_amount
    from {{ ref('stg_crm__deal_lines') }} as lines
    where
        {{ row_fingerprint(['lines.deal_id', 'lines.product_id']) }}
        not in (select repeated.pair from repeated)
),

-- The same product twice in a deal is one product; quantities and amounts add up (LKP-8).
added as (
    select
        lines.deal_id,
        lines.product_id,
        count(*) as line_count,
        min(lines.line_id) as line_id,
        max(lines.unit_price) as unit_price,
        max(lines.discount_share) as discount_share,
        cast(sum(lines.quantity) as decimal(18, 4)) as quantity,
        cast(sum({{ line_amount('lines') }}) as decimal(30, 12)) as line_amount
    from {{ ref('stg_crm__deal_lines') }} as lines
    where
        {{ row_fingerprint(['lines.deal_id', 'lines.product_id']) }}
        in (select repeated.pair from repeated)
    group by lines.deal_id, lines.product_id
),

merged as (
    select * from single
    union all
    select * from added
)

select * from merged
