with run as (
    select * from {{ source('config', 'run') }}
),

recency as (
    select coalesce(max(field), 'closing_date') as field
    from {{ source('config', 'rfm_metrics') }}
    where metric = 'recency'
),

monetary as (
    select coalesce(max(field), 'amount') as field
    from {{ source('config', 'rfm_metrics') }}
    where metric = 'monetary'
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

contributing as (
    {{ criterion('contribution') }}
),

-- Only a metric on a custom field reads the map.
custom_amounts as (
    select
        deals.deal_id,
        {{ lenient_cast(map_value('deals.custom_fields', 'monetary.field'), 'decimal(18, 4)') }}
            as amount
    from deals
    inner join monetary on monetary.field not in ('amount', 'base_amount', 'discount')
),

-- The user picks the field of each metric (RFM-3); custom fields hold canonical text.
contributed as (
    select
        deals.deal_id,
        deals.account_id,
        case recency.field
            when 'closing_date' then coalesce(deals.closing_date, deals.won_on)
            when 'won_on' then deals.won_on
            when 'created_at' then deals.created_on
            when 'modified_at' then {{ local_date('deals.modified_at', 'run.time_zone') }}
            else {{ lenient_cast(map_value('deals.custom_fields', 'recency.field'), 'date') }}
        end as purchased_on,
        case monetary.field
            when 'amount' then deals.base_amount
            when 'base_amount' then deals.base_amount
            when 'discount' then {{ in_base_currency('deals.discount', 'deals', 'run') }}
            else {{ in_base_currency('custom_amounts.amount', 'deals', 'run') }}
        end as contributed_amount,
        coalesce(deals.amount < 0, false) as is_refund
    from deals
    cross join run
    cross join recency
    cross join monetary
    left join custom_amounts on deals.deal_id = custom_amounts.deal_id
    where deals.deal_id in (select contributing.deal_id from contributing)
),

in_time as (
    select contributed.*
    from contributed
    cross join run
    where contributed.purchased_on <= run.as_of and contributed.account_id is not null
)

select * from in_time
