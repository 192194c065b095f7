with mails as (
    select
        event_key,
        feed,
        channel,
        coalesce(message_id, event_key) as message_id,
        message_id is not null as is_message_known,
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
        mails.channel,
        mails.event,
        mails.is_message_known
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
            mails.event = 'delivered'
            or (mails.event in ('opened', 'clicked', 'replied') and mails.is_message_known)
            or (
                mails.event = 'sent'
                and messages.has_deliveries = 0
                and bounced.message_id is null
            )
        )
),

-- Reactions that some feed of the channel tells: of others it is unknown who reacted.
told as (
    select distinct
        channel,
        event
    from mails
    where event in ('opened', 'clicked', 'replied')
)

select
    event_key,
    'arrived' as tally
from arrived
union all
-- Without its message nobody knows which mail somebody reacted to.
select
    arrived.event_key,
    'asked_if_' || told.event as tally
from arrived
inner join told on arrived.channel = told.channel
where arrived.is_message_known
union all
select
    event_key,
    event || '_of_arrived' as tally
from arrived
where event in ('opened', 'clicked', 'replied')
