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

-- Of equal rates the one that was tried more often, then the first by name. Four attempts tell
-- nothing, and a channel that nobody answers on is nobody's preference (ACC-6).
ranked as (
    select
        rates.*,
        {{ share_of('answer_count', 'attempt_count') }} as answer_share,
        row_number() over (
            partition by account_id
            order by
                case when attempt_count >= 5 and answer_count > 0 then 0 else 1 end,
                cast(answer_count as double) / attempt_count desc,
                attempt_count desc,
                channel
        ) as place
    from rates
),

reached as (
    select
        account_id,
        max(last_attempt_on) as last_contacted_on,
        max(case when place = 1 and attempt_count >= 5 and answer_count > 0 then channel end)
            as preferred_channel,
        max(case when place = 1 and attempt_count >= 5 and answer_count > 0 then answer_share end)
            as preferred_channel_share,
        max(
            case when place = 1 and attempt_count >= 5 and answer_count > 0 then attempt_count end
        ) as preferred_channel_attempt_count
    from ranked
    group by account_id
)

select * from reached
