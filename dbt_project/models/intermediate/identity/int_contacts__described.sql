with contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

accounts as (
    select * from {{ ref('int_accounts__described') }}
),

described as (
    select
        contacts.contact_id,
        contacts.account_id,
        contacts.first_name,
        contacts.last_name,
        contacts.email,
        contacts.phone,
        accounts.billing_country,
        {{ map_value('contacts.custom_fields', "'city'") }} as city,
        {{ map_value('contacts.custom_fields', "'birth_date'") }} as birth_date
    from contacts
    inner join accounts on contacts.account_id = accounts.account_id
)

select * from described
