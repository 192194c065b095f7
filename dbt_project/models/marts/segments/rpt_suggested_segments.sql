with suggestions as (
    select * from {{ source('config', 'suggestions') }}
),

members as (
    select * from {{ ref('seg_suggested_members') }}
),

-- One without accounts is not shown (SEG-25).
counted as (
    select
        suggestion_id,
        as_of,
        count(*) as account_count,
        cast(sum(potential_revenue_amount) as decimal(18, 2)) as potential_revenue_amount
    from members
    group by suggestion_id, as_of
)

select
    suggestions.suggestion_id,
    suggestions.name as suggestion_name,
    suggestions.description,
    suggestions.position,
    counted.account_count,
    counted.potential_revenue_amount,
    suggestions.criteria,
    counted.as_of
from counted
inner join suggestions on counted.suggestion_id = suggestions.suggestion_id
