with labels as (
    select * from {{ source('config', 'labels') }}
    where technique = 'recommendations'
),

-- A bundle is chosen whichever half of it is missing: its products are compared in order. Of
-- one product and null, least and greatest are the product on both engines.
conditions as (
    select
        *,
        least(product_id, other_product_id) as first_product_id,
        greatest(product_id, other_product_id) as second_product_id
    from {{ source('config', 'recommendation_conditions') }}
),

type_counts as (
    select
        label_id,
        count(distinct recommendation_type) as type_count
    from conditions
    group by label_id
),

-- Also what labels ask for beyond the best ten of an account.
recommendations as (
    select
        account_id,
        recommendation_type,
        recommendation_probability,
        least(product_id, case recommendation_type when 'bundle' then source_product_id end)
            as first_product_id,
        greatest(product_id, case recommendation_type when 'bundle' then source_product_id end)
            as second_product_id
    from {{ source('ml', 'recommendations') }}
),

-- The most likely of the chosen products of a type.
best as (
    select
        recommendations.account_id,
        conditions.label_id,
        conditions.kind,
        conditions.combine,
        conditions.recommendation_type,
        max(recommendations.recommendation_probability) >= max(conditions.probability) as reaches,
        max(recommendations.recommendation_probability) > max(conditions.probability) as exceeds
    from recommendations
    inner join conditions
        on
            recommendations.recommendation_type = conditions.recommendation_type
            and coalesce(
                recommendations.first_product_id = conditions.first_product_id
                and recommendations.second_product_id = conditions.second_product_id,
                conditions.product_id is null
            )
    group by
        recommendations.account_id,
        conditions.label_id,
        conditions.kind,
        conditions.combine,
        conditions.recommendation_type
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

-- Cold says that nothing is likely, so something must have been said of the account (REC-21).
told as (
    select distinct account_id from recommendations
),

cold_labels as (
    select distinct label_id from conditions
    where kind = 'cold'
),

warm as (
    select distinct
        account_id,
        label_id
    from best
    where kind = 'cold' and exceeds
),

cold as (
    select
        told.account_id,
        cold_labels.label_id
    from told
    cross join cold_labels
    left join warm
        on told.account_id = warm.account_id and cold_labels.label_id = warm.label_id
    where warm.account_id is null
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
