with run as (
    select * from {{ source('config', 'run') }}
),

feeds as (
    select
        *,
        count(*) over (partition by source_table) > 1 as is_of_shared_table
    from {{ source('config', 'event_feeds') }}
),

loads as (
    select
        loads.*,
        feeds.channel,
        feeds.source_table,
        feeds.is_of_shared_table
    from {{ ref('stg_landing__loads') }} as loads
    inner join feeds on loads.module = feeds.module
),

versions as (
    select
        landed.*,
        loads.module,
        loads.channel,
        loads.source_table,
        coalesce(landed.modified_at, cast(loads.exported_on as timestamp)) as told_at,
        loads.load_precedence,
        loads.newest_snapshot_precedence
    from {{ source('landing', 'events') }} as landed
    inner join loads on landed.load_id = loads.load_id
),

newest as (
    {{ newest_versions(source('landing', 'events'), 'event_id') }}
),

newest_of_feed as (
    select
        versions.*,
        newest.last_precedence
    from versions
    left join newest
        on versions.event_id = newest.event_id and versions.module = newest.module
    where coalesce(newest.load_id = versions.load_id, true)
),

newest_of_table as (
    {{ newest_of_shared_tables(source('landing', 'events'), 'newest_of_feed') }}
),

in_force as (
    select
        ---------- ids
        versions.module || ':' || versions.event_id as event_key,
        versions.event_id,
        versions.module as feed,
        versions.contact_id,
        versions.account_id,
        versions.message_id,
        versions.campaign_id,
        ---------- texts
        versions.channel,
        lower(versions.event) as event,
        lower(versions.contact_email) as contact_email,
        lower(versions.direction) as direction,
        versions.message_name,
        versions.subject,
        versions.body,
        versions.page,
        versions.referrer,
        versions.priority,
        lower(versions.bounce_type) as bounce_type,
        lower(versions.participant_role) as participant_role,
        ---------- numbers
        versions.score,
        coalesce(
            versions.duration_seconds,
            -- More minutes than a century has are no duration.
            case
                when abs(versions.duration_minutes) < 60000000
                    then versions.duration_minutes * 60
            end
        ) as duration_seconds,
        versions.page_count,
        versions.amount,
        ---------- booleans
        coalesce(versions.is_machine, false) as is_flagged_machine,
        coalesce(versions.is_follow_up, false) as is_follow_up,
        ---------- dates
        versions.occurred_at,
        versions.ingested_at,
        versions.custom_fields,
        -- Nobody says when the source learned of it, but its export was not there on that day.
        versions.ingested_at is null and versions.load_precedence < 0 as is_of_later_export,
        coalesce(versions.is_deleted, false) or coalesce(
            coalesce(versions.last_precedence, versions.load_precedence)
            < versions.newest_snapshot_precedence,
            false
        ) as is_deleted
    from newest_of_feed as versions
    left join newest_of_table
        on
            versions.source_table = newest_of_table.source_table
            and versions.event_id = newest_of_table.event_id
    -- One row may well be two events, a ticket opened and closed: both are then equally new.
    where coalesce(versions.told_at >= newest_of_table.told_at, true)
)

select * from in_force
