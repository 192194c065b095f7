with known as (
    select * from {{ ref('int_accounts__windowed') }}
),

purchases as (
    select * from {{ ref('int_purchases__ordered') }}
),

bought as (
    select
        known.window_number,
        known.account_id,
        count(*) as purchase_count,
        sum(case when purchases.period_number = known.window_number then 1 else 0 end)
            as purchase_count_1,
        sum(case when purchases.period_number = known.window_number + 1 then 1 else 0 end)
            as purchase_count_2,
        sum(case when purchases.period_number = known.window_number + 2 then 1 else 0 end)
            as purchase_count_3,
        sum(purchases.base_amount) as purchase_amount,
        min(purchases.purchased_on) as first_purchased_on,
        max(purchases.purchased_on) as last_purchased_on,
        {{ grouped_quantile('purchases.gap_days', '0.5') }} as typical_gap_days
    from known
    inner join purchases
        on
            known.account_id = purchases.account_id
            and known.window_number <= purchases.period_number
    group by known.window_number, known.account_id
),

bought_later as (
    select
        known.window_number,
        known.account_id,
        count(*) as later_purchase_count
    from known
    inner join purchases
        on
            known.account_id = purchases.account_id
            and known.window_number = purchases.period_number + 1
    group by known.window_number, known.account_id
),

opened as (
    select
        known.window_number,
        known.account_id,
        count(*) as open_deal_count
    from known
    inner join {{ ref('int_deals__converted') }} as deals on known.account_id = deals.account_id
    where
        deals.created_on <= known.cutoff_on
        and (deals.state = 'open' or deals.closed_on > known.cutoff_on)
    group by known.window_number, known.account_id
),

described as (
    select
        known.window_number,
        known.account_id,
        known.industry,
        known.size_label_id,
        {{ days_between('known.created_on', 'known.cutoff_on') }} as age_days,
        cast(coalesce(bought.purchase_count, 0) as bigint) as purchase_count,
        cast(coalesce(bought.purchase_count_1, 0) as bigint) as purchase_count_1,
        cast(coalesce(bought.purchase_count_2, 0) as bigint) as purchase_count_2,
        cast(coalesce(bought.purchase_count_3, 0) as bigint) as purchase_count_3,
        cast(coalesce(bought.purchase_amount, 0) as decimal(30, 4)) as purchase_amount,
        {{ days_between('bought.first_purchased_on', 'known.cutoff_on') }} as first_purchase_days,
        {{ days_between('bought.last_purchased_on', 'known.cutoff_on') }} as last_purchase_days,
        cast(bought.typical_gap_days as bigint) as typical_gap_days,
        cast(coalesce(opened.open_deal_count, 0) as bigint) as open_deal_count,
        cast(coalesce(bought_later.later_purchase_count, 0) as bigint) as later_purchase_count
    from known
    left join bought
        on known.window_number = bought.window_number and known.account_id = bought.account_id
    left join bought_later
        on
            known.window_number = bought_later.window_number
            and known.account_id = bought_later.account_id
    left join opened
        on known.window_number = opened.window_number and known.account_id = opened.account_id
    -- An account that the CRM did not know yet is no part of that past.
    where coalesce(least(known.created_on, bought.first_purchased_on) <= known.cutoff_on, true)
)

select * from described
