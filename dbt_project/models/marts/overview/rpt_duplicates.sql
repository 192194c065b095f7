with run as (
    select * from {{ source('config', 'run') }}
),

pairs as (
    select
        'accounts' as module,
        account_id as record_id,
        other_account_id as other_record_id,
        match_weight,
        match_probability,
        found_by,
        rule,
        reasons
    from {{ source('ml', 'account_pairs') }}
    union all
    select
        'contacts' as module,
        contact_id as record_id,
        other_contact_id as other_record_id,
        match_weight,
        match_probability,
        found_by,
        rule,
        reasons
    from {{ source('ml', 'contact_pairs') }}
)

select
    pairs.*,
    run.as_of
from pairs
cross join run
