with kinds as (
    select * from {{ source('config', 'event_kinds') }}
    where is_voice
),

channels as (
    select * from {{ source('config', 'voice_channels') }}
),

events as (
    select * from {{ ref('int_events__matched') }}
),

texts as (
    select
        event_key,
        subject,
        body
    from {{ ref('stg_integrations__events') }}
    where body is not null
),

-- Only what the customer wrote (VOC-3); a text that comes twice is read once.
written as (
    select
        events.event_key as response_key,
        events.account_id,
        events.contact_id,
        events.channel,
        events.occurred_at,
        events.occurred_on,
        texts.subject,
        texts.body,
        md5(coalesce(texts.subject, '') || chr(31) || texts.body) as text_hash
    from events
    inner join kinds on events.channel = kinds.channel and events.event = kinds.event
    inner join channels on events.channel = channels.channel
    inner join texts on events.event_key = texts.event_key
    where events.direction = 'incoming' and not events.is_machine
)

select * from written
