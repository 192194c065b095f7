with contacts as (
    select
        contact_id,
        contact_email
    from {{ ref('int_contacts__addressed') }}
    where contact_email is not null
),

-- A bounce says something of an address: of the one the event names, else of the contact's.
mails as (
    select
        coalesce(events.contact_email, contacts.contact_email) as contact_email,
        events.event,
        events.bounce_type,
        events.occurred_at
    from {{ ref('int_events__matched') }} as events
    left join contacts on events.contact_id = contacts.contact_id
    where
        events.channel in ('email', 'campaign')
        and coalesce(events.contact_email, contacts.contact_email) is not null
),

dated as (
    select
        contact_email,
        max(case when event = 'bounced' and bounce_type = 'hard' then occurred_at end)
            as last_hard_bounce_at,
        max(case when event in ('delivered', 'replied', 'received') then occurred_at end)
            as last_reached_at
    from mails
    group by contact_email
),

mailed as (
    select
        contacts.contact_id,
        dated.last_hard_bounce_at,
        dated.last_reached_at,
        -- A mail that arrived later says that the address works again.
        dated.last_hard_bounce_at is not null
        and coalesce(dated.last_hard_bounce_at >= dated.last_reached_at, true) as is_hard_bounced
    from contacts
    inner join dated on contacts.contact_email = dated.contact_email
)

select * from mailed
