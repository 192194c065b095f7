with run as (
    select * from {{ source('config', 'run') }}
),

rates as (
    select * from {{ ref('int_currency_rates__dated') }}
),

deals as (
    select
        stated.*,
        case
            when stated.currency is null or stated.currency = upper(run.currency) then 'base'
            when stated.exchange_rate > 0 then 'deal'
            else 'table'
        end as rate_source,
        -- Open deals that close later are valued at the newest rate known.
        least(coalesce(stated.closing_date, stated.won_on, run.as_of), run.as_of) as rate_on
    from {{ ref('int_deals__stated') }} as stated
    cross join run
),

rated as (
    select
        deals.*,
        case deals.rate_source
            when 'deal' then deals.exchange_rate
            when 'table' then rates.exchange_rate
        end as conversion_rate
    from deals
    left join rates
        on
            deals.rate_source = 'table'
            and deals.currency = rates.currency
            and deals.rate_on = rates.valid_on
),

converted as (
    select
        ---------- ids
        rated.deal_id,
        rated.account_id,
        rated.landed_account_id,
        rated.contact_id,
        rated.campaign_source_id,
        ---------- texts
        rated.deal_name,
        rated.stage,
        rated.pipeline,
        rated.state,
        rated.type,
        rated.lead_source,
        rated.loss_reason,
        rated.currency,
        case
            when rated.rate_source = 'table' and rated.conversion_rate is null then 'missing'
            else rated.rate_source
        end as rate_source,
        ---------- numbers
        rated.exchange_rate,
        rated.conversion_rate,
        rated.amount,
        {{ in_base_currency('rated.amount', 'rated', 'run') }} as base_amount,
        rated.discount,
        rated.probability,
        ---------- booleans
        rated.is_stage_known,
        ---------- dates
        rated.closing_date,
        rated.won_on,
        case rated.state
            when 'won' then coalesce(rated.closing_date, rated.won_on)
            when 'lost' then rated.closing_date
        end as closed_on,
        rated.created_at,
        {{ local_date('rated.created_at', 'run.time_zone') }} as created_on,
        rated.modified_at,
        rated.custom_fields
    from rated
    cross join run
)

select * from converted
