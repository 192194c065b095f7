with placed as (
    select * from {{ ref('int_accounts__matched') }}
    union all
    select * from {{ ref('int_recommendations__matched') }}
    union all
    select * from {{ ref('int_voice__matched') }}
),

first_positions as (
    select
        account_id,
        technique,
        min(position) as position
    from placed
    group by account_id, technique
),

labelled as (
    select
        placed.account_id,
        placed.technique,
        placed.label_id,
        placed.position,
        placed.position = first_positions.position as is_primary
    from placed
    inner join first_positions
        on
            placed.account_id = first_positions.account_id
            and placed.technique = first_positions.technique
)

select * from labelled
