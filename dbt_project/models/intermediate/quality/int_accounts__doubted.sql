with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

survived as (
    select * from {{ ref('int_accounts__survived') }}
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

industries as (
    select synonym as known from {{ source('config', 'industry_synonyms') }}
    union
    select lower(industry) as known from {{ source('config', 'industry_synonyms') }}
),

mapped as (
    select count(*) as industry_count from industries
),

-- Where contacts are declared absent, nobody needs to hear it once per account.
reached as (
    select count(*) as contact_count from contacts
),

doubted as (
    select
        'accounts_in_merge_cycle' as check_name,
        account_id as record_id
    from survived
    where merge_problem = 'cycle'
    union all
    select
        'accounts_merged_into_unknown' as check_name,
        account_id as record_id
    from survived
    where merge_problem = 'missing_survivor'
    union all
    select
        'accounts_without_contact' as check_name,
        accounts.account_id as record_id
    from accounts
    inner join scoped on accounts.account_id = scoped.account_id
    inner join reached on reached.contact_count > 0
    where accounts.contact_count = 0
    union all
    select
        'accounts_in_unknown_industry' as check_name,
        accounts.landed_industry as record_id
    from accounts
    inner join mapped on mapped.industry_count > 0
    left join industries on lower(accounts.landed_industry) = industries.known
    where accounts.landed_industry is not null and industries.known is null
    union all
    select
        'contacts_without_account' as check_name,
        contact_id as record_id
    from contacts
    where account_id is null
    union all
    select
        'accounts_created_in_future' as check_name,
        landed.account_id as record_id
    from {{ source('landing', 'accounts') }} as landed
    inner join run on landed.created_at >= run.ends_at
    union all
    select
        'contacts_created_in_future' as check_name,
        landed.contact_id as record_id
    from {{ source('landing', 'contacts') }} as landed
    inner join run on landed.created_at >= run.ends_at
    union all
    select
        'deals_created_in_future' as check_name,
        landed.deal_id as record_id
    from {{ source('landing', 'deals') }} as landed
    inner join run on landed.created_at >= run.ends_at
)

select * from doubted
