with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'contacts'
),

versions as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'contacts') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'contacts'), 'contact_id') }}
),

in_force as (
    select
        ---------- ids
        versions.contact_id,
        versions.account_id,
        ---------- texts
        versions.email,
        versions.first_name,
        versions.last_name,
        versions.title,
        versions.phone,
        ---------- booleans
        versions.is_primary,
        versions.email_opt_out,
        ---------- dates
        versions.created_at,
        versions.modified_at,
        versions.custom_fields,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(newest.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from versions
    left join newest on versions.contact_id = newest.contact_id
    cross join run
    where
        coalesce(newest.load_id = versions.load_id, true)
        and coalesce(versions.created_at < run.ends_at, true)
)

select * from in_force
