with deals as (
    select * from {{ ref('stg_crm__deals') }}
    where not is_deleted
),

stages as (
    select
        lower(trim(pipeline)) as pipeline,
        stage,
        category,
        probability
    from {{ source('config', 'stages') }}
),

accounts as (
    select * from {{ ref('int_accounts__survived') }}
),

-- Only where the amount of a deal is the sum of its lines (amount_from: lines).
line_totals as (
    select
        merged.deal_id,
        cast(sum(merged.line_amount) as decimal(18, 4)) as amount
    from {{ ref('int_deal_lines__merged') }} as merged
    where {{ deal_amount_basis() }} = 'lines'
    group by merged.deal_id
),

stated as (
    select
        ---------- ids
        deals.deal_id,
        accounts.survivor_id as account_id,
        deals.account_id as landed_account_id,
        deals.contact_id,
        deals.campaign_source_id,
        ---------- texts
        deals.deal_name,
        deals.stage,
        deals.pipeline,
        deals.type,
        deals.lead_source,
        deals.loss_reason,
        coalesce(own_stage.category, any_stage.category, 'open') as state,
        upper(deals.currency) as currency,
        ---------- numbers
        deals.exchange_rate,
        deals.discount,
        case
            when {{ deal_amount_basis() }} = 'lines' then line_totals.amount
            else deals.amount
        end as amount,
        coalesce(deals.probability, own_stage.probability, any_stage.probability) as probability,
        ---------- booleans
        coalesce(own_stage.category, any_stage.category) is not null as is_stage_known,
        ---------- dates
        deals.closing_date,
        deals.won_on,
        deals.created_at,
        deals.modified_at,
        deals.custom_fields
    from deals
    left join accounts on deals.account_id = accounts.account_id
    left join stages as own_stage
        on
            lower(deals.stage) = own_stage.stage
            and lower(deals.pipeline) = own_stage.pipeline
    left join stages as any_stage
        on
            lower(deals.stage) = any_stage.stage
            and any_stage.pipeline is null
    left join line_totals on deals.deal_id = line_totals.deal_id
)

select * from stated
