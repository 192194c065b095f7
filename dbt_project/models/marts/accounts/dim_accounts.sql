with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

scores as (
    select * from {{ ref('int_accounts__rfm_scored') }}
),

techniques as (
    select
        bool_or(technique = 'rfm' and is_active) as has_rfm,
        max(case when technique = 'firmographics' and is_active then 'Unlabelled' end)
            as without_firmographics,
        max(case when technique = 'recommendations' and is_active then 'Unlabelled' end)
            as without_recommendations
    from {{ source('config', 'techniques') }}
),

primary_labels as (
    select
        labelled.account_id,
        labelled.technique,
        labelled.label_id,
        labels.name
    from {{ ref('int_accounts__labelled') }} as labelled
    inner join {{ source('config', 'labels') }} as labels on labelled.label_id = labels.label_id
    where labelled.is_primary
),

profiled as (
    select
        ---------- canonical fields
        accounts.account_id,
        accounts.account_name,
        accounts.owner_id,
        accounts.website,
        accounts.industry,
        accounts.landed_industry,
        accounts.account_type,
        accounts.employees,
        accounts.annual_revenue,
        accounts.ownership,
        accounts.rating,
        accounts.parent_account_id,
        accounts.phone,
        accounts.billing_country,
        accounts.billing_state,
        accounts.billing_city,
        accounts.billing_street,
        accounts.billing_code,
        accounts.currency,
        accounts.status,
        accounts.contract_end_date,
        accounts.created_at,
        accounts.modified_at,
        accounts.is_deleted,
        accounts.merged_into_id,
        accounts.custom_fields,
        ---------- measures
        accounts.won_deal_count,
        accounts.lost_deal_count,
        accounts.open_deal_count,
        accounts.contact_count,
        accounts.purchase_count,
        accounts.revenue_amount,
        accounts.revenue_12_months_amount,
        accounts.open_pipeline_amount,
        accounts.expected_pipeline_amount,
        accounts.first_purchase_on,
        accounts.last_purchase_on,
        accounts.last_activity_on,
        ---------- scores and labels
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        rfm_labels.label_id as rfm_label_id,
        case
            when not techniques.has_rfm then null
            when scores.account_id is null then 'Unscored'
            else coalesce(rfm_labels.name, 'Unlabelled')
        end as rfm_label_name,
        firmographics_labels.label_id as firmographics_label_id,
        coalesce(firmographics_labels.name, techniques.without_firmographics)
            as firmographics_label_name,
        recommendations_labels.label_id as recommendations_label_id,
        coalesce(recommendations_labels.name, techniques.without_recommendations)
            as recommendations_label_name,
        purchase_probabilities.purchase_probability,
        run.as_of
    from accounts
    cross join run
    cross join techniques
    inner join scoped on accounts.account_id = scoped.account_id
    left join scores on accounts.account_id = scores.account_id
    left join primary_labels as rfm_labels
        on accounts.account_id = rfm_labels.account_id and rfm_labels.technique = 'rfm'
    left join primary_labels as firmographics_labels
        on
            accounts.account_id = firmographics_labels.account_id
            and firmographics_labels.technique = 'firmographics'
    left join primary_labels as recommendations_labels
        on
            accounts.account_id = recommendations_labels.account_id
            and recommendations_labels.technique = 'recommendations'
    left join {{ source('ml', 'purchase_probabilities') }} as purchase_probabilities
        on accounts.account_id = purchase_probabilities.account_id
)

select * from profiled
