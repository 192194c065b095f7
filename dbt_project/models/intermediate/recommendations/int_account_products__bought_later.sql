with accounts as (
    select
        window_number,
        account_id
    from {{ ref('int_accounts__purchased') }}
    where window_number > 0
),

later as (
    select
        accounts.window_number,
        items.account_id,
        items.product_number,
        min(items.basket_number) as basket_number
    from accounts
    inner join {{ ref('int_basket_items__ordered') }} as items
        on
            accounts.account_id = items.account_id
            and accounts.window_number = items.period_number + 1
    group by accounts.window_number, items.account_id, items.product_number
),

next_baskets as (
    select
        window_number,
        account_id,
        min(basket_number) as basket_number
    from later
    group by window_number, account_id
)

select
    later.window_number,
    later.account_id,
    later.product_number,
    later.basket_number = next_baskets.basket_number as is_in_next_basket
from later
inner join next_baskets
    on
        later.window_number = next_baskets.window_number
        and later.account_id = next_baskets.account_id
