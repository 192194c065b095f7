with run as (
    select * from {{ source('config', 'run') }}
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

identities as (
    select * from {{ source('ml', 'contact_identities') }}
),

-- An error of hygiene blocks mail use, a warning does not (HYG-4).
blocked as (
    select distinct record_id as contact_id
    from {{ ref('int_records__doubted') }}
    where module = 'contacts' and severity = 'error'
),

in_scope as (
    select
        contacts.contact_id,
        contacts.account_id,
        contacts.email,
        contacts.first_name,
        contacts.last_name,
        contacts.title,
        contacts.phone,
        contacts.is_primary,
        contacts.email_opt_out,
        contacts.created_at,
        contacts.modified_at,
        contacts.custom_fields,
        identities.email_normalized,
        identities.email_domain,
        identities.is_email_valid,
        identities.email_reason,
        identities.phone_e164,
        identities.is_phone_valid,
        identities.phone_reason,
        blocked.contact_id is not null as is_mail_blocked,
        run.as_of
    from contacts
    cross join run
    inner join scoped on contacts.account_id = scoped.account_id
    left join identities on contacts.contact_id = identities.contact_id
    left join blocked on contacts.contact_id = blocked.contact_id
)

select * from in_scope
