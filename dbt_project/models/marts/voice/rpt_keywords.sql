with run as (
    select * from {{ source('config', 'run') }}
),

shown as (
    select distinct keyword from {{ ref('rpt_keyword_sentiments') }}
),

signals as (
    select signals.*
    from {{ ref('fct_response_signals') }} as signals
    inner join shown on signals.signal = shown.keyword
    where
        signals.kind = 'keyword'
        and signals.is_in_window
        and signals.is_analysed
        and signals.is_in_scope
),

counted as (
    select
        signal as keyword,
        {{ sorted_list_text('channel') }} as channels,
        count(*) as response_count,
        sum(case when signal_sentiment = 'positive' then 1 else 0 end) as positive_count,
        sum(case when signal_sentiment = 'negative' then 1 else 0 end) as negative_count,
        sum(case when signal_sentiment = 'neutral' then 1 else 0 end) as neutral_count,
        count(distinct account_id) as account_count
    from signals
    group by signal
),

-- Compared as products of whole numbers: a half is High and a fifth Medium, exactly (DSH-17).
judged as (
    select
        counted.*,
        case
            when 2 * negative_count >= response_count then 1
            when 5 * negative_count >= response_count then 2
            else 3
        end as severity_rank,
        max(response_count) over () as largest_count
    from counted
)

select
    cast(
        row_number() over (
            order by judged.severity_rank, judged.response_count desc, judged.keyword
        ) as bigint
    ) as position,
    judged.keyword,
    judged.channels,
    case judged.severity_rank when 1 then 'High' when 2 then 'Medium' else 'Low' end as severity,
    cast(judged.response_count as bigint) as response_count,
    {{ share_of('judged.response_count', 'judged.largest_count') }} as weight,
    cast(judged.positive_count as bigint) as positive_count,
    cast(judged.negative_count as bigint) as negative_count,
    cast(judged.neutral_count as bigint) as neutral_count,
    {{ share_of('judged.negative_count', 'judged.response_count') }} as negative_share,
    cast(judged.account_count as bigint) as account_count,
    run.as_of
from judged
cross join run
