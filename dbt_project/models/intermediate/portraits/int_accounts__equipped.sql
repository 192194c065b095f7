with products as (
    select
        product_id,
        coalesce(product_name, product_id) as product_name
    from {{ ref('stg_crm__products') }}
),

holdings as (
    select
        held.account_id,
        count(*) as owned_product_count,
        {{ sorted_list_text('coalesce(products.product_name, held.product_id)') }} as owned_products
    from {{ ref('int_account_products__held') }} as held
    left join products on held.product_id = products.product_id
    where held.is_owned
    group by held.account_id
),

best as (
    select
        recommendations.account_id,
        recommendations.recommendation_type,
        concat_ws(
            '; ',
            max(case when recommendations.recommendation_rank = 1 then products.product_name end),
            max(case when recommendations.recommendation_rank = 2 then products.product_name end),
            max(case when recommendations.recommendation_rank = 3 then products.product_name end)
        ) as product_names
    from {{ source('ml', 'recommendations') }} as recommendations
    left join products on recommendations.product_id = products.product_id
    where recommendations.recommendation_rank <= 3
    group by recommendations.account_id, recommendations.recommendation_type
),

recommended as (
    select
        account_id,
        max(case when recommendation_type = 'first_purchase' then product_names end)
            as first_purchases,
        max(case when recommendation_type = 'next_purchase' then product_names end)
            as next_purchases,
        max(case when recommendation_type = 'cross_sell' then product_names end) as cross_sells,
        max(case when recommendation_type = 'bundle' then product_names end) as bundles,
        max(case when recommendation_type = 'repeat_purchase' then product_names end)
            as repeat_purchases
    from best
    group by account_id
)

select
    coalesce(holdings.account_id, recommended.account_id) as account_id,
    coalesce(holdings.owned_product_count, 0) as owned_product_count,
    holdings.owned_products,
    recommended.first_purchases,
    recommended.next_purchases,
    recommended.cross_sells,
    recommended.bundles,
    recommended.repeat_purchases
from holdings
full join recommended on holdings.account_id = recommended.account_id
