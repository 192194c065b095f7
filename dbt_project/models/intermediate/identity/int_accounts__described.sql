with accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

described as (
    select
        accounts.account_id,
        accounts.account_name,
        accounts.website,
        accounts.phone,
        accounts.billing_country,
        accounts.billing_city
    from accounts
    inner join scoped on accounts.account_id = scoped.account_id
)

select * from described
