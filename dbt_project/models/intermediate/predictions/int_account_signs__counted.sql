with run as (
    select * from {{ source('config', 'run') }}
),

contacts as (
    select
        contacts.account_id,
        {{ local_date('contacts.created_at', 'run.time_zone') }} as created_on
    from {{ ref('int_contacts__survived') }} as contacts
    cross join run
),

peopled as (
    select
        seen.cutoff_on,
        seen.account_id,
        count(*) as contact_count
    from {{ ref('int_accounts__seen') }} as seen
    inner join contacts
        on seen.account_id = contacts.account_id and seen.cutoff_on >= contacts.created_on
    group by seen.cutoff_on, seen.account_id
),

described as (
    select
        seen.cutoff_on,
        seen.account_id,
        seen.industry,
        seen.size_label_id,
        {{ days_between('seen.created_on', 'seen.cutoff_on') }} as age_days,
        cast(coalesce(deals.won_count, 0) as bigint) as won_count,
        cast(coalesce(deals.won_count_365, 0) as bigint) as won_count_365,
        cast(coalesce(deals.won_amount, 0) as decimal(30, 4)) as won_amount,
        deals.first_won_days,
        deals.last_won_days,
        cast(coalesce(deals.lost_count, 0) as bigint) as lost_count,
        cast(coalesce(deals.open_count, 0) as bigint) as open_count,
        cast(coalesce(peopled.contact_count, 0) as bigint) as contact_count,
        cast(coalesce(events.attempt_count_90, 0) as bigint) as attempt_count_90,
        cast(coalesce(events.reaction_count_90, 0) as bigint) as reaction_count_90,
        cast(coalesce(events.reaction_count_365, 0) as bigint) as reaction_count_365,
        cast(coalesce(events.ticket_count_365, 0) as bigint) as ticket_count_365,
        events.last_reaction_days
    from {{ ref('int_accounts__seen') }} as seen
    left join {{ ref('int_account_deals__seen') }} as deals
        on seen.cutoff_on = deals.cutoff_on and seen.account_id = deals.account_id
    left join peopled
        on seen.cutoff_on = peopled.cutoff_on and seen.account_id = peopled.account_id
    left join {{ ref('int_account_events__seen') }} as events
        on seen.cutoff_on = events.cutoff_on and seen.account_id = events.account_id
    -- An account that the CRM did not know yet is no part of that past.
    where coalesce(least(seen.created_on, deals.first_deal_on) <= seen.cutoff_on, true)
),

-- Labels as they would have been given on that day (PRD-3).
labelled as (
    select
        described.*,
        case
            when last_won_days is null then 'never'
            when last_won_days <= 90 then 'within_90_days'
            when last_won_days <= 365 then 'within_365_days'
            else 'longer_ago'
        end as recency_label,
        case
            when won_count = 0 then 'none'
            when won_count = 1 then 'once'
            when won_count <= 3 then 'few'
            else 'many'
        end as frequency_label
    from described
)

select * from labelled
