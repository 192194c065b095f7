with run as (
    select * from {{ source('config', 'run') }}
),

members as (
    select
        compared.segment_id,
        compared.account_id,
        compared.member_since_on as entered_on,
        compared.is_matching,
        run.as_of
    from {{ ref('int_memberships__compared') }} as compared
    cross join run
    where compared.is_visible
)

select * from members
