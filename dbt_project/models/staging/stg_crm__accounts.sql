with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'accounts'
),

versions as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'accounts') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'accounts'), 'account_id') }}
),

in_force as (
    select
        ---------- ids
        versions.account_id,
        versions.owner_id,
        versions.parent_account_id,
        versions.merged_into_id,
        ---------- texts
        versions.account_name,
        versions.website,
        versions.industry,
        versions.account_type,
        versions.ownership,
        versions.rating,
        versions.phone,
        versions.billing_country,
        versions.billing_state,
        versions.billing_city,
        versions.billing_street,
        versions.billing_code,
        versions.currency,
        versions.status,
        ---------- numbers
        versions.employees,
        versions.annual_revenue,
        ---------- dates
        versions.created_at,
        versions.modified_at,
        versions.contract_end_date,
        versions.custom_fields,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(newest.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from versions
    left join newest on versions.account_id = newest.account_id
    cross join run
    where
        coalesce(newest.load_id = versions.load_id, true)
        and coalesce(versions.created_at < run.ends_at, true)
)

select * from in_force
