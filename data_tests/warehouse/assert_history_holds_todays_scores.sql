-- The last row of an account in history is its state of today (RFM-5, TEC-13, GLC-10).
{{ config(meta={'dagster': {'ref': {'name': 'account_state_history'}}}) }}

with ranked as (
    select
        account_id,
        state_fingerprint,
        row_number() over (partition by account_id order by as_of desc) as state_rank
    from {{ ref('account_state_history') }}
)

select observed.account_id
from {{ ref('int_accounts__observed') }} as observed
left join ranked on observed.account_id = ranked.account_id and ranked.state_rank = 1
where coalesce(ranked.state_fingerprint <> observed.state_fingerprint, true)
