with leads as (
    select * from {{ ref('stg_crm__leads') }}
    where not is_deleted
),

described as (
    select
        lead_id,
        first_name,
        last_name,
        email,
        phone,
        website,
        country
    from leads
)

select * from described
