with run as (
    select * from {{ source('config', 'run') }}
),

checks as (
    {{ hygiene_checks() }}
),

survived as (
    select * from {{ ref('int_accounts__survived') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

doubted as (
    select * from {{ ref('int_contacts__doubted') }}
    union all
    select * from {{ ref('int_leads__doubted') }}
    union all
    select * from {{ ref('int_accounts__suspected') }}
    union all
    select * from {{ ref('int_deals__doubted') }}
    where check_name in ('deals_closed_before_created', 'deals_without_rate')
    union all
    select * from {{ ref('int_accounts__doubted') }}
    where
        check_name in (
            'accounts_created_in_future', 'contacts_created_in_future', 'deals_created_in_future'
        )
),

-- Not visible yet on this business date, and therefore in no other table than these.
future as (
    select
        'contacts' as module,
        landed.contact_id as record_id,
        landed.account_id
    from {{ source('landing', 'contacts') }} as landed
    cross join run
    where landed.created_at >= run.ends_at
    union all
    select
        'deals' as module,
        landed.deal_id as record_id,
        landed.account_id
    from {{ source('landing', 'deals') }} as landed
    cross join run
    where landed.created_at >= run.ends_at
),

records as (
    select
        'contacts' as module,
        contact_id as record_id,
        account_id
    from {{ ref('int_contacts__described') }}
    union all
    select
        'deals' as module,
        deal_id as record_id,
        account_id
    from {{ ref('int_deals__converted') }}
    union all
    select
        future.module,
        future.record_id,
        survived.survivor_id as account_id
    from future
    inner join survived on future.account_id = survived.account_id
),

-- A record that is not visible yet may have landed more than once, at two accounts.
owned as (
    select
        records.module,
        records.record_id,
        min(records.account_id) as account_id
    from records
    inner join scoped on records.account_id = scoped.account_id
    group by records.module, records.record_id
),

placed as (
    select distinct
        checks.check_name,
        checks.module,
        checks.severity,
        doubted.record_id,
        case when checks.module = 'accounts' then doubted.record_id else owned.account_id end
            as account_id
    from doubted
    inner join checks on doubted.check_name = checks.check_name
    left join owned
        on checks.module = owned.module and doubted.record_id = owned.record_id
)

-- A lead is of no account until it is a contact, and counts for no account's score.
select * from placed
where account_id is not null or module = 'leads'
