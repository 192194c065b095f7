with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'deals'
),

versions as (
    select
        landed.*,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'deals') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'deals'), 'deal_id') }}
),

in_force as (
    select
        ---------- ids
        versions.deal_id,
        versions.account_id,
        versions.contact_id,
        versions.campaign_source_id,
        ---------- texts
        versions.stage,
        versions.deal_name,
        versions.currency,
        versions.type,
        versions.pipeline,
        versions.lead_source,
        versions.loss_reason,
        ---------- numbers
        versions.amount,
        versions.exchange_rate,
        versions.discount,
        versions.probability,
        ---------- dates
        versions.closing_date,
        versions.created_at,
        versions.won_on,
        versions.modified_at,
        versions.custom_fields,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(newest.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from versions
    left join newest on versions.deal_id = newest.deal_id
    cross join run
    where
        coalesce(newest.load_id = versions.load_id, true)
        and coalesce(versions.created_at < run.ends_at, true)
)

select * from in_force
