with paired as (
    select account_id from {{ source('ml', 'account_pairs') }}
    union all
    select other_account_id as account_id from {{ source('ml', 'account_pairs') }}
)

select
    account_id,
    count(*) as duplicate_count
from paired
group by account_id
