with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

deals as (
    select * from {{ ref('fct_deals') }}
),

products as (
    select
        product_id,
        coalesce(product_name, product_id) as product_name
    from {{ ref('dim_products') }}
),

holdings as (
    select
        held.account_id,
        count(*) as owned_product_count,
        {{ sorted_list_text('coalesce(products.product_name, held.product_id)') }} as owned_products
    from {{ ref('int_account_products__held') }} as held
    left join products on held.product_id = products.product_id
    where held.is_owned
    group by held.account_id
),

best as (
    select
        account_id,
        recommendation_type,
        concat_ws(
            '; ',
            max(case when recommendation_rank = 1 then product_name end),
            max(case when recommendation_rank = 2 then product_name end),
            max(case when recommendation_rank = 3 then product_name end)
        ) as product_names
    from {{ ref('seg_recommendations') }}
    where recommendation_rank <= 3
    group by account_id, recommendation_type
),

recommended as (
    select
        account_id,
        max(case when recommendation_type = 'first_purchase' then product_names end)
            as first_purchases,
        max(case when recommendation_type = 'next_purchase' then product_names end)
            as next_purchases,
        max(case when recommendation_type = 'cross_sell' then product_names end) as cross_sells,
        max(case when recommendation_type = 'bundle' then product_names end) as bundles,
        max(case when recommendation_type = 'repeat_purchase' then product_names end)
            as repeat_purchases
    from best
    group by account_id
),

counts as (
    select
        account_id,
        channel,
        count(*) as event_count,
        max(occurred_on) as last_event_on
    from {{ ref('fct_events') }}
    where is_in_scope and not is_machine
    group by account_id, channel
),

touched as (
    select
        account_id,
        sum(event_count) as event_count,
        {{ sorted_list_text("concat(channel, ' ', cast(event_count as string))") }}
            as channel_counts,
        {{ sorted_list_text("concat(channel, ' ', cast(last_event_on as string))") }}
            as last_touches
    from counts
    group by account_id
),

sourced as (
    select
        account_id,
        lead_source,
        row_number() over (partition by account_id order by created_at, deal_id) as place
    from deals
    where lead_source is not null and created_at is not null
),

lost as (
    select
        account_id,
        {{ sorted_list_text('loss_reason') }} as loss_reasons
    from deals
    where state = 'lost' and loss_reason is not null
    group by account_id
),

purchase_days as (
    select distinct
        account_id,
        closed_on
    from deals
    where state = 'won' and not is_refund and not is_closed_in_future and closed_on is not null
),

followed as (
    select
        account_id,
        closed_on,
        lead(closed_on) over (partition by account_id order by closed_on) as next_on
    from purchase_days
),

gaps as (
    select
        account_id,
        {{ days_between('closed_on', 'next_on') }} as gap_days
    from followed
    where next_on is not null
),

middles as (
    select
        account_id,
        cast({{ grouped_quantile('gap_days', 0.5) }} as bigint) as median_gap_days
    from gaps
    group by account_id
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

signals as (
    select
        account_id,
        kind,
        signal,
        response_count,
        row_number() over (
            partition by account_id, kind order by response_count desc, signal
        ) as place
    from {{ ref('rpt_account_voice') }}
    where kind in ('intent', 'keyword')
),

heard as (
    select
        account_id,
        {{ sorted_list_text("case when kind = 'intent' then signal end") }} as intents,
        {{ sorted_list_text("case when kind = 'keyword' and place <= 5 then signal end") }}
            as keywords
    from signals
    group by account_id
),

reachable as (
    select
        account_id,
        count(
            case when email_normalized is not null and not coalesce(email_opt_out, false)
                and not is_mail_blocked then 1 end
        ) as mailable_contact_count,
        count(case when email_opt_out then 1 end) as opted_out_contact_count
    from {{ ref('dim_contacts') }}
    group by account_id
),

paired as (
    select record_id as account_id from {{ ref('rpt_duplicates') }}
    where module = 'accounts'
    union all
    select other_record_id as account_id from {{ ref('rpt_duplicates') }}
    where module = 'accounts'
),

duplicates as (
    select
        account_id,
        count(*) as duplicate_count
    from paired
    group by account_id
),

joined_segments as (
    select
        members.account_id,
        count(*) as segment_count,
        {{ sorted_list_text('segments.segment_name') }} as segments
    from {{ ref('seg_members') }} as members
    inner join {{ ref('seg_segments') }} as segments on members.segment_id = segments.segment_id
    group by members.account_id
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
    cast(coalesce(duplicates.duplicate_count, 0) as bigint) as duplicate_count,
    cast(coalesce(joined_segments.segment_count, 0) as bigint) as segment_count,
    joined_segments.segments,
    ---------- what
    cast(coalesce(holdings.owned_product_count, 0) as bigint) as owned_product_count,
    holdings.owned_products,
    recommended.first_purchases,
    recommended.next_purchases,
    recommended.cross_sells,
    recommended.bundles,
    recommended.repeat_purchases,
    accounts.revenue_amount,
    accounts.open_pipeline_amount,
    ---------- where
    sourced.lead_source,
    cast(coalesce(touched.event_count, 0) as bigint) as event_count,
    touched.channel_counts,
    ---------- when
    accounts.first_purchase_on,
    accounts.last_purchase_on,
    middles.median_gap_days,
    times.contact_id as best_time_contact_id,
    times.channel as best_time_channel,
    times.weekday as best_time_weekday,
    times.from_hour as best_time_from_hour,
    times.answer_share as best_time_answer_share,
    ---------- why
    heard.intents,
    heard.keywords,
    lost.loss_reasons,
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
left join duplicates on accounts.account_id = duplicates.account_id
left join joined_segments on accounts.account_id = joined_segments.account_id
left join holdings on accounts.account_id = holdings.account_id
left join recommended on accounts.account_id = recommended.account_id
left join sourced on accounts.account_id = sourced.account_id and sourced.place = 1
left join touched on accounts.account_id = touched.account_id
left join middles on accounts.account_id = middles.account_id
left join times on accounts.account_id = times.account_id and times.place = 1
left join heard on accounts.account_id = heard.account_id
left join lost on accounts.account_id = lost.account_id
left join {{ ref('int_accounts__reached') }} as reached
    on accounts.account_id = reached.account_id
left join reachable on accounts.account_id = reachable.account_id
