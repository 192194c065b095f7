with preferences as (
    select * from {{ source('config', 'voice_preferences') }}
),

terms as (
    select * from {{ source('config', 'voice_terms') }}
),

listed as (
    select distinct preference_number from terms
),

signals as (
    select * from {{ ref('int_response_signals__heard') }}
    where is_in_window and account_id is not null
),

said as (
    select
        signals.account_id,
        preferences.preference_number,
        signals.response_key,
        signals.signal
    from signals
    inner join preferences on signals.kind = preferences.kind
    left join terms
        on
            preferences.preference_number = terms.preference_number
            and lower(signals.signal) = terms.term
    left join listed on preferences.preference_number = listed.preference_number
    where
        (listed.preference_number is null or terms.term is not null)
        and coalesce(
            signals.signal_sentiment = preferences.sentiment, preferences.sentiment is null
        )
        and (preferences.kind <> 'intent' or signals.is_analysed)
)

select * from said
