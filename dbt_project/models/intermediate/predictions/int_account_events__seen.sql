with dated as (
    select
        seen.cutoff_on,
        seen.account_id,
        events.is_attempt,
        events.is_answer or events.is_incoming as is_reaction,
        events.channel = 'ticket' and events.event = 'opened' as is_ticket,
        {{ days_between('events.occurred_on', 'seen.cutoff_on') }} as age_days
    from {{ ref('int_accounts__seen') }} as seen
    inner join {{ ref('int_events__attributed') }} as events
        on seen.account_id = events.account_id
    where events.occurred_on <= seen.cutoff_on
)

select
    cutoff_on,
    account_id,
    sum(case when is_attempt and age_days < 90 then 1 else 0 end) as attempt_count_90,
    sum(case when is_reaction and age_days < 90 then 1 else 0 end) as reaction_count_90,
    sum(case when is_reaction and age_days < 365 then 1 else 0 end) as reaction_count_365,
    sum(case when is_ticket and age_days < 365 then 1 else 0 end) as ticket_count_365,
    min(case when is_reaction then age_days end) as last_reaction_days
from dated
group by cutoff_on, account_id
