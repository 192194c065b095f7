with run as (
    select * from {{ source('config', 'run') }}
),

contacts as (
    select compared.*
    from {{ ref('int_promoters__compared') }} as compared
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on compared.account_id = scoped.account_id and scoped.is_in_scope
    where compared.contact_id is not null
)

select
    contacts.contact_id,
    contacts.account_id,
    contacts.promoter_state,
    cast(contacts.positive_count as bigint) as positive_count,
    cast(contacts.negative_count as bigint) as negative_count,
    cast(contacts.earlier_positive_count as bigint) as earlier_positive_count,
    cast(contacts.earlier_negative_count as bigint) as earlier_negative_count,
    contacts.last_opinion_on,
    run.as_of
from contacts
cross join run
