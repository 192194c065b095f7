with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'voice_settings') }}
),

mentions as (
    select * from {{ ref('fct_response_signals') }}
    where kind = 'competitor' and is_in_scope
),

-- Refunds are no wins (RFM-31).
deals as (
    select * from {{ ref('fct_deals') }}
    where state in ('won', 'lost') and not is_refund and not is_closed_in_future
),

-- Closed soon after somebody at the account named the competitor, be it a contact or somebody of
-- whom only the account is known (VOC-23).
followed as (
    select
        deals.deal_id,
        mentions.signal as competitor,
        mentions.response_key,
        mentions.contact_id,
        mentions.signal_sentiment,
        mentions.occurred_on,
        count(*) over (partition by deals.deal_id, mentions.signal) as mention_count,
        row_number() over (
            partition by deals.deal_id, mentions.signal
            order by mentions.occurred_on desc, mentions.response_key
        ) as place
    from mentions
    cross join settings
    inner join deals
        on
            mentions.account_id = deals.account_id
            and mentions.occurred_on <= deals.closed_on
            and settings.mention_days
            >= {{ days_between('mentions.occurred_on', 'deals.closed_on') }}
)

select
    followed.competitor,
    deals.deal_id,
    deals.account_id,
    deals.deal_name,
    deals.state,
    deals.closed_on,
    deals.base_amount,
    deals.loss_reason,
    cast(followed.mention_count as bigint) as mention_count,
    followed.response_key,
    followed.contact_id,
    followed.signal_sentiment as mention_sentiment,
    followed.occurred_on as mentioned_on,
    {{ days_between('followed.occurred_on', 'deals.closed_on') }} as days_after_mention,
    run.as_of
from followed
cross join run
inner join deals on followed.deal_id = deals.deal_id
where followed.place = 1
