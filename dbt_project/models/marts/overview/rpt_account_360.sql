with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

times as (
    select
        times.*,
        row_number() over (
            partition by account_id
            order by answer_share desc, attempt_count desc, contact_id, channel, weekday, from_hour
        ) as place
    from {{ ref('rpt_contact_times') }} as times
    where answer_count > 0
),

labelled as (
    select
        account_id,
        {{ sorted_list_text('label_name') }} as labels
    from {{ ref('seg_account_labels') }}
    group by account_id
)

select
    ---------- who
    accounts.account_id,
    accounts.account_name,
    accounts.website,
    accounts.industry,
    accounts.employees,
    accounts.annual_revenue,
    accounts.billing_country,
    accounts.owner_id,
    accounts.contact_count,
    accounts.data_quality_score,
    accounts.duplicate_count,
    cast(coalesce(grouped.segment_count, 0) as bigint) as segment_count,
    grouped.segments,
    labelled.labels,
    ---------- what
    cast(coalesce(equipped.owned_product_count, 0) as bigint) as owned_product_count,
    equipped.owned_products,
    equipped.first_purchases,
    equipped.next_purchases,
    equipped.cross_sells,
    equipped.bundles,
    equipped.repeat_purchases,
    accounts.revenue_amount,
    accounts.open_pipeline_amount,
    accounts.purchase_probability,
    accounts.recency_score,
    accounts.frequency_score,
    accounts.monetary_score,
    ---------- where
    paced.lead_source,
    cast(coalesce(touched.event_count, 0) as bigint) as event_count,
    touched.channel_counts,
    ---------- when
    accounts.first_purchase_on,
    accounts.last_purchase_on,
    paced.median_gap_days,
    times.contact_id as best_time_contact_id,
    times.channel as best_time_channel,
    times.weekday as best_time_weekday,
    times.from_hour as best_time_from_hour,
    times.answer_share as best_time_answer_share,
    ---------- why
    reasoned.intents,
    reasoned.keywords,
    reasoned.loss_reasons,
    accounts.response_count,
    accounts.positive_response_count,
    accounts.negative_response_count,
    accounts.promoter_state,
    ---------- how
    accounts.preferred_channel,
    reached.preferred_channel_share,
    cast(reached.preferred_channel_attempt_count as bigint) as preferred_channel_attempt_count,
    accounts.last_contacted_on,
    touched.last_touches,
    accounts.engagement_score,
    accounts.sales_ready_score,
    accounts.sales_ready_state,
    accounts.mailable_contact_count,
    accounts.opted_out_contact_count,
    run.as_of
from accounts
cross join run
left join {{ ref('int_accounts__grouped') }} as grouped
    on accounts.account_id = grouped.account_id
left join {{ ref('int_accounts__equipped') }} as equipped
    on accounts.account_id = equipped.account_id
left join {{ ref('int_accounts__touched') }} as touched
    on accounts.account_id = touched.account_id
left join {{ ref('int_accounts__paced') }} as paced
    on accounts.account_id = paced.account_id
left join {{ ref('int_accounts__reasoned') }} as reasoned
    on accounts.account_id = reasoned.account_id
left join {{ ref('int_accounts__reached') }} as reached
    on accounts.account_id = reached.account_id
left join times on accounts.account_id = times.account_id and times.place = 1
left join labelled on accounts.account_id = labelled.account_id
