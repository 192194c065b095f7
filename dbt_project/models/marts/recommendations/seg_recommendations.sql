with run as (
    select * from {{ source('config', 'run') }}
),

recommendations as (
    select * from {{ source('ml', 'recommendations') }}
    -- Ten are kept (REC-13); what labels ask for beyond them stays behind.
    where recommendation_rank <= 10
),

products as (
    select
        product_id,
        coalesce(product_name, product_id) as product_name
    from {{ ref('stg_crm__products') }}
),

held as (
    select * from {{ ref('int_account_products__held') }}
),

named as (
    select
        recommendations.*,
        products.product_name,
        coalesce(sources.product_name, recommendations.source_product_id) as source_product_name,
        coalesce(held.is_in_open_deal, false) as is_in_open_deal,
        coalesce(held_sources.is_owned, false) as is_source_owned,
        concat(
            cast(recommendations.evidence_count as string), ' of ',
            cast(recommendations.evidence_base_count as string)
        ) as counted,
        {{ add_days('run.as_of', 'recommendations.due_in_days') }} as due_on,
        run.as_of
    from recommendations
    cross join run
    left join products on recommendations.product_id = products.product_id
    left join products as sources on recommendations.source_product_id = sources.product_id
    left join held
        on
            recommendations.account_id = held.account_id
            and recommendations.product_id = held.product_id
    left join held as held_sources
        on
            recommendations.account_id = held_sources.account_id
            and recommendations.source_product_id = held_sources.product_id
)

select
    account_id,
    recommendation_type,
    recommendation_rank,
    product_id,
    product_name,
    source_product_id,
    source_product_name,
    recommendation_probability,
    case
        when recommendation_type = 'cross_sell' and evidence_count = 0 and confidence > 0
            then concat(
                'owns ', source_product_name, '; ',
                cast(cast(round(100 * confidence) as int) as string), ' % of such accounts own it'
            )
        when recommendation_type = 'cross_sell' and source_product_id is not null
            then concat(
                'owns ', source_product_name, '; ', counted, ' such accounts bought it later'
            )
        when recommendation_type = 'bundle' and source_product_id is not null
            then concat(
                case when is_source_owned then 'owns ' else 'has in an open deal ' end,
                source_product_name, '; ', counted, ' deals with that hold both'
            )
        when source_product_id is not null  -- next purchase, and first after exactly one
            then concat(
                'last bought ', source_product_name, '; ', counted,
                ' accounts bought it right after that'
            )
        when recommendation_type = 'repeat_purchase' and gap_spread_days is not null
            then concat(
                'bought it ', cast(evidence_count as string), ' times, every ',
                cast(gap_days as string), ' days, give or take ',
                cast(cast(ceil(gap_spread_days / 2.0) as int) as string)
            )
        when recommendation_type = 'repeat_purchase' and evidence_count > 1
            then concat('bought it ', cast(evidence_count as string), ' times')
        when recommendation_type = 'repeat_purchase'
            then concat(
                'bought it once; ', cast(cast(round(100 * confidence) as int) as string),
                ' % of its buyers come back'
            )
        when recommendation_type = 'first_purchase' and evidence_count > 0
            then concat(
                counted,
                case evidence_group
                    when 'industry and size' then ' buyers of its industry and size'
                    when 'industry' then ' buyers of its industry'
                    else ' buyers'
                end, ' began with it'
            )
        else 'no rule points at it; it fits best of what is left'
    end as reason,
    evidence_count,
    evidence_base_count,
    support,
    confidence,
    lift,
    due_on,
    due_in_days < 0 as is_overdue,
    gap_days,
    gap_spread_days,
    is_in_open_deal,
    reason_1,
    contribution_1,
    reason_2,
    contribution_2,
    reason_3,
    contribution_3,
    as_of
from named
