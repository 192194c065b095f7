with responses as (
    select * from {{ ref('int_responses__written') }}
),

texts as (
    select * from {{ source('ml', 'heard_texts') }}
),

heard as (
    select
        responses.response_key,
        responses.account_id,
        responses.contact_id,
        responses.channel,
        responses.occurred_at,
        responses.occurred_on,
        responses.text_hash,
        texts.language,
        texts.unsupported_reason,
        texts.sentiment,
        texts.sentiment_score,
        texts.emotion,
        texts.margin,
        texts.moved_by,
        texts.engine,
        texts.engine_version,
        texts.sentiment is not null as is_analysed,
        substr(responses.body, 1, 500) as quote
    from responses
    inner join texts on responses.text_hash = texts.text_hash
)

select * from heard
