with run as (
    select * from {{ source('config', 'run') }}
),

matched as (
    select * from {{ ref('int_suggestions__matched') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

-- The likeliest way to sell a product counts once; the three best products count (SEG-22).
offers as (
    select
        recommendations.account_id,
        recommendations.product_id,
        max(recommendations.recommendation_probability) as probability
    from {{ ref('seg_recommendations') }} as recommendations
    where recommendations.recommendation_type in ('next_purchase', 'cross_sell', 'bundle')
    group by recommendations.account_id, recommendations.product_id
),

valued as (
    select
        offers.account_id,
        offers.product_id,
        cast(
            offers.probability * prices.typical_price_amount / 100 as decimal(18, 2)
        ) as expected_amount
    from offers
    inner join {{ ref('int_products__priced') }} as prices on offers.product_id = prices.product_id
),

best as (
    select
        account_id,
        expected_amount,
        row_number() over (
            partition by account_id order by expected_amount desc, product_id asc
        ) as place
    from valued
),

expansions as (
    select
        account_id,
        sum(expected_amount) as potential_amount
    from best
    where place <= 3
    group by account_id
),

-- The run-rate at risk: what was won in the year that ends with the last purchase (SEG-23).
run_rates as (
    select
        accounts.account_id,
        sum(deals.base_amount) as potential_amount
    from accounts
    inner join {{ ref('int_deals__converted') }} as deals
        on
            accounts.account_id = deals.account_id
            and deals.state = 'won'
            and accounts.last_purchase_on >= deals.closed_on
            and deals.closed_on > {{ add_months('accounts.last_purchase_on', -12) }}
    group by accounts.account_id
),

described as (
    select
        matched.suggestion_id,
        matched.account_id,
        cast(
            coalesce(
                case matched.suggestion_id
                    when 'suggested_expansion' then expansions.potential_amount
                    when 'suggested_acquisition' then accounts.expected_pipeline_amount
                    else run_rates.potential_amount
                end,
                0
            ) as decimal(18, 2)
        ) as potential_revenue_amount,
        run.as_of
    from matched
    cross join run
    inner join accounts on matched.account_id = accounts.account_id
    left join expansions on matched.account_id = expansions.account_id
    left join run_rates on matched.account_id = run_rates.account_id
)

select * from described
