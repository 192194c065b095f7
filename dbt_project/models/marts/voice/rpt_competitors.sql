with run as (
    select * from {{ source('config', 'run') }}
),

-- The whole history, not the window (DSH-15); a name counts whatever language it stands in.
mentioned as (
    select
        signal as competitor,
        count(*) as mention_count,
        count(distinct account_id) as account_count,
        count(distinct contact_id) as contact_count,
        sum(case when signal_sentiment = 'positive' then 1 else 0 end) as positive_count,
        sum(case when signal_sentiment = 'negative' then 1 else 0 end) as negative_count,
        max(occurred_on) as last_mentioned_on
    from {{ ref('fct_response_signals') }}
    where kind = 'competitor' and is_in_scope
    group by signal
),

total as (
    select cast(sum(mention_count) as bigint) as mention_count from mentioned
),

closed as (
    select
        competitor,
        sum(case when state = 'won' then 1 else 0 end) as won_deal_count,
        sum(case when state = 'won' then base_amount end) as won_amount,
        sum(case when state = 'lost' then 1 else 0 end) as lost_deal_count,
        sum(case when state = 'lost' then base_amount end) as lost_amount,
        count(*) as closed_deal_count
    from {{ ref('rpt_competitor_deals') }}
    group by competitor
)

select
    mentioned.competitor,
    cast(mentioned.mention_count as bigint) as mention_count,
    {{ share_of('mentioned.mention_count', 'total.mention_count') }} as mention_share,
    cast(mentioned.positive_count as bigint) as positive_count,
    cast(mentioned.negative_count as bigint) as negative_count,
    cast(mentioned.account_count as bigint) as account_count,
    cast(mentioned.contact_count as bigint) as contact_count,
    mentioned.last_mentioned_on,
    cast(coalesce(closed.won_deal_count, 0) as bigint) as won_deal_count,
    {{ base_sum('closed.won_amount') }} as won_amount,
    cast(coalesce(closed.lost_deal_count, 0) as bigint) as lost_deal_count,
    {{ base_sum('closed.lost_amount') }} as lost_amount,
    {{ share_of('closed.won_deal_count', 'closed.closed_deal_count') }} as won_share,
    {{ wilson_bound('closed.won_deal_count', 'closed.closed_deal_count', '-') }} as least_won_share,
    {{ wilson_bound('closed.won_deal_count', 'closed.closed_deal_count', '+') }} as most_won_share,
    run.as_of
from mentioned
cross join total
cross join run
left join closed on mentioned.competitor = closed.competitor
