-- Hand-offs of earlier runs, each with the account that has survived since (EDG-12).
with handoffs as (
    {{ read_history('handoff_history') }}
),

survivors as (
    select * from {{ ref('int_accounts__survived') }}
),

before as (
    select
        coalesce(survivors.survivor_id, handoffs.account_id) as account_id,
        handoffs.as_of as handed_off_on,
        max(handoffs.sales_ready_score) as sales_ready_score
    from handoffs
    left join survivors on handoffs.account_id = survivors.account_id
    group by coalesce(survivors.survivor_id, handoffs.account_id), handoffs.as_of
)

select * from before
