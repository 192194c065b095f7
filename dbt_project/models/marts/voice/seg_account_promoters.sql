with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select compared.*
    from {{ ref('int_promoters__compared') }} as compared
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on compared.account_id = scoped.account_id and scoped.is_in_scope
    where compared.contact_id is null
)

select
    accounts.account_id,
    accounts.promoter_state,
    cast(accounts.positive_count as bigint) as positive_count,
    cast(accounts.negative_count as bigint) as negative_count,
    cast(accounts.earlier_positive_count as bigint) as earlier_positive_count,
    cast(accounts.earlier_negative_count as bigint) as earlier_negative_count,
    accounts.last_opinion_on,
    run.as_of
from accounts
cross join run
