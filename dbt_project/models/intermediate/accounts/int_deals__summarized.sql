with run as (
    select
        run.*,
        {{ add_months('run.as_of', -12) }} as year_ago
    from {{ source('config', 'run') }} as run
),

deals as (
    select * from {{ ref('int_deals__contributed') }}
),

-- Refunds reduce revenue on their closing date and are not wins (RFM-31, EDG-6).
summarized as (
    select
        deals.account_id,
        count(
            case
                when
                    deals.state = 'won'
                    and deals.closed_on <= run.as_of
                    and not deals.is_refund then 1
            end
        ) as won_deal_count,
        count(case when deals.state = 'lost' then 1 end) as lost_deal_count,
        count(case when deals.state = 'open' then 1 end) as open_deal_count,
        sum(
            case
                when deals.state = 'won' and deals.closed_on <= run.as_of then deals.base_amount
            end
        ) as revenue_amount,
        sum(
            case
                when
                    deals.state = 'won'
                    and deals.closed_on > run.year_ago
                    and deals.closed_on <= run.as_of then deals.base_amount
            end
        ) as revenue_12_months_amount,
        sum(case when deals.state = 'open' then deals.base_amount end) as open_pipeline_amount,
        {{ expected_sum(
            "case when deals.state = 'open' then deals.base_amount end", 'deals.probability'
        ) }} as expected_pipeline_amount,
        max(case when deals.closed_on <= run.as_of then deals.closed_on end) as last_closed_on,
        max(deals.created_at) as last_created_at,
        max(case when deals.modified_at < run.ends_at then deals.modified_at end)
            as last_modified_at,
        count(case when deals.is_contributing and not deals.is_refund then 1 end)
            as purchase_count,
        min(case when deals.is_contributing and not deals.is_refund then deals.purchased_on end)
            as first_purchase_on,
        max(case when deals.is_contributing and not deals.is_refund then deals.purchased_on end)
            as last_purchase_on,
        sum(case when deals.is_contributing then deals.contributed_amount end) as purchase_amount,
        {{ set_fingerprint(row_fingerprint([
            'deals.deal_id', 'deals.contact_id', 'deals.state', 'deals.stage', 'deals.pipeline',
            'deals.type', 'deals.lead_source', 'deals.loss_reason', 'deals.amount',
            'deals.base_amount', 'deals.discount', 'deals.probability', 'deals.closing_date',
            'deals.closed_on', comparable_map('deals.custom_fields'),
        ])) }} as fingerprint
    from deals
    cross join run
    where deals.account_id is not null
    group by deals.account_id
)

select * from summarized
