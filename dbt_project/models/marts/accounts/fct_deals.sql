with run as (
    select * from {{ source('config', 'run') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

in_scope as (
    select
        ---------- ids
        deals.deal_id,
        deals.account_id,
        deals.landed_account_id,
        deals.contact_id,
        deals.campaign_source_id,
        ---------- texts
        deals.deal_name,
        deals.stage,
        deals.pipeline,
        deals.state,
        deals.type,
        deals.lead_source,
        deals.loss_reason,
        deals.currency,
        deals.rate_source,
        ---------- numbers
        deals.amount,
        deals.exchange_rate,
        deals.conversion_rate,
        deals.base_amount,
        deals.discount,
        deals.probability,
        ---------- booleans
        {{ is_refund('deals') }} as is_refund,
        coalesce(deals.closed_on > run.as_of, false) as is_closed_in_future,
        ---------- dates
        deals.closing_date,
        deals.won_on,
        deals.closed_on,
        deals.created_at,
        deals.created_on,
        -- Deals that close before they begin are flagged elsewhere and not measured (EDG-21).
        case
            when deals.closed_on >= deals.created_on and deals.closed_on <= run.as_of
                then {{ days_between('deals.created_on', 'deals.closed_on') }}
        end as sales_cycle_days,
        deals.modified_at,
        deals.custom_fields,
        run.as_of
    from deals
    cross join run
    inner join scoped on deals.account_id = scoped.account_id
)

select * from in_scope
