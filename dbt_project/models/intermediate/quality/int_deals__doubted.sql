with run as (
    select * from {{ source('config', 'run') }}
),

contacts as (
    select
        contact_id,
        account_id
    from {{ ref('int_contacts__survived') }}
),

-- Look-alikes: same account, amount, closing date and name under two ids (EDG-13).
look_alikes as (
    select min(deal_id) as deal_id
    from {{ ref('int_deals__converted') }}
    where
        account_id is not null
        and amount is not null
        and closing_date is not null
        and deal_name is not null
    group by {{ row_fingerprint(['account_id', 'amount', 'closing_date', 'deal_name']) }}
    having count(*) > 1
),

-- Every check reads the table by itself, and of it only the columns that it asks for.
doubted as (
    select
        'deals_without_account' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where landed_account_id is null
    union all
    select
        'deals_with_unknown_account' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where landed_account_id is not null and account_id is null
    union all
    select
        'deals_in_unknown_stage' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where not is_stage_known
    union all
    select
        'deals_without_rate' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where rate_source = 'missing'
    union all
    select
        'won_deals_without_amount' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where state = 'won' and amount is null
    union all
    select
        'won_deals_of_zero_amount' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where state = 'won' and amount = 0
    union all
    select
        'won_deals_without_date' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where state = 'won' and closed_on is null
    union all
    select
        'won_deals_in_future' as check_name,
        deals.deal_id as record_id
    from {{ ref('int_deals__converted') }} as deals
    cross join run
    where deals.state = 'won' and deals.closed_on > run.as_of
    union all
    select
        'deals_closed_before_created' as check_name,
        deal_id as record_id
    from {{ ref('int_deals__converted') }}
    where closed_on < created_on
    union all
    select
        'deals_with_contact_of_other_account' as check_name,
        deals.deal_id as record_id
    from {{ ref('int_deals__converted') }} as deals
    inner join contacts
        on deals.contact_id = contacts.contact_id and deals.account_id <> contacts.account_id
    union all
    select
        'deals_that_look_alike' as check_name,
        deal_id as record_id
    from look_alikes
)

select * from doubted
