with run as (
    select * from {{ source('config', 'run') }}
),

leads as (
    select
        stated.lead_id,
        stated.captured_at,
        merged.duplicate_of_lead_id,
        matched.contact_id,
        matched.account_id,
        identities.email_normalized,
        identities.is_phone_valid
    from {{ ref('stg_crm__leads') }} as stated
    inner join {{ ref('int_leads__merged') }} as merged on stated.lead_id = merged.lead_id
    inner join {{ ref('int_leads__matched') }} as matched on stated.lead_id = matched.lead_id
    inner join {{ source('ml', 'lead_identities') }} as identities
        on stated.lead_id = identities.lead_id
),

contacts as (
    select
        survived.contact_id,
        addressed.contact_email,
        coalesce(survived.email_opt_out, false) as has_opted_out
    from {{ ref('int_contacts__survived') }} as survived
    inner join {{ ref('int_contacts__addressed') }} as addressed
        on survived.contact_id = addressed.contact_id
),

-- An error of hygiene blocks mail use (HYG-4).
blocked as (
    select distinct
        module,
        record_id
    from {{ ref('int_records__doubted') }}
    where severity = 'error'
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

-- If the newest deal was created before the capture, all of them were.
deals as (
    select
        deals.account_id,
        max(deals.created_at) as last_created_at,
        max(
            case
                when
                    {{ is_purchase('deals') }}
                    and deals.closed_on between deals.created_on and run.as_of
                    then deals.created_at
            end
        ) as last_won_created_at
    from {{ ref('int_deals__converted') }} as deals
    cross join run
    where not {{ is_refund('deals') }}
    group by deals.account_id
),

told as (
    select
        leads.lead_id,
        leads.duplicate_of_lead_id is null as is_unique,
        leads.contact_id is not null as has_contact,
        scoped.account_id is not null as is_account_in_scope,
        coalesce(leads.is_phone_valid, false) as is_phone_valid,
        leads.email_normalized is not null as is_mail_valid,
        -- Opting out is the person's, an error only of the address it was found at (EDG-19).
        wrong.record_id is not null
        or coalesce(contacts.has_opted_out, false)
        or (
            blocked.record_id is not null
            and coalesce(contacts.contact_email = leads.email_normalized, false)
        ) as is_mail_blocked,
        coalesce(deals.last_created_at >= leads.captured_at, false) as has_later_deal,
        coalesce(deals.last_won_created_at >= leads.captured_at, false) as has_later_won_deal
    from leads
    left join contacts on leads.contact_id = contacts.contact_id
    left join blocked
        on blocked.module = 'contacts' and leads.contact_id = blocked.record_id
    left join blocked as wrong on wrong.module = 'leads' and leads.lead_id = wrong.record_id
    left join scoped on leads.account_id = scoped.account_id
    left join deals on scoped.account_id = deals.account_id
),

reached as (
    select
        *,
        is_phone_valid or (is_mail_valid and not is_mail_blocked) as is_reachable
    from told
)

select
    lead_id,
    is_unique,
    is_mail_blocked,
    is_reachable,
    has_contact,
    is_account_in_scope,
    has_later_deal,
    has_later_won_deal,
    -- The last stage of lead_stages that was reached with all before it.
    case
        when not is_unique then 'captured'
        when not is_reachable then 'unique'
        when not has_contact then 'reachable'
        when not is_account_in_scope then 'contact'
        when not has_later_deal then 'account_in_scope'
        when not has_later_won_deal then 'deal'
        else 'won_deal'
    end as stage
from reached
