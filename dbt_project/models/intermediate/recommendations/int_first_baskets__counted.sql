with windows as (
    select * from {{ ref('int_windows__dated') }}
),

accounts as (
    select
        account_id,
        industry,
        size_label_id
    from {{ ref('int_accounts__purchased') }}
    where window_number = 0
),

items as (
    select * from {{ ref('int_basket_items__ordered') }}
    where basket_number = 1
),

starts as (
    select
        accounts.industry,
        accounts.size_label_id,
        items.product_number,
        items.period_number,
        count(*) as account_count
    from items
    inner join accounts on items.account_id = accounts.account_id
    group by
        accounts.industry, accounts.size_label_id, items.product_number, items.period_number
    union all
    select
        accounts.industry,
        accounts.size_label_id,
        cast(null as int) as product_number,
        items.period_number,
        count(distinct items.account_id) as account_count
    from items
    inner join accounts on items.account_id = accounts.account_id
    group by accounts.industry, accounts.size_label_id, items.period_number
),

counted as (
    select
        windows.window_number,
        starts.industry,
        starts.size_label_id,
        starts.product_number,
        cast(sum(starts.account_count) as bigint) as account_count
    from starts
    inner join windows on starts.period_number >= windows.window_number
    group by
        windows.window_number, starts.industry, starts.size_label_id, starts.product_number
)

select * from counted
