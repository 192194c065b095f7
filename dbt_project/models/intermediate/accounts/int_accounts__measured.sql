with run as (
    select
        run.*,
        {{ add_months('run.as_of', -12) }} as year_ago
    from {{ source('config', 'run') }} as run
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

survivors as (
    select * from {{ ref('int_accounts__survived') }}
),

industries as (
    select
        synonym,
        industry
    from {{ source('config', 'industry_synonyms') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

-- Refunds reduce revenue on their closing date and are not wins (RFM-31, EDG-6).
deal_measures as (
    select
        deals.account_id,
        count(
            case
                when
                    deals.state = 'won'
                    and deals.closed_on <= run.as_of
                    and not coalesce(deals.amount < 0, false) then 1
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
        cast(
            sum(
                case
                    when deals.state = 'open'
                        then
                            cast(deals.base_amount as decimal(24, 10))
                            * cast(deals.probability as decimal(9, 4))
                end
            ) as decimal(36, 12)
        ) * cast(0.01 as decimal(2, 2)) as expected_pipeline_amount,
        max(case when deals.closed_on <= run.as_of then deals.closed_on end) as last_closed_on,
        max(deals.created_at) as last_created_at,
        max(case when deals.modified_at < run.ends_at then deals.modified_at end)
            as last_modified_at,
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
),

purchase_measures as (
    select
        account_id,
        count(case when not is_refund then 1 end) as purchase_count,
        min(case when not is_refund then purchased_on end) as first_purchase_on,
        max(case when not is_refund then purchased_on end) as last_purchase_on,
        sum(contributed_amount) as purchase_amount
    from {{ ref('int_deals__contributed') }}
    group by account_id
),

contact_measures as (
    select
        contacts.account_id,
        count(*) as contact_count,
        max(contacts.created_at) as last_created_at,
        max(case when contacts.modified_at < run.ends_at then contacts.modified_at end)
            as last_modified_at,
        {{ set_fingerprint(row_fingerprint([
            'contacts.contact_id', 'contacts.email', 'contacts.first_name', 'contacts.last_name',
            'contacts.title', 'contacts.phone', 'contacts.is_primary', 'contacts.email_opt_out',
            comparable_map('contacts.custom_fields'),
        ])) }} as fingerprint
    from {{ ref('int_contacts__survived') }} as contacts
    cross join run
    where contacts.account_id is not null
    group by contacts.account_id
),

measured as (
    select
        ---------- ids
        accounts.account_id,
        accounts.owner_id,
        accounts.parent_account_id,
        accounts.merged_into_id,
        survivors.survivor_id,
        ---------- texts
        accounts.account_name,
        accounts.website,
        coalesce(industries.industry, accounts.industry) as industry,
        accounts.industry as landed_industry,
        accounts.account_type,
        accounts.ownership,
        accounts.rating,
        accounts.phone,
        accounts.billing_country,
        accounts.billing_state,
        accounts.billing_city,
        accounts.billing_street,
        accounts.billing_code,
        accounts.currency,
        accounts.status,
        ---------- numbers
        accounts.employees,
        accounts.annual_revenue,
        ---------- measures
        coalesce(deal_measures.won_deal_count, 0) as won_deal_count,
        coalesce(deal_measures.lost_deal_count, 0) as lost_deal_count,
        coalesce(deal_measures.open_deal_count, 0) as open_deal_count,
        coalesce(contact_measures.contact_count, 0) as contact_count,
        coalesce(purchase_measures.purchase_count, 0) as purchase_count,
        {{ base_sum('deal_measures.revenue_amount') }} as revenue_amount,
        {{ base_sum('deal_measures.revenue_12_months_amount') }} as revenue_12_months_amount,
        {{ base_sum('deal_measures.open_pipeline_amount') }} as open_pipeline_amount,
        {{ base_sum('deal_measures.expected_pipeline_amount') }} as expected_pipeline_amount,
        {{ base_sum('purchase_measures.purchase_amount') }} as purchase_amount,
        ---------- exact amounts: totals over accounts add these up and round once (EDG-4)
        {{ exact_sum('deal_measures.revenue_amount') }} as exact_revenue_amount,
        {{ exact_sum('deal_measures.open_pipeline_amount') }} as exact_open_pipeline_amount,
        {{ exact_sum('deal_measures.expected_pipeline_amount') }} as exact_expected_pipeline_amount,
        ---------- booleans
        survivors.is_merged,
        accounts.is_deleted,
        ---------- dates
        survivors.created_at,
        accounts.modified_at,
        accounts.contract_end_date,
        purchase_measures.first_purchase_on,
        purchase_measures.last_purchase_on,
        greatest(
            deal_measures.last_closed_on,
            {{ local_date(
                'greatest('
                ~ 'survivors.created_at, '
                ~ 'case when accounts.modified_at < run.ends_at then accounts.modified_at end, '
                ~ 'deal_measures.last_created_at, deal_measures.last_modified_at, '
                ~ 'contact_measures.last_created_at, contact_measures.last_modified_at)',
                'run.time_zone'
            ) }}
        ) as last_activity_on,
        accounts.custom_fields,
        ---------- fingerprints: what moved between two runs (BEY-2)
        {{ row_fingerprint(
            ['deal_measures.fingerprint', 'contact_measures.fingerprint']
        ) }} as related_fingerprint
    from accounts
    cross join run
    inner join survivors on accounts.account_id = survivors.account_id
    left join industries on lower(accounts.industry) = industries.synonym
    left join deal_measures on accounts.account_id = deal_measures.account_id
    left join purchase_measures on accounts.account_id = purchase_measures.account_id
    left join contact_measures on accounts.account_id = contact_measures.account_id
)

select * from measured
