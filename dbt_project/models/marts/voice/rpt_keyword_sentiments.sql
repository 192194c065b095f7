with run as (
    select * from {{ source('config', 'run') }}
),

counted as (
    select
        signal as keyword,
        signal_sentiment as sentiment,
        count(*) as response_count
    from {{ ref('fct_response_signals') }}
    where kind = 'keyword' and is_in_window and is_analysed and is_in_scope
    group by signal, signal_sentiment
),

ranked as (
    select
        counted.*,
        max(response_count) over () as largest_count,
        row_number() over (order by response_count desc, keyword, sentiment) as keyword_rank
    from counted
)

select
    ranked.keyword,
    ranked.sentiment,
    cast(ranked.response_count as bigint) as response_count,
    {{ share_of('ranked.response_count', 'ranked.largest_count') }} as weight,
    cast(ranked.keyword_rank as bigint) as keyword_rank,
    run.as_of
from ranked
cross join run
where ranked.keyword_rank <= 100
