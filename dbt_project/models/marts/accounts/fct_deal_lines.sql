with run as (
    select * from {{ source('config', 'run') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

in_scope as (
    select
        deal_lines.deal_id,
        deal_lines.product_id,
        deal_lines.account_id,
        deal_lines.line_id,
        deal_lines.product_name,
        deal_lines.product_category,
        deal_lines.state,
        deal_lines.line_count,
        deal_lines.quantity,
        deal_lines.unit_price,
        deal_lines.discount_share,
        deal_lines.line_amount,
        deal_lines.base_line_amount,
        deal_lines.is_product_known,
        deal_lines.closing_date,
        deal_lines.closed_on,
        run.as_of
    from deal_lines
    cross join run
    inner join scoped on deal_lines.account_id = scoped.account_id
)

select * from in_scope
