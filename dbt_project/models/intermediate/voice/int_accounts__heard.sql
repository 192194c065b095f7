with signals as (
    select * from {{ ref('int_response_signals__heard') }}
    where kind = 'sentiment' and is_in_window and account_id is not null
),

heard as (
    select
        account_id,
        count(*) as response_count,
        cast(sum(case when signal = 'positive' then 1 else 0 end) as bigint) as positive_count,
        cast(sum(case when signal = 'negative' then 1 else 0 end) as bigint) as negative_count,
        cast(sum(case when signal = 'neutral' then 1 else 0 end) as bigint) as neutral_count,
        max(occurred_on) as last_response_on
    from signals
    group by account_id
)

select
    heard.*,
    -- The sentiment with the largest share; a tie is neutral (VOC-18).
    case
        when positive_count > negative_count and positive_count > neutral_count then 'positive'
        when negative_count > positive_count and negative_count > neutral_count then 'negative'
        else 'neutral'
    end as leading_sentiment
from heard
