with run as (
    select * from {{ source('config', 'run') }}
),

handoffs as (
    select
        account_id,
        handed_off_on,
        sales_ready_score
    from {{ ref('int_handoffs__before') }}
    union all
    select
        decided.account_id,
        run.as_of as handed_off_on,
        decided.sales_ready_score
    from {{ ref('int_handoffs__decided') }} as decided
    cross join run
    where decided.is_handed_off
),

framed as (
    select
        handoffs.*,
        lead(handoffs.handed_off_on) over (
            partition by handoffs.account_id order by handoffs.handed_off_on
        ) as next_handed_off_on
    from handoffs
),

-- What sales said until the end of the business date, of the account that has survived since.
answers as (
    select
        answers.answer_id,
        answers.answer,
        answers.answered_by,
        answers.note,
        coalesce(survivors.survivor_id, answers.account_id) as account_id,
        {{ local_date('answers.answered_at', 'run.time_zone') }} as answered_on
    from {{ source('config', 'handoff_answers') }} as answers
    cross join run
    left join {{ ref('int_accounts__survived') }} as survivors
        on answers.account_id = survivors.account_id
    where answers.answered_at < run.ends_at
),

-- The last word counts.
told as (
    select
        framed.account_id,
        framed.handed_off_on,
        answers.answer,
        answers.answered_on,
        answers.answered_by,
        answers.note,
        row_number() over (
            partition by framed.account_id, framed.handed_off_on
            order by answers.answer_id desc
        ) as answer_rank
    from framed
    inner join answers
        on
            framed.account_id = answers.account_id
            and framed.handed_off_on <= answers.answered_on
            and coalesce(framed.next_handed_off_on > answers.answered_on, true)
),

-- A deal won on the very day was won without it.
won as (
    select
        framed.account_id,
        framed.handed_off_on,
        min(deals.closed_on) as converted_on
    from framed
    cross join run
    inner join {{ ref('int_deals__converted') }} as deals
        on
            framed.account_id = deals.account_id
            and framed.handed_off_on < deals.closed_on
            and coalesce(framed.next_handed_off_on >= deals.closed_on, true)
    where
        deals.state = 'won'
        and not {{ is_refund('deals') }}
        and deals.closed_on <= run.as_of
    group by framed.account_id, framed.handed_off_on
)

select
    framed.account_id,
    framed.handed_off_on,
    framed.sales_ready_score,
    framed.next_handed_off_on is null as is_latest,
    case
        when won.converted_on is not null then 'converted'
        else coalesce(told.answer, 'handed_off')
    end as handoff_state,
    told.answer,
    told.answered_on,
    told.answered_by,
    told.note,
    won.converted_on
from framed
left join told
    on
        framed.account_id = told.account_id
        and framed.handed_off_on = told.handed_off_on
        and told.answer_rank = 1
left join won
    on framed.account_id = won.account_id and framed.handed_off_on = won.handed_off_on
