with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'products'
),

versions as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'products') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'products'), 'product_id') }}
),

in_force as (
    select
        ---------- ids
        versions.product_id,
        ---------- texts
        versions.product_name,
        versions.product_code,
        versions.vendor,
        versions.category,
        ---------- numbers
        versions.unit_price,
        versions.quantity_in_stock,
        versions.quantity_ordered,
        ---------- booleans
        versions.is_active,
        ---------- dates
        versions.modified_at,
        versions.custom_fields,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(newest.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from versions
    left join newest on versions.product_id = newest.product_id
    where
        coalesce(newest.load_id = versions.load_id, true)
)

select * from in_force
