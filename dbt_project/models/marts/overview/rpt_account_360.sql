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

reachable as (
    select
        account_id,
        count(
            case
                when
                    email_normalized is not null
                    and not coalesce(email_opt_out, false)
                    and not is_mail_blocked
                    then 1
            end
        ) as mailable_contact_count,
        count(case when email_opt_out then 1 end) as opted_out_contact_count
    from {{ ref('dim_contacts') }}
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
    hygiene.data_quality_score,
    cast(coalesce(grouped.duplicate_count, 0) as bigint) as duplicate_count,
    cast(coalesce(grouped.segment_count, 0) as bigint) as segment_count,
    grouped.segments,
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
    ---------- how
    reached.preferred_channel,
    reached.preferred_channel_share,
    cast(reached.preferred_channel_attempt_count as bigint) as preferred_channel_attempt_count,
    reached.last_contacted_on,
    touched.last_touches,
    accounts.engagement_score,
    cast(coalesce(reachable.mailable_contact_count, 0) as bigint) as mailable_contact_count,
    cast(coalesce(reachable.opted_out_contact_count, 0) as bigint) as opted_out_contact_count,
    run.as_of
from accounts
cross join run
left join {{ ref('rpt_account_hygiene') }} as hygiene on accounts.account_id = hygiene.account_id
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
left join reachable on accounts.account_id = reachable.account_id
