with run as (
    select * from {{ source('config', 'run') }}
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

deal_measures as (
    select * from {{ ref('int_deals__summarized') }}
),

contact_measures as (
    select * from {{ ref('int_contacts__summarized') }}
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
        coalesce(deal_measures.purchase_count, 0) as purchase_count,
        {{ base_sum('deal_measures.revenue_amount') }} as revenue_amount,
        {{ base_sum('deal_measures.revenue_12_months_amount') }} as revenue_12_months_amount,
        {{ base_sum('deal_measures.open_pipeline_amount') }} as open_pipeline_amount,
        {{ base_sum('deal_measures.expected_pipeline_amount') }} as expected_pipeline_amount,
        {{ base_sum('deal_measures.purchase_amount') }} as purchase_amount,
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
        deal_measures.first_purchase_on,
        deal_measures.last_purchase_on,
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
    left join contact_measures on accounts.account_id = contact_measures.account_id
)

select * from measured
