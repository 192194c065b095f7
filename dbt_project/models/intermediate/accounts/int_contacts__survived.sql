with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
    where not is_deleted
),

accounts as (
    select * from {{ ref('int_accounts__survived') }}
),

survived as (
    select
        ---------- ids
        contacts.contact_id,
        accounts.survivor_id as account_id,
        contacts.account_id as landed_account_id,
        ---------- texts
        contacts.email,
        contacts.first_name,
        contacts.last_name,
        contacts.title,
        contacts.phone,
        ---------- booleans
        contacts.is_primary,
        contacts.email_opt_out,
        ---------- dates
        contacts.created_at,
        contacts.modified_at,
        contacts.custom_fields
    from contacts
    left join accounts on contacts.account_id = accounts.account_id
)

select * from survived
