with criteria as (
    select * from {{ source('config', 'ideal_customer_criteria') }}
),

totals as (
    select count(*) as criterion_count from criteria
),

accounts as (
    select measured.*
    from {{ ref('int_accounts__measured') }} as measured
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on measured.account_id = scoped.account_id and scoped.is_in_scope
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

fulfilled as (
    {{ criterion('ideal_customer') }}
),

counted as (
    select
        fulfilled.account_id,
        count(*) as fulfilled_count
    from fulfilled
    group by fulfilled.account_id
)

select
    accounts.account_id,
    coalesce(counted.fulfilled_count, 0) as fulfilled_count,
    totals.criterion_count,
    cast(
        {{ rounded(
            'cast(100.0000000000 * coalesce(counted.fulfilled_count, 0) / totals.criterion_count as decimal(24, 10))',
            18, 2
        ) }} as decimal(5, 2)
    ) as fit_score
from accounts
inner join totals on totals.criterion_count > 0
left join counted on accounts.account_id = counted.account_id
