with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select * from {{ ref('int_accounts__scoped') }}
),

in_scope as (
    select accounts.*
    from accounts
    inner join scoped on accounts.account_id = scoped.account_id and scoped.is_in_scope
),

identities as (
    select * from {{ source('ml', 'account_identities') }}
),

same as (
    select * from {{ source('ml', 'account_pairs') }}
    where rule is not null
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

dated as (
    select count(created_at) as creation_count from in_scope
),

suspected as (
    select
        'accounts_without_name' as check_name,
        account_id as record_id
    from in_scope
    where account_name is null
    union all
    select
        'accounts_without_creation' as check_name,
        in_scope.account_id as record_id
    from in_scope
    inner join dated on dated.creation_count > 0
    where in_scope.created_at is null
    union all
    select
        'accounts_without_activity' as check_name,
        in_scope.account_id as record_id
    from in_scope
    cross join run
    where
        coalesce({{ days_between('in_scope.last_activity_on', 'run.as_of') }} >= 365, true)
    union all
    select
        'accounts_with_phone_without_digits' as check_name,
        account_id as record_id
    from identities
    where not has_phone_digits
    union all
    select
        'accounts_that_are_the_same' as check_name,
        account_id as record_id
    from same
    union all
    select
        'accounts_that_are_the_same' as check_name,
        other_account_id as record_id
    from same
    union all
    select
        'accounts_closed_with_open_deals' as check_name,
        accounts.account_id as record_id
    from accounts
    inner join scoped on accounts.account_id = scoped.account_id
    where scoped.scope_reason = 'status' and accounts.open_deal_count > 0
    union all
    select
        'deals_open_at_merged_account' as check_name,
        deal_id as record_id
    from deals
    where state = 'open' and landed_account_id <> account_id
)

select * from suspected
