with accounts as (
    select * from {{ ref('dim_accounts') }}
),

{{ related_records() }},

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
