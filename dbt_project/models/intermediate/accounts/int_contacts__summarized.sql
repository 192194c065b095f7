with run as (
    select * from {{ source('config', 'run') }}
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

summarized as (
    select
        contacts.account_id,
        count(*) as contact_count,
        max(contacts.created_at) as last_created_at,
        max(case when contacts.modified_at < run.ends_at then contacts.modified_at end)
            as last_modified_at,
        {{ set_fingerprint(row_fingerprint([
            'contacts.contact_id', 'contacts.email', 'contacts.first_name', 'contacts.last_name',
            'contacts.title', 'contacts.phone', 'contacts.is_primary', 'contacts.email_opt_out',
            comparable_map('contacts.custom_fields'),
        ])) }} as fingerprint
    from contacts
    cross join run
    where contacts.account_id is not null
    group by contacts.account_id
)

select * from summarized
