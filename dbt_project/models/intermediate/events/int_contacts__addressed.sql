with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

survivors as (
    select
        account_id,
        survivor_id
    from {{ ref('int_accounts__survived') }}
),

scoped as (
    select
        account_id,
        is_in_scope
    from {{ ref('int_accounts__scoped') }}
),

owned as (
    select
        contacts.contact_id,
        survivors.survivor_id as account_id,
        contacts.is_deleted,
        contacts.modified_at,
        coalesce(spellings.contact_email, lower(contacts.email)) as contact_email,
        coalesce(scoped.is_in_scope, false) as is_in_scope
    from contacts
    left join survivors on contacts.account_id = survivors.account_id
    left join scoped on survivors.survivor_id = scoped.account_id
    left join {{ source('landing', 'mail_spellings') }} as spellings
        on lower(contacts.email) = spellings.spelling
),

shared as (
    select contact_email
    from owned
    where contact_email is not null
    group by contact_email
    having count(*) > 1
),

-- Only where several contacts share an address does it matter who was active last (INT-6).
last_events as (
    select
        events.contact_id,
        max(events.occurred_at) as last_event_at
    from {{ ref('stg_integrations__events') }} as events
    cross join {{ source('config', 'run') }} as run
    where
        events.occurred_at < run.ends_at
        and events.contact_id in (
            select sharing.contact_id from owned as sharing
            inner join shared on sharing.contact_email = shared.contact_email
        )
    group by events.contact_id
),

ranked as (
    select
        owned.contact_id,
        owned.account_id,
        owned.contact_email,
        owned.is_deleted,
        shared.contact_email is not null as is_shared_address,
        row_number() over (
            partition by owned.contact_email
            order by
                owned.is_in_scope desc,
                owned.is_deleted asc,
                greatest(owned.modified_at, last_events.last_event_at) desc nulls last,
                owned.contact_id asc
        ) as address_rank
    from owned
    left join shared on owned.contact_email = shared.contact_email
    left join last_events on owned.contact_id = last_events.contact_id
)

select
    contact_id,
    account_id,
    contact_email,
    is_deleted,
    is_shared_address,
    -- Of those who share an address the one that events without a contact id go to (INT-6).
    contact_email is not null and address_rank = 1 as is_address_owner
from ranked
