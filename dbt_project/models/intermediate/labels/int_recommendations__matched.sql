with labels as (
    select * from {{ source('config', 'labels') }}
    where technique = 'recommendations'
),

conditions as (
    select * from {{ source('config', 'recommendation_conditions') }}
),

type_counts as (
    select
        label_id,
        count(distinct recommendation_type) as type_count
    from conditions
    group by label_id
),

-- A bundle is chosen whichever half of it is missing (REC-19).
choices as (
    select
        conditions.*,
        product_id as chosen_product_id,
        other_product_id as held_product_id
    from conditions
    union all
    select
        conditions.*,
        other_product_id as chosen_product_id,
        product_id as held_product_id
    from conditions
    where other_product_id is not null
),

held as (
    select * from {{ ref('int_account_products__held') }}
    where product_id in (select choices.held_product_id from choices)
),

-- Also what labels ask for beyond the best ten of an account.
recommendations as (
    select * from {{ source('ml', 'recommendations') }}
),

-- The most likely of the chosen products of a type.
best as (
    select
        recommendations.account_id,
        choices.label_id,
        choices.kind,
        choices.combine,
        choices.recommendation_type,
        max(recommendations.recommendation_probability) >= max(choices.probability) as reaches,
        max(recommendations.recommendation_probability) > max(choices.probability) as exceeds
    from recommendations
    inner join choices
        on
            recommendations.recommendation_type = choices.recommendation_type
            and coalesce(
                recommendations.product_id = choices.chosen_product_id,
                choices.chosen_product_id is null
            )
    left join held
        on
            recommendations.account_id = held.account_id
            and choices.held_product_id = held.product_id
    where choices.held_product_id is null or held.product_id is not null
    group by
        recommendations.account_id,
        choices.label_id,
        choices.kind,
        choices.combine,
        choices.recommendation_type
),

hot as (
    select
        best.account_id,
        best.label_id
    from best
    inner join type_counts on best.label_id = type_counts.label_id
    where best.kind = 'hot'
    group by best.account_id, best.label_id, best.combine, type_counts.type_count
    having
        sum(case when best.reaches then 1 else 0 end)
        >= case when best.combine = 'all' then type_counts.type_count else 1 end
),

-- Cold says that nothing chosen is likely, so something of it must have been said (REC-21).
cold as (
    select
        account_id,
        label_id
    from best
    where kind = 'cold'
    group by account_id, label_id
    having sum(case when exceeds then 1 else 0 end) = 0
),

matches as (
    select * from hot
    union all
    select * from cold
)

select
    matches.account_id,
    labels.technique,
    matches.label_id,
    labels.position
from matches
inner join labels on matches.label_id = labels.label_id
