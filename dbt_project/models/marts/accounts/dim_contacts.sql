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
        run.as_of
    from contacts
    cross join run
    inner join scoped on contacts.account_id = scoped.account_id
)

select * from in_scope
