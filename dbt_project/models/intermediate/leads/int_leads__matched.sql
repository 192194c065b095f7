with leads as (
    select * from {{ ref('stg_crm__leads') }}
    where not is_deleted
),

merged as (
    select * from {{ ref('int_leads__merged') }}
),

identities as (
    select * from {{ source('ml', 'lead_identities') }}
),

contacts as (
    select * from {{ ref('int_contacts__addressed') }}
    where not is_deleted
),

survivors as (
    select * from {{ ref('int_accounts__survived') }}
),

-- A domain that two accounts have, or strangers share, says nothing (ACC-9).
domains as (
    select
        web_domain,
        min(account_id) as account_id
    from {{ source('ml', 'account_identities') }}
    where not is_web_domain_public
    group by web_domain
    having count(*) = 1
),

known as (
    select
        leads.lead_id,
        leads.captured_at,
        coalesce(named.contact_id, addressed.contact_id) as contact_id,
        case
            when named.contact_id is not null then 'contact_id'
            when addressed.contact_id is not null then 'email'
        end as contact_matched_by,
        named.contact_id is null and coalesce(addressed.is_shared_address, false)
            as is_shared_address,
        coalesce(
            named.account_id,
            addressed.account_id,
            survivors.survivor_id,
            of_website.account_id,
            of_mail.account_id
        ) as account_id,
        case
            when coalesce(named.account_id, addressed.account_id) is not null then 'contact'
            when survivors.survivor_id is not null then 'account_id'
            when of_website.account_id is not null then 'website'
            when of_mail.account_id is not null then 'email_domain'
        end as account_matched_by
    from leads
    inner join identities on leads.lead_id = identities.lead_id
    left join contacts as named on leads.contact_id = named.contact_id
    left join contacts as addressed
        on
            named.contact_id is null
            and identities.email_normalized = addressed.contact_email
            and addressed.is_address_owner
    left join survivors on leads.account_id = survivors.account_id
    left join domains as of_website on identities.web_domain = of_website.web_domain
    left join domains as of_mail on identities.email_domain = of_mail.web_domain
),

-- The CRM may have converted a duplicate: what is known of one is known of the person.
ranked as (
    select
        merged.survivor_id,
        known.contact_id,
        known.contact_matched_by,
        known.is_shared_address,
        known.account_id,
        known.account_matched_by,
        row_number() over (
            partition by merged.survivor_id
            order by
                case when known.contact_id is null then 1 else 0 end,
                case when known.account_id is null then 1 else 0 end,
                known.captured_at asc nulls last,
                known.lead_id asc
        ) as place
    from known
    inner join merged on known.lead_id = merged.lead_id
)

select
    merged.lead_id,
    ranked.contact_id,
    ranked.contact_matched_by,
    ranked.is_shared_address,
    ranked.account_id,
    ranked.account_matched_by
from merged
inner join ranked on merged.survivor_id = ranked.survivor_id and ranked.place = 1
