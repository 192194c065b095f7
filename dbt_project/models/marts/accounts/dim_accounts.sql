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
        labels.rfm_label_id,
        labels.rfm_label_name,
        labels.firmographics_label_id,
        labels.firmographics_label_name,
        labels.engagement_label_id,
        labels.engagement_label_name,
        cast(engaged.engagement_score as decimal(5, 2)) as engagement_score,
        cast(engaged.engagement_trend as decimal(5, 2)) as engagement_trend,
        engaged.has_no_signal,
        engaged.last_engaged_on,
        labels.voice_of_customer_label_id,
        labels.voice_of_customer_label_name,
        heard.response_count,
        heard.positive_count as positive_response_count,
        heard.negative_count as negative_response_count,
        heard.leading_sentiment,
        heard.last_response_on,
        promoters.promoter_state,
        labels.recommendations_label_id,
        labels.recommendations_label_name,
        purchase_probabilities.purchase_probability,
        handed_off.sales_ready_score,
        handed_off.sales_ready_state,
        cast(coalesce(seasonal.purchase_count_24_months, 0) as bigint) as purchase_count_24_months,
        seasonal.holiday_purchase_share,
        reached.preferred_channel,
        reached.last_contacted_on,
        cast(coalesce(mailable.mailable_contact_count, 0) as bigint) as mailable_contact_count,
        cast(coalesce(mailable.opted_out_contact_count, 0) as bigint) as opted_out_contact_count,
        hygiene.data_quality_score,
        cast(coalesce(paired.duplicate_count, 0) as bigint) as duplicate_count,
        run.as_of
    from accounts
    cross join run
    inner join scoped on accounts.account_id = scoped.account_id
    left join {{ ref('int_accounts__rfm_scored') }} as scores
        on accounts.account_id = scores.account_id
    left join {{ ref('int_labels__pivoted') }} as labels on accounts.account_id = labels.account_id
    left join {{ ref('int_accounts__engaged') }} as engaged
        on accounts.account_id = engaged.account_id
    left join {{ ref('int_accounts__heard') }} as heard on accounts.account_id = heard.account_id
    left join {{ ref('int_promoters__compared') }} as promoters
        on accounts.account_id = promoters.account_id and promoters.contact_id is null
    left join {{ source('ml', 'purchase_probabilities') }} as purchase_probabilities
        on accounts.account_id = purchase_probabilities.account_id
    left join {{ ref('int_accounts__handed_off') }} as handed_off
        on accounts.account_id = handed_off.account_id
    left join {{ ref('int_accounts__holiday_bought') }} as seasonal
        on accounts.account_id = seasonal.account_id
    left join {{ ref('int_accounts__reached') }} as reached
        on accounts.account_id = reached.account_id
    left join {{ ref('int_accounts__mailable') }} as mailable
        on accounts.account_id = mailable.account_id
    left join {{ ref('rpt_account_hygiene') }} as hygiene
        on accounts.account_id = hygiene.account_id
    left join {{ ref('int_accounts__paired') }} as paired
        on accounts.account_id = paired.account_id
)

select * from profiled
