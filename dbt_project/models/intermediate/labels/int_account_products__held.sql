select
    holdings.account_id,
    products.product_id,
    holdings.purchase_count > 0 as is_owned,
    holdings.is_in_open_deal
from {{ ref('int_account_products__summarized') }} as holdings
inner join {{ ref('int_products__numbered') }} as products
    on holdings.product_number = products.product_number
where holdings.window_number = 0
