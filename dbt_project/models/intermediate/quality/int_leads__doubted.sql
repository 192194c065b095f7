with run as (
    select * from {{ source('config', 'run') }}
),

identities as (
    select * from {{ source('ml', 'lead_identities') }}
),

shared as (
    select email_normalized
    from identities
    where email_normalized is not null
    group by email_normalized
    having count(*) > 1
),

doubted as (
    select
        'leads_with_invalid_mail' as check_name,
        lead_id as record_id
    from identities
    where not is_email_valid
    union all
    select
        'leads_that_share_mail' as check_name,
        identities.lead_id as record_id
    from identities
    inner join shared on identities.email_normalized = shared.email_normalized
    union all
    select
        'leads_with_phone_without_digits' as check_name,
        lead_id as record_id
    from identities
    where not has_phone_digits
    union all
    select
        'leads_captured_in_future' as check_name,
        landed.lead_id as record_id
    from {{ source('landing', 'leads') }} as landed
    inner join run on landed.captured_at >= run.ends_at
)

select * from doubted
