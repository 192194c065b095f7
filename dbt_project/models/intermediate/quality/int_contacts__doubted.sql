with contacts as (
    select * from {{ ref('int_contacts__described') }}
),

identities as (
    select * from {{ source('ml', 'contact_identities') }}
),

accounts as (
    select * from {{ source('ml', 'account_identities') }}
),

shared as (
    select email_normalized
    from identities
    where email_normalized is not null
    group by email_normalized
    having count(*) > 1
),

-- Where no contact has a mail, the field is not in use and nobody needs to hear it of each.
used as (
    select count(email) as mail_count from contacts
),

doubted as (
    select
        'contacts_without_mail' as check_name,
        contacts.contact_id as record_id
    from contacts
    inner join used on used.mail_count > 0
    where contacts.email is null
    union all
    select
        'contacts_with_invalid_mail' as check_name,
        contact_id as record_id
    from identities
    where not is_email_valid
    union all
    select
        'contacts_that_bounced' as check_name,
        contacts.contact_id as record_id
    from contacts
    inner join {{ ref('int_contacts__mailed') }} as mailed
        on contacts.contact_id = mailed.contact_id and mailed.is_hard_bounced
    union all
    select
        'contacts_that_share_mail' as check_name,
        identities.contact_id as record_id
    from identities
    inner join shared on identities.email_normalized = shared.email_normalized
    union all
    select
        'contacts_of_other_domain' as check_name,
        identities.contact_id as record_id
    from identities
    inner join contacts on identities.contact_id = contacts.contact_id
    inner join accounts on contacts.account_id = accounts.account_id
    where
        not accounts.is_web_domain_public
        and identities.email_domain <> accounts.web_domain
        and identities.email_domain not like '%.' || accounts.web_domain
        and accounts.web_domain not like '%.' || identities.email_domain
    union all
    select
        'contacts_with_phone_without_digits' as check_name,
        contact_id as record_id
    from identities
    where not has_phone_digits
)

select * from doubted
