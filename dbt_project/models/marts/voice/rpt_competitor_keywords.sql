with run as (
    select * from {{ source('config', 'run') }}
),

signals as (
    select * from {{ ref('fct_response_signals') }}
    where is_in_window and is_analysed and is_in_scope
),

-- Keywords of the response that names the competitor, with what is said of the competitor (DSH-18).
counted as (
    select
        mentions.signal as competitor,
        keywords.signal as keyword,
        mentions.signal_sentiment as mention_sentiment,
        count(*) as response_count
    from signals as mentions
    inner join signals as keywords on mentions.response_key = keywords.response_key
    where mentions.kind = 'competitor' and keywords.kind = 'keyword'
    group by mentions.signal, keywords.signal, mentions.signal_sentiment
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by competitor
            order by response_count desc, keyword, mention_sentiment
        ) as keyword_rank
    from counted
)

select
    ranked.competitor,
    ranked.keyword,
    ranked.mention_sentiment,
    cast(ranked.response_count as bigint) as response_count,
    cast(ranked.keyword_rank as bigint) as keyword_rank,
    run.as_of
from ranked
cross join run
where ranked.keyword_rank <= 100
