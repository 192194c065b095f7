with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'leads'
),

versions as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'leads') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'leads'), 'lead_id') }}
),

in_force as (
    select
        ---------- ids
        versions.lead_id,
        versions.campaign_id,
        versions.contact_id,
        versions.account_id,
        ---------- texts
        versions.lead_source,
        lower(versions.campaign_kind) as campaign_kind,
        versions.path,
        versions.email,
        versions.phone,
        versions.first_name,
        versions.last_name,
        versions.company_name,
        versions.website,
        versions.country,
        ---------- dates
        versions.captured_at,
        versions.converted_at,
        versions.modified_at,
        versions.custom_fields,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(newest.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from versions
    left join newest on versions.lead_id = newest.lead_id
    cross join run
    where
        coalesce(newest.load_id = versions.load_id, true)
        and coalesce(versions.captured_at < run.ends_at, true)
)

select * from in_force
