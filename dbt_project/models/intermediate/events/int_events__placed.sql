with run as (
    select * from {{ source('config', 'run') }}
),

visible as (
    select * from {{ ref('int_events__visible') }}
),

kinds as (
    select * from {{ source('config', 'event_kinds') }}
),

contacts as (
    select * from {{ ref('int_contacts__addressed') }}
),

moved as (
    select
        moved.contact_id,
        survivors.survivor_id as account_id,
        moved.valid_from,
        moved.valid_until
    from {{ ref('int_contacts__moved') }} as moved
    left join {{ ref('int_accounts__survived') }} as survivors
        on moved.account_id = survivors.account_id
),

survivors as (
    select * from {{ ref('int_accounts__survived') }}
),

placed as (
    select
        visible.event_key,
        visible.feed,
        coalesce(named.contact_id, addressed.contact_id) as contact_id,
        case
            when moved.contact_id is not null then moved.account_id
            else coalesce(named.account_id, addressed.account_id, survivors.survivor_id)
        end as account_id,
        case
            when named.contact_id is not null then 'contact_id'
            when addressed.contact_id is not null then 'contact_email'
            when survivors.survivor_id is not null then 'account_id'
        end as matched_by,
        named.contact_id is null and coalesce(addressed.is_shared_address, false)
            as is_shared_address,
        visible.channel,
        visible.event,
        kinds.event is not null as is_known_event,
        -- A word that says neither is not taken for the usual one: what an agent wrote must not
        -- be read as the customer's.
        case
            when visible.direction is not null and coalesce(kinds.is_either_way, true)
                then {{ known_direction('visible.direction') }}
            when kinds.is_incoming then 'incoming'
            when kinds.event is not null then 'outgoing'
        end as direction,
        visible.occurred_at,
        visible.ingested_at,
        {{ local_date('visible.occurred_at', 'run.time_zone') }} as occurred_on,
        visible.message_id,
        visible.message_name,
        visible.campaign_id,
        visible.subject,
        visible.score,
        visible.duration_seconds,
        visible.page_count,
        visible.page,
        visible.referrer,
        visible.amount,
        visible.priority,
        -- A bounce of another type is a bounce, but bars nobody's address for good.
        {{ known_bounce_type('visible.bounce_type') }} as bounce_type,
        visible.participant_role,
        visible.is_follow_up,
        visible.is_flagged_machine,
        visible.contact_email
    from visible
    cross join run
    left join kinds on visible.channel = kinds.channel and visible.event = kinds.event
    left join contacts as named on visible.contact_id = named.contact_id
    left join contacts as addressed
        on
            named.contact_id is null
            and visible.contact_email = addressed.contact_email
            and addressed.is_address_owner
    left join moved
        on
            coalesce(named.contact_id, addressed.contact_id) = moved.contact_id
            and coalesce(visible.occurred_at >= moved.valid_from, true)
            and coalesce(visible.occurred_at < moved.valid_until, true)
    left join survivors on visible.account_id = survivors.account_id
)

select * from placed
