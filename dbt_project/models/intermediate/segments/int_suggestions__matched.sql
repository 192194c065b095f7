with accounts as (
    select * from {{ ref('dim_accounts') }}
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

recommendations as (
    select * from {{ ref('seg_recommendations') }}
),

predictions as (
    select * from {{ ref('seg_account_predictions') }}
),

account_labels as (
    select
        account_id,
        label_id
    from {{ ref('int_accounts__labelled') }}
),

matched as (
    {{ criterion('suggestions') }}
)

select
    suggestion_id,
    account_id
from matched
