with leads as (
    select
        lead_id,
        captured_at
    from {{ ref('stg_crm__leads') }}
    where not is_deleted
),

identified as (
    select
        leads.lead_id,
        leads.captured_at,
        identities.email_normalized,
        case
            when identities.is_phone_valid
                then identities.phone_e164 || ' ' || identities.person_name
        end as phone_and_name
    from leads
    inner join {{ source('ml', 'lead_identities') }} as identities
        on leads.lead_id = identities.lead_id
),

by_mail as (
    select
        lead_id,
        first_value(lead_id) over (
            partition by email_normalized
            order by captured_at asc nulls last, lead_id asc
        ) as first_lead_id
    from identified
    where email_normalized is not null
),

by_phone as (
    select
        lead_id,
        first_value(lead_id) over (
            partition by phone_and_name
            order by captured_at asc nulls last, lead_id asc
        ) as first_lead_id
    from identified
    where phone_and_name is not null
),

-- The phone is asked where the mail names nobody earlier. A lead points at one captured before it,
-- never at a later one: what is said of it does not change when others come.
pointed as (
    select
        leads.lead_id,
        coalesce(
            nullif(by_mail.first_lead_id, leads.lead_id),
            nullif(by_phone.first_lead_id, leads.lead_id)
        ) as merged_into_id,
        case
            when by_mail.first_lead_id <> leads.lead_id then 'email'
            when by_phone.first_lead_id <> leads.lead_id then 'phone_and_name'
        end as duplicate_by
    from leads
    left join by_mail on leads.lead_id = by_mail.lead_id
    left join by_phone on leads.lead_id = by_phone.lead_id
),

followed as (
    select
        lead_id,
        merged_into_id
    from pointed
    where merged_into_id is not null
),

chains as (
    {{ last_survivors('followed', 'lead_id') }}
)

select
    pointed.lead_id,
    chains.survivor_id as duplicate_of_lead_id,
    coalesce(chains.survivor_id, pointed.lead_id) as survivor_id,
    pointed.duplicate_by
from pointed
left join chains on pointed.lead_id = chains.lead_id
