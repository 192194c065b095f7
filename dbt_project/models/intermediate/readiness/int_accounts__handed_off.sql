with latest as (
    select * from {{ ref('int_handoffs__answered') }}
    where is_latest
)

select
    readied.account_id,
    readied.engagement_score,
    readied.fit_score,
    readied.fulfilled_count,
    readied.criterion_count,
    readied.prediction_probability,
    readied.sales_ready_score,
    -- What sales returned is nurtured until it is ready again (SRS-5).
    case
        when decided.is_ready and not decided.is_handed_off then 'ready'
        when latest.handoff_state is null or latest.handoff_state = 'returned' then 'nurture'
        else latest.handoff_state
    end as sales_ready_state,
    latest.handed_off_on
from {{ ref('int_accounts__readied') }} as readied
inner join {{ ref('int_handoffs__decided') }} as decided on readied.account_id = decided.account_id
left join latest on readied.account_id = latest.account_id
