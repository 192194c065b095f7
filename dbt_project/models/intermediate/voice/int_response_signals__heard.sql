with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'voice_settings') }}
),

heard as (
    select
        heard.*,
        heard.occurred_on > {{ add_months('run.as_of', '-settings.window_months') }}
            as is_in_window,
        heard.occurred_on > {{ add_months('run.as_of', '-settings.trend_months') }} as is_in_trend
    from {{ ref('int_responses__heard') }} as heard
    cross join run
    cross join settings
),

-- Everything a response says: its sentiment, and what else was heard in it (VOC-4).
signals as (
    select
        response_key,
        account_id,
        contact_id,
        channel,
        occurred_at,
        occurred_on,
        is_analysed,
        is_in_window,
        is_in_trend,
        'sentiment' as kind,
        sentiment as signal,
        sentiment as signal_sentiment
    from heard
    where is_analysed
    union all
    select
        heard.response_key,
        heard.account_id,
        heard.contact_id,
        heard.channel,
        heard.occurred_at,
        heard.occurred_on,
        heard.is_analysed,
        heard.is_in_window,
        heard.is_in_trend,
        found.kind,
        found.signal,
        found.sentiment as signal_sentiment
    from heard
    inner join {{ source('ml', 'heard_signals') }} as found on heard.text_hash = found.text_hash
)

select * from signals
