with loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'deal_lines'
),

lines as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'deal_lines') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

-- A deal is replaced with all its lines, so its newest load decides (contract of the module).
newest as (
    select
        landed.deal_id,
        max(loads.load_precedence) as last_precedence
    from {{ source('landing', 'deal_lines') }} as landed
    inner join loads on landed.load_id = loads.load_id
    where
        landed.deal_id in (
            select contested.deal_id from {{ source('landing', 'deal_lines') }} as contested
            inner join loads as smaller
                on contested.load_id = smaller.load_id and not smaller.is_largest_load
        )
    group by landed.deal_id
),

in_force as (
    select
        ---------- ids
        lines.deal_id,
        lines.product_id,
        lines.line_id,
        ---------- numbers
        lines.quantity,
        lines.unit_price,
        lines.discount_share,
        lines.line_amount
    from lines
    left join newest on lines.deal_id = newest.deal_id
    where
        coalesce(newest.last_precedence = lines.load_precedence, true)
        and coalesce(lines.load_precedence >= lines.newest_snapshot_precedence, true)
        and not coalesce(lines.is_deleted, false)
)

select * from in_force
