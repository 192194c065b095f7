with rates as (
    select
        account_id,
        channel,
        count(*) as attempt_count,
        sum(is_answered) as answer_count,
        max(occurred_on) as last_attempt_on
    from {{ ref('int_attempts__answered') }}
    where account_id is not null
    group by account_id, channel
),

-- A channel that nobody answers on is nobody's preference (ACC-6).
told as (
    select
        *,
        {{ share_of('answer_count', 'attempt_count') }} as answer_share,
        {{ enough_attempts('attempt_count') }} and answer_count > 0 as is_preferable,
        max(last_attempt_on) over (partition by account_id) as last_contacted_on
    from rates
),

-- Of equal rates the one that was tried more often, then the first by name.
ranked as (
    select
        *,
        row_number() over (
            partition by account_id
            order by
                is_preferable desc,
                cast(answer_count as double) / attempt_count desc,
                attempt_count desc,
                channel asc
        ) as place
    from told
)

select
    account_id,
    last_contacted_on,
    case when is_preferable then channel end as preferred_channel,
    case when is_preferable then answer_share end as preferred_channel_share,
    case when is_preferable then attempt_count end as preferred_channel_attempt_count
from ranked
where place = 1
