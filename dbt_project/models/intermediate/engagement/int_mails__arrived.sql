with mails as (
    select
        event_key,
        feed,
        channel,
        coalesce(message_id, event_key) as message_id,
        person_id,
        event
    from {{ ref('int_events__matched') }}
    where channel in ('email', 'campaign')
),

feeds as (
    select
        feed,
        max(case when event = 'delivered' then 1 else 0 end) as has_deliveries,
        max(case when event = 'sent' then 1 else 0 end) as has_sends
    from mails
    group by feed
),

-- Of a mail is known what any of its feeds tells: one may have the sends, another one the opens.
messages as (
    select
        mails.channel,
        mails.message_id,
        max(feeds.has_deliveries) as has_deliveries,
        max(feeds.has_sends) as has_sends
    from mails
    inner join feeds on mails.feed = feeds.feed
    group by mails.channel, mails.message_id
),

bounced as (
    select distinct
        channel,
        message_id,
        person_id
    from mails
    where event = 'bounced'
),

-- Where nobody tells what was delivered, what was sent and did not come back has arrived; where not
-- even that is told, opens are no share of anything. A reaction has always arrived (INT-5).
arrived as (
    select
        mails.event_key,
        mails.event
    from mails
    inner join messages
        on mails.channel = messages.channel and mails.message_id = messages.message_id
    left join bounced
        on
            mails.event = 'sent'
            and mails.channel = bounced.channel
            and mails.message_id = bounced.message_id
            and mails.person_id = bounced.person_id
    where
        messages.has_deliveries + messages.has_sends > 0
        and (
            mails.event in ('delivered', 'opened', 'clicked', 'replied')
            or (
                mails.event = 'sent'
                and messages.has_deliveries = 0
                and bounced.message_id is null
            )
        )
)

select
    event_key,
    'arrived' as tally
from arrived
union all
select
    event_key,
    event || '_of_arrived' as tally
from arrived
where event in ('opened', 'clicked', 'replied')
