with run as (
    select run.*
    from {{ source('config', 'run') }} as run
    inner join {{ source('config', 'techniques') }} as techniques
        on techniques.technique = 'rfm' and techniques.is_active
),

accounts as (
    select
        account_id,
        purchase_count,
        purchase_amount,
        last_purchase_on
    from {{ ref('int_accounts__measured') }}
),

scoped as (
    select account_id
    from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

-- Read only where the frequency counts lines or products (RFM-4).
line_frequencies as (
    select
        contributed.account_id,
        count(*) as line_count,
        count(distinct lines.product_id) as product_count,
        sum(lines.quantity) as quantity
    from {{ ref('int_deal_lines__merged') }} as lines
    inner join {{ ref('int_deals__contributed') }} as contributed
        on
            lines.deal_id = contributed.deal_id
            and contributed.is_contributing
            and not contributed.is_refund
    where {{ frequency_basis() }} <> 'deals'
    group by contributed.account_id
),

-- The population: in scope, with a purchase on or before the business date (RFM-16).
measured as (
    select
        accounts.account_id,
        accounts.last_purchase_on,
        {{ days_between('accounts.last_purchase_on', 'run.as_of') }} as recency_days,
        cast(
            case {{ frequency_basis() }}
                when 'deals' then accounts.purchase_count
                when 'lines' then coalesce(line_frequencies.line_count, 0)
                when 'distinct_products' then coalesce(line_frequencies.product_count, 0)
                when 'quantity' then coalesce(line_frequencies.quantity, 0)
            end as decimal(18, 4)
        ) as frequency_value,
        accounts.purchase_amount as monetary_amount
    from accounts
    cross join run
    inner join scoped on accounts.account_id = scoped.account_id
    left join line_frequencies on accounts.account_id = line_frequencies.account_id
    where accounts.last_purchase_on is not null
)

select * from measured
