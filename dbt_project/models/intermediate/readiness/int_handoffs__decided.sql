with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'sales_readiness_settings') }}
),

ready as (
    select * from {{ ref('int_accounts__readied') }}
),

last_handoffs as (
    select
        account_id,
        max(handed_off_on) as handed_off_on
    from {{ ref('int_handoffs__before') }}
    group by account_id
),

scores as (
    {{ read_history('sales_readiness_history') }}
),

-- Scores of a merged account say nothing of its survivor.
fallen as (
    select
        last_handoffs.account_id,
        min(scores.sales_ready_score) as lowest_score
    from last_handoffs
    inner join scores
        on
            last_handoffs.account_id = scores.account_id
            and last_handoffs.handed_off_on < scores.as_of
    group by last_handoffs.account_id
),

judged as (
    select
        ready.account_id,
        ready.sales_ready_score,
        last_handoffs.handed_off_on as last_handed_off_on,
        ready.sales_ready_score >= settings.threshold as is_above,
        last_handoffs.handed_off_on is null
        or coalesce(
            least(fallen.lowest_score, ready.sales_ready_score) < settings.rearm_below, false
        ) as is_armed,
        last_handoffs.handed_off_on is null
        or {{ days_between('last_handoffs.handed_off_on', 'run.as_of') }} >= settings.pause_days
            as is_rested
    from ready
    cross join run
    cross join settings
    left join last_handoffs on ready.account_id = last_handoffs.account_id
    left join fallen on ready.account_id = fallen.account_id
)

select
    account_id,
    sales_ready_score,
    last_handed_off_on,
    is_above and is_armed as is_ready,
    is_above and is_armed and is_rested as is_handed_off
from judged
