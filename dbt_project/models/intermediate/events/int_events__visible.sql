with run as (
    select * from {{ source('config', 'run') }}
),

visible as (
    select
        events.event_key,
        events.feed,
        events.contact_id,
        events.account_id,
        coalesce(spellings.contact_email, events.contact_email) as contact_email,
        -- Mails of one name are many; a survey or a conference is told by its name.
        coalesce(
            events.message_id,
            case when events.channel not in ('email', 'campaign') then events.message_name end
        ) as message_id,
        events.message_name,
        events.campaign_id,
        events.channel,
        events.event,
        events.direction,
        events.subject,
        events.score,
        events.duration_seconds,
        events.page_count,
        events.page,
        events.referrer,
        events.amount,
        events.priority,
        events.bounce_type,
        events.participant_role,
        events.is_flagged_machine,
        events.is_follow_up,
        events.occurred_at,
        events.ingested_at
    from {{ ref('stg_integrations__events') }} as events
    cross join run
    left join {{ source('landing', 'mail_spellings') }} as spellings
        on events.contact_email = spellings.spelling
    where
        not events.is_deleted
        and events.occurred_at < run.ends_at
        and (
            run.allow_late
            or (
                coalesce(events.ingested_at < run.ends_at, true)
                and not events.is_of_later_export
            )
        )
)

select * from visible
