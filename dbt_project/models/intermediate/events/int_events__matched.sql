with placed as (
    select * from {{ ref('int_events__placed') }}
),

-- Whom a mail was delivered to and who opened it are compared as they were matched: one event may
-- name the contact and the other one the address.
delivered as (
    select
        channel,
        message_id,
        coalesce('contact:' || contact_id, contact_email) as addressee,
        min(occurred_at) as delivered_at
    from placed
    where event = 'delivered' and message_id is not null
    group by channel, message_id, coalesce('contact:' || contact_id, contact_email)
),

matched as (
    select
        placed.event_key,
        placed.feed,
        placed.contact_id,
        placed.account_id,
        -- Ids of contacts and accounts may be equal texts.
        coalesce('contact:' || placed.contact_id, 'account:' || placed.account_id) as person_id,
        placed.matched_by,
        placed.is_shared_address,
        placed.channel,
        placed.event,
        placed.is_known_event,
        placed.direction,
        placed.occurred_at,
        placed.ingested_at,
        placed.occurred_on,
        placed.message_id,
        placed.message_name,
        placed.campaign_id,
        placed.subject,
        placed.score,
        placed.duration_seconds,
        placed.page_count,
        placed.page,
        placed.referrer,
        placed.amount,
        placed.priority,
        placed.bounce_type,
        placed.participant_role,
        placed.is_follow_up,
        placed.contact_email,
        -- Nobody reads a mail within two seconds of its delivery (ENG-13).
        placed.is_flagged_machine
        or coalesce(
            placed.occurred_at
            between delivered.delivered_at and delivered.delivered_at + interval 2 second,
            false
        ) as is_machine
    from placed
    left join delivered
        on
            placed.event = 'opened'
            and placed.channel = delivered.channel
            and placed.message_id = delivered.message_id
            and coalesce('contact:' || placed.contact_id, placed.contact_email)
            = delivered.addressee
)

select * from matched
