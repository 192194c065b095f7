with opinions as (
    select * from {{ ref('int_response_signals__heard') }}
    where kind = 'sentiment' and signal <> 'neutral'
),

-- What they think together, and each of them; a contact counts where the account is known.
speakers as (
    select
        account_id,
        cast(null as string) as contact_id,
        signal,
        is_in_trend,
        occurred_on
    from opinions
    where account_id is not null
    union all
    select
        account_id,
        contact_id,
        signal,
        is_in_trend,
        occurred_on
    from opinions
    where account_id is not null and contact_id is not null
),

counted as (
    select
        account_id,
        contact_id,
        sum(case when signal = 'positive' and is_in_trend then 1 else 0 end) as positive_count,
        sum(case when signal = 'negative' and is_in_trend then 1 else 0 end) as negative_count,
        sum(case when signal = 'positive' and not is_in_trend then 1 else 0 end)
            as earlier_positive_count,
        sum(case when signal = 'negative' and not is_in_trend then 1 else 0 end)
            as earlier_negative_count,
        max(occurred_on) as last_opinion_on
    from speakers
    group by account_id, contact_id
),

judged as (
    select
        counted.*,
        case
            when positive_count > 0 and negative_count > 0 then 'mixed'
            when positive_count > 0 then 'positive'
            when negative_count > 0 then 'negative'
        end as opinion,
        case
            when earlier_positive_count > 0 and earlier_negative_count > 0 then 'mixed'
            when earlier_positive_count > 0 then 'positive'
            when earlier_negative_count > 0 then 'negative'
            else 'none'
        end as earlier_opinion
    from counted
),

-- Mixed behaviour is not classified, nor is who has said nothing since the trend began (VOC-22).
compared as (
    select
        judged.*,
        case
            when opinion = 'positive' and earlier_opinion = 'none' then 'new_promoter'
            when opinion = 'negative' and earlier_opinion = 'none' then 'new_detractor'
            when opinion = 'negative' and earlier_opinion = 'positive' then 'promoter_to_detractor'
            when opinion = 'positive' and earlier_opinion = 'negative' then 'detractor_to_promoter'
            when opinion = 'positive' and earlier_opinion = 'positive' then 'stays_promoter'
            when opinion = 'negative' and earlier_opinion = 'negative' then 'stays_detractor'
        end as promoter_state
    from judged
)

select
    account_id,
    contact_id,
    positive_count,
    negative_count,
    earlier_positive_count,
    earlier_negative_count,
    last_opinion_on,
    promoter_state
from compared
